import { Link, type LinkProps } from '@tanstack/react-router'
import { AlertTriangle } from 'lucide-react'
import type { Overview, Session, Webhook } from '../../operations.ts'
import { needsLink, sessionWords } from '../../parts/session-pill.tsx'
import { useRead } from '../../query.ts'
import { cn } from '../../ui/class-names.ts'
import { span, useNow } from '../../ui/time.tsx'

/** A backlog this old is more than a busy minute. */
const LATE_MS = 5 * 60_000

type Problem = {
  key: string
  tone: 'bad' | 'warn'
  text: string
  detail: string | null
  link: LinkProps
  action: string
}

/** One banner for each thing that somebody has to do something about. */
export function Problems(a: {
  sessions: readonly Session[]
  webhooks: readonly Webhook[]
  figures: Overview | undefined
}) {
  const now = useNow()
  const settings = useRead('getSettings', {}, { every: 30_000 })
  const problems = [
    ...(settings.data && !settings.data.database.ok ? [databaseProblem] : []),
    ...a.sessions.flatMap(sessionProblem),
    ...a.webhooks.flatMap(webhookProblem),
    ...(a.figures?.backlog ?? []).flatMap(row => backlogProblem(row, a.webhooks, now)),
  ]
  if (problems.length === 0) return null
  return (
    <ul className="space-y-2">
      {problems.map(({ key, tone, text, detail, link, action }) => (
        <li
          key={key}
          className={cn(
            'flex flex-wrap items-center gap-x-3 gap-y-1 rounded-xl border px-4 py-2.5',
            tone === 'bad' ? 'border-bad/25 bg-bad-tint' : 'border-warn/25 bg-warn-tint',
          )}
        >
          <AlertTriangle
            className={cn('size-4 shrink-0', tone === 'bad' ? 'text-bad' : 'text-warn')}
            aria-hidden
          />
          <p className="min-w-0 flex-1 basis-60">
            <span className="font-medium">{text}</span> <span className="text-sm text-soft">{detail}</span>
          </p>
          <Link {...link} className="text-sm font-medium underline underline-offset-2">
            {action}
          </Link>
        </li>
      ))}
    </ul>
  )
}

const databaseProblem: Problem = {
  key: 'database',
  tone: 'bad',
  text: 'The database does not answer.',
  detail: 'Nothing can be kept or delivered until it does.',
  link: { to: '/settings' },
  action: 'Settings',
}

function sessionProblem({ id, name, status, reason, phone, final }: Session): Problem[] {
  const wasLinked = phone !== null
  const isLost =
    ['logged_out', 'banned', 'failed', 'qr_expired'].includes(status) || (final && status !== 'connected')
  if (!isLost || !wasLinked) return []
  return [
    {
      key: id,
      tone: 'bad',
      text: `${name}: ${sessionWords[status].text.toLowerCase()}.`,
      detail: reason ?? 'Messages to it do not arrive here.',
      link: needsLink(status)
        ? { to: '/sessions/$id/link', params: { id } }
        : { to: '/sessions/$id', params: { id } },
      action: needsLink(status) ? 'Link it again' : 'Look at it',
    },
  ]
}

function webhookProblem({ id, name, enabled, health }: Webhook): Problem[] {
  if (!enabled || health.state === 'healthy') return []
  return [
    {
      key: id,
      tone: health.state === 'degraded' ? 'warn' : 'bad',
      text: `${name} is ${health.state}.`,
      detail: health.reason,
      link: { to: '/webhooks/$id', params: { id } },
      action: 'Look at it',
    },
  ]
}

function backlogProblem(
  { webhook_id, pending, oldest_at }: Overview['backlog'][number],
  webhooks: readonly Webhook[],
  now: number,
): Problem[] {
  const webhook = webhooks.find(({ id }) => id === webhook_id)
  const age = now - Date.parse(oldest_at)
  // One in trouble has its own banner, and a paused one waits because somebody wants it to.
  if (!webhook?.enabled || webhook.health.state !== 'healthy' || age < LATE_MS) return []
  return [
    {
      key: `${webhook_id} backlog`,
      tone: 'warn',
      text: `${webhook.name} is behind.`,
      detail: `${pending.toLocaleString('en')} deliveries wait, the oldest for ${span(age)}.`,
      link: { to: '/deliveries', search: { webhook: webhook_id, status: 'pending' } },
      action: 'See them',
    },
  ]
}
