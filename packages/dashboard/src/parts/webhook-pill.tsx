import type { Webhook } from '../operations.ts'
import { Pill, type Tone } from '../ui/pill.tsx'

/** Its switch first, which only people turn; then how its receiver is doing. */
export function webhookWord({ enabled, health }: Pick<Webhook, 'enabled' | 'health'>): {
  text: string
  tone: Tone
} {
  if (!enabled) return { text: 'Paused', tone: 'quiet' }
  const words = {
    healthy: { text: 'Active', tone: 'good' },
    degraded: { text: 'Degraded', tone: 'warn' },
    suspended: { text: 'Suspended', tone: 'bad' },
    disabled: { text: 'Disabled', tone: 'bad' },
  } as const
  return words[health.state]
}

export function WebhookPill({ webhook }: { webhook: Pick<Webhook, 'enabled' | 'health'> }) {
  const { text, tone } = webhookWord(webhook)
  return <Pill tone={tone}>{text}</Pill>
}
