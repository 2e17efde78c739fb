import type { Attempt } from '../delivery/attempt.ts'
import { type Decision, decide, patienceUntil } from '../delivery/outcome.ts'
import type { RetryConfig } from '../delivery/retry-schedule.ts'
import type { DueDelivery } from '../store/deliveries.ts'
import { type Observation, verdictOf } from './health.ts'

/** What an attempt means, for its delivery and for its endpoint. */
export type Meaning = {
  next: Decision
  /** It costs the delivery nothing. */
  unspent: boolean
  seen: Observation
}

/**
 * A delivery that was sent to find out whether the endpoint is back does not pay for it: when it is not, it goes to the
 * end of those that wait, as it was, so that no single delivery decides about an endpoint. A trial the receiver answered
 * with another 4xx was refused for what it is, and is treated as any delivery.
 */
export function meaningOf(
  attempt: Attempt,
  a: { delivery: DueDelivery; retry: RetryConfig; now: Date; random: () => number },
): Meaning {
  const { delivery, retry, now, random } = a
  const { deliveryId, attemptsBefore = 0, trial = false } = delivery
  const verdict = verdictOf(attempt)
  const decision = decide(attempt, { number: delivery.attempt - attemptsBefore, retry, now, random })
  const unspent = trial && verdict !== 'success' && verdict !== 'neutral'
  return {
    next: unspent ? { kind: 'retry', at: now } : decision,
    unspent,
    seen: {
      deliveryId,
      trial,
      verdict,
      errorClass: attempt.error?.class ?? null,
      responseStatus: attempt.response?.status ?? null,
      notBefore: patienceUntil(attempt, now),
      startedAt: attempt.startedAt,
    },
  }
}
