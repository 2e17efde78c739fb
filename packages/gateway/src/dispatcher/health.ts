import type { ErrorClass } from '@waxwing/events'
import type { Attempt } from '../delivery/attempt.ts'
import { patienceUntil } from '../delivery/outcome.ts'
import type { EndpointHealth, HealthNotice } from '../store/webhook-health.ts'
import { isPaused, later, withPatience } from './patience.ts'

/** What an attempt says about its endpoint, which is not what it means for its delivery (`delivery/outcome`). */
export type Verdict = 'success' | 'transient' | 'denied' | 'gone' | 'neutral'

export type Observation = {
  deliveryId: string
  /** The one delivery that was let through to a degraded or suspended endpoint. */
  trial: boolean
  verdict: Verdict
  errorClass: ErrorClass | null
  responseStatus: number | null
  /** A receiver that asked for patience is not tried before. */
  notBefore: Date | null
  /** When the attempt began. */
  startedAt: Date
}

export type Change = { health: EndpointHealth; notice: HealthNotice | null }

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** Deliveries in a row that fail for transient reasons before the endpoint is degraded (delivery.md, law 13). */
export const failuresToDegrade = 5
/** Deliveries in a row that are answered with 401 or 403 before it is suspended (law 8). */
export const denialsToSuspend = 3
/** The wait before each trial of a degraded endpoint. The last one is also the pace of a suspended one (law 13). */
export const trialLadderMs: readonly number[] = [
  5 * second,
  30 * second,
  2 * minute,
  5 * minute,
  10 * minute,
  20 * minute,
  40 * minute,
  hour,
  4 * hour,
]
const suspendedTrialMs = 4 * hour
/** A suspended endpoint that answered nothing well for this long waits for a person (law 13). */
export const disableAfterMs = 7 * day

/**
 * | the attempt | the endpoint |
 * |---|---|
 * | 2xx | success |
 * | 410 | gone |
 * | 401, 403 | denied |
 * | 429, 503 with Retry-After | neutral: it lives, and asks for fewer requests |
 * | any other 4xx | neutral: it lives, and does not want this request |
 * | no answer, 5xx, a redirect, an address that is not allowed | transient: another delivery would fare no better now |
 */
export function verdictOf(attempt: Attempt): Verdict {
  if (attempt.error === null) return 'success'
  const status = attempt.response?.status ?? null
  if (status === 410) return 'gone'
  if (status === 401 || status === 403) return 'denied'
  if (attempt.error.class === 'http_4xx') return 'neutral'
  if (patienceUntil(attempt, attempt.startedAt) !== null) return 'neutral'
  return 'transient'
}

/** Nothing of it goes out except a trial, and what a person asks for. */
export function isHeld(health: EndpointHealth, now: Date): boolean {
  return health.state !== 'healthy' || isPaused(health, now)
}

/** Whether telling `next` about this would change anything. Spares the database the ordinary successes. */
export function matters(health: EndpointHealth | null, seen: Observation): boolean {
  if (seen.trial) return true
  if (health === null && seen.notBefore !== null) return true
  if (health === null) return seen.verdict !== 'success' && seen.verdict !== 'neutral'
  const { health: after } = next(health, seen, health.since)
  return after !== health
}

/**
 * One observation later. Returns the same object when it changes nothing. In every state, what asks for patience gets it
 * (`patience.ts`).
 *
 * | state | success | transient | 401, 403 | 410 | neutral |
 * |---|---|---|---|---|---|
 * | healthy | counts from nought | the 5th delivery in a row: degraded | the 3rd: suspended | suspended | |
 * | degraded | healthy | trial: next rung; none left: suspended | trial: next rung; the 3rd: suspended | suspended | trial: same rung |
 * | suspended | degraded | trial: in 4 h; after 7 days: disabled | as transient | as transient | trial: in 4 h |
 * | disabled | suspended | | | | |
 *
 * Attempts that began before the endpoint was held, and those a person asked for, may lift it but not sink it.
 */
export function next(health: EndpointHealth, seen: Observation, now: Date): Change {
  const { health: after, notice } = judge(health, seen, now)
  return { health: withPatience(after, seen, now), notice }
}

function judge(health: EndpointHealth, seen: Observation, now: Date): Change {
  if (seen.verdict === 'success') return climb(health, now)
  if (health.state === 'disabled') return same(health)
  if (seen.verdict === 'neutral') return seen.trial ? waitAgain(health, seen, now) : same(health)
  if (seen.verdict === 'gone' && health.state !== 'suspended')
    return sink(health, 'suspended', 'It answered 410 Gone.', seen, now)
  return health.state === 'healthy' ? count(health, seen, now) : failTrial(health, seen, now)
}

const same = (health: EndpointHealth): Change => ({ health, notice: null })
const after = (now: Date, ms: number): Date => new Date(now.getTime() + ms)

