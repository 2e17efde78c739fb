import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkSubscription, generateSecret } from '@waxwing/events'
import { uuidv7 } from '@waxwing/events/event-id'
import { createGuard } from '../delivery/guard.ts'
import { createSender, type Sender } from '../delivery/send.ts'
import { version } from '../version.ts'
import { createEventTail } from './listen-tail.ts'
import { type Gateway, type GatewayOptions, type Json, Refused, withGateway } from './running-gateway.ts'
import type { Ending, Voice } from './verb.ts'

export type ListenOptions = GatewayOptions & { forwardTo: string; events?: string; secret?: string }

/** How soon a gateway that does not answer is asked again. */
const againMs = 500

/**
 * Forwards events from now on to a server that the gateway need not reach: heard from the API's live stream, signed and
 * sent from here with the same request as deliveries, once. Until SIGINT or SIGTERM.
 */
export async function listen(voice: Voice, options: ListenOptions): Promise<Ending> {
  const patterns = options.events?.split(',').map(part => part.trim()) ?? ['*']
  const checked = checkSubscription(patterns)
  if (!checked.ok)
    return {
      ok: false,
      problem: checked.problems[0]?.detail ?? 'no such events.',
      next: '"npx waxwing events" prints the types.',
    }
  const url = urlOf(options.forwardTo)
  if (url === null)
    return {
      ok: false,
      problem: `"${options.forwardTo}" is no http address.`,
      next: 'For example: --forward-to http://localhost:4000/webhooks',
    }
  return withGateway(options, async gateway => {
    const secret = options.secret ?? generateSecret()
    const sender = createSender({
      timeoutMs: 10_000,
      // The person at this terminal chose the address, and the request leaves from their machine.
      guard: createGuard({ allow: 'any', allowLoopback: true }),
      userAgent: `Waxwing/${version}`,
    })
    try {
      return await forward(voice, { gateway, sender, url, secret, patterns: checked.patterns })
    } finally {
      await sender.close()
    }
  })
}

function urlOf(text: string): string | null {
  const url = URL.parse(/^https?:/.test(text) ? text : `http://${text}`)
  return url === null ? null : url.href
}

/** A gateway that restarts or is asked too often is waited for; one that says no to our key will not change its mind. */
function passes({ status }: Refused): boolean {
  return status === null || status === 429 || status >= 500
}

type Forwarding = { gateway: Gateway; sender: Sender; url: string; secret: string; patterns: string[] }

async function forward(
  voice: Voice,
  { gateway, sender, url, secret, patterns }: Forwarding,
): Promise<Ending> {
  const stop = new AbortController()
  const signals = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() => stop.abort())
  const tail = await createEventTail(gateway, { patterns, signal: stop.signal })
  voice.tell({ ready: true, url, secret })
  voice.say(`Forwarding ${patterns.join(', ')} to ${url}. Ctrl-C ends it.\nSigned with ${secret}`)
  let away = false
  while (!stop.signal.aborted) {
    try {
      const fresh = await tail.next()
      if (away) voice.say('The gateway is back.')
      away = false
      for (const event of fresh) await send(event)
    } catch (error) {
      if (!(error instanceof Refused) || !passes(error)) throw error
      if (!away) voice.say(`${error.message} Waiting for it.`)
      away = true
      await sleep(againMs, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  }
  await signals
  return { ok: true }

  async function send(event: Json): Promise<void> {
    const attempt = await sender.send({
      url,
      body: JSON.stringify(event.payload),
      eventId: event.id,
      eventType: event.type,
      deliveryId: uuidv7(),
      attempt: 1,
      secrets: [secret],
      headers: {},
    })
    const status = attempt.response?.status ?? null
    const fault = attempt.error?.class ?? null
    voice.tell({ event_id: event.id, type: event.type, status, error_class: fault })
    voice.say(`${event.timestamp}  ${event.type}  ${status ?? attempt.error?.message}`)
  }
}
