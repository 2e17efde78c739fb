import type { EndpointHealth } from '../store/webhook-health.ts'
import type { Observation } from './health.ts'

/** Its receiver has asked for patience, and the time has not come. */
export function isPaused({ pausedUntil }: EndpointHealth, now: Date): boolean {
  return pausedUntil !== null && pausedUntil > now
}

/**
 * What a 429 or 503 with Retry-After means for its endpoint, beside what it means for its health (nothing). It is paused
 * until the time it named, and longer if another answer names a later one; then its backlog drains as after an outage.
 * A success of an attempt that began after it asked ends the pause: it has changed its mind.
 */
export function withPatience(health: EndpointHealth, seen: Observation, now: Date): EndpointHealth {
  const { pausedAt, pausedUntil, gateAt, state } = health
  if (seen.notBefore !== null && seen.notBefore > (pausedUntil ?? now)) return pause(health, seen, now)
  if (pausedUntil === null || pausedAt === null) return health
  const over = pausedUntil <= now
  if (seen.verdict === 'success' && seen.startedAt >= pausedAt) {
    const reason = state === 'healthy' ? null : health.reason
    return {
      ...health,
      reason,
      pausedAt: null,
      pausedUntil: null,
      gateAt: over || gateAt === null ? gateAt : now,
    }
  }
  // What the state did to the gate does not open it before the time.
  return over || gateAt === null || gateAt >= pausedUntil ? health : { ...health, gateAt: pausedUntil }
}

/** The gate is the one all dispatchers look at when they claim; of a disabled endpoint nothing is claimed anyway. */
function pause(
  health: EndpointHealth,
  { notBefore, responseStatus }: Observation,
  now: Date,
): EndpointHealth {
  const paused = { ...health, pausedAt: now, pausedUntil: notBefore }
  if (health.state === 'healthy')
    return {
      ...paused,
      gateAt: notBefore,
      step: 0,
      reason: `It answered ${responseStatus} and asked for patience.`,
    }
  return { ...paused, gateAt: health.gateAt === null ? null : later(health.gateAt, notBefore) }
}

/** The later of the two; null is no time at all. */
export const later = (one: Date, other: Date | null) => (other !== null && other > one ? other : one)
