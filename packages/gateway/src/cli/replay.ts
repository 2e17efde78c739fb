import { setTimeout as sleep } from 'node:timers/promises'
import { type Gateway, type GatewayOptions, type Json, withGateway } from './running-gateway.ts'
import type { Ending, Voice } from './verb.ts'

export type ReplayOptions = GatewayOptions & {
  webhook: string
  since: string
  until?: string
  status?: string
  eventType?: string
  rate?: number
  force?: boolean
  wait?: boolean
}

const flags = {
  '/webhook_id': '--webhook',
  '/since': '--since',
  '/until': '--until',
  '/status': '--status',
  '/event_type': '--event-type',
  '/rate': '--rate',
  '/force': '--force',
  webhook_not_found: '--webhook',
}

const pollMs = 500

/** Starts a replay; with `--wait` it stays until the replay has ended, and a cancelled one is a failure. */
export function replay(voice: Voice, options: ReplayOptions): Promise<Ending> {
  return withGateway(options, async gateway => {
    const now = new Date()
    const asked = {
      webhook_id: options.webhook,
      since: momentOf(options.since, now),
      until: options.until && momentOf(options.until, now),
      status: options.status,
      event_type: options.eventType,
      rate: options.rate,
      force: options.force,
    }
    const started = await gateway.call('POST', '/deliveries/replay', asked, flags)
    voice.tell(started)
    voice.say(`Replay ${started.id} is ${started.status}: ${started.since} to ${started.until}.`)
    if (options.wait) return ended(voice, gateway, started)
    voice.say(`Its progress: GET ${gateway.url}/api/v1/replays/${started.id}`)
    return { ok: true }
  })
}

async function ended(voice: Voice, gateway: Gateway, started: Json): Promise<Ending> {
  let last = started
  while (last.status === 'running' || last.status === 'paused') {
    await sleep(pollMs)
    const now = await gateway.call('GET', `/replays/${started.id}`)
    if (now.updated_at === last.updated_at) continue
    last = now
    voice.tell(now)
    voice.say(
      `  ${now.status}, ${Math.round(100 * now.progress)} %: ${now.replayed} sent again of ${now.handled} events`,
    )
  }
  if (last.status === 'finished') return { ok: true }
  return {
    ok: false,
    problem: `the replay was cancelled after ${last.replayed} deliveries.`,
    next: `What was left: run it again with --since ${last.reached_at ?? last.since}.`,
  }
}

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `90m`, `24h`, `7d` mean so long ago; anything else is a moment, and the gateway judges it. */
export function momentOf(text: string, now: Date): string {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (count === undefined) return text
  return new Date(now.getTime() - Number(count) * unitMs[unit as keyof typeof unitMs]).toISOString()
}