function climb(health: EndpointHealth, now: Date): Change {
  const { state, failed, denied, downSince, told, pausedAt, pausedUntil } = health
  if (state === 'healthy')
    return same(failed.length + denied.length === 0 ? health : { ...health, failed: [], denied: [] })
  const patience = { pausedAt, pausedUntil }
  const fresh = { since: now, failed: [], denied: [], step: 0, gateAt: now, downSince, told, ...patience }
  if (state === 'disabled')
    return same({ ...fresh, state: 'suspended', reason: 'It answered again, once; it is being tried.' })
  if (state === 'suspended')
    return same({ ...fresh, state: 'degraded', reason: 'It answered again, once; it is being tried.' })
  return {
    health: { ...fresh, state: 'healthy', reason: null, downSince: null, told: null },
    notice:
      told === null ? null : { kind: 'recovered', at: now.toISOString(), downSince: iso(downSince, now) },
  }
}

function count(health: EndpointHealth, seen: Observation, now: Date): Change {
  const denied = seen.verdict === 'denied'
  const sofar = denied ? health.denied : health.failed
  if (sofar.includes(seen.deliveryId)) return same(health)
  const ids = [...sofar, seen.deliveryId]
  if (denied && ids.length >= denialsToSuspend) return sink(health, 'suspended', deniedReason, seen, now)
  if (!denied && ids.length >= failuresToDegrade) {
    const reason = `${failuresToDegrade} deliveries in a row failed: ${describe(seen)}.`
    return sink({ ...health, failed: ids }, 'degraded', reason, seen, now)
  }
  return same({ ...health, [denied ? 'denied' : 'failed']: ids })
}

const deniedReason = `It answered ${denialsToSuspend} deliveries in a row with 401 or 403.`

function failTrial(health: EndpointHealth, seen: Observation, now: Date): Change {
  if (!seen.trial) return same(health)
  const down = after(health.since, disableAfterMs)
  if (health.state === 'suspended') {
    if (now >= down)
      return sink(health, 'disabled', `No success for seven days: ${describe(seen)}.`, seen, now)
    // The trial that decides comes on the day itself, not up to four hours later.
    const gateAt = new Date(Math.min(after(now, suspendedTrialMs).getTime(), down.getTime()))
    return same({ ...health, step: health.step + 1, gateAt })
  }
  const denied =
    seen.verdict === 'denied' && !health.denied.includes(seen.deliveryId)
      ? [...health.denied, seen.deliveryId]
      : health.denied
  if (denied.length >= denialsToSuspend) return sink(health, 'suspended', deniedReason, seen, now)
  const step = health.step + 1
  const wait = trialLadderMs[step]
  if (wait === undefined) {
    const reason = `${trialLadderMs.length} trials failed, one after the other: ${describe(seen)}.`
    return sink(health, 'suspended', reason, seen, now)
  }
  return same({ ...health, denied, step, gateAt: after(now, wait) })
}

/** The trial said nothing about the endpoint: another one, after the same wait. */
function waitAgain(health: EndpointHealth, seen: Observation, now: Date): Change {
  if (health.state === 'healthy') return same(health)
  const wait =
    health.state === 'degraded' ? (trialLadderMs[health.step] ?? suspendedTrialMs) : suspendedTrialMs
  return same({ ...health, gateAt: later(after(now, wait), seen.notBefore) })
}

function sink(
  health: EndpointHealth,
  state: 'degraded' | 'suspended' | 'disabled',
  reason: string,
  seen: Observation,
  now: Date,
): Change {
  const firstWaits = { degraded: trialLadderMs[0] ?? 0, suspended: suspendedTrialMs, disabled: null }
  const wait = firstWaits[state]
  const downSince = health.downSince ?? now
  const news =
    state === 'disabled' ? health.told !== 'disabled' : state === 'suspended' && health.told === null
  return {
    health: {
      state,
      since: now,
      reason,
      failed: [],
      denied: [],
      step: 0,
      gateAt: wait === null ? null : after(now, wait),
      downSince,
      told: news && state !== 'degraded' ? state : health.told,
      pausedAt: health.pausedAt,
      pausedUntil: health.pausedUntil,
    },
    notice:
      news && state !== 'degraded'
        ? {
            kind: 'disabled',
            at: now.toISOString(),
            downSince: iso(downSince, now),
            state,
            reason,
            errorClass: seen.errorClass,
            responseStatus: seen.responseStatus,
          }
        : null,
  }
}

const iso = (at: Date | null, otherwise: Date) => (at ?? otherwise).toISOString()

const phrases: Record<ErrorClass, string> = {
  dns: 'its host name does not resolve',
  refused: 'nothing answers at its address',
  reset: 'the connection is cut before an answer',
  tls: 'its TLS certificate is not valid',
  timeout: 'it does not answer in time',
  blocked: 'its address is not allowed here',
  redirect: 'it redirects',
  http_4xx: 'it refuses the request',
  http_5xx: 'it fails',
  too_slow: 'its answer does not end in time',
  invalid_response: 'its answer is not HTTP',
}

/** Without the message of the error, which may hold addresses and paths. */
function describe({ errorClass, responseStatus }: Observation): string {
  const phrase = errorClass === null ? 'it did not succeed' : phrases[errorClass]
  return responseStatus === null ? phrase : `${phrase} (${responseStatus})`
}
