import { LeaseLost } from '../store/auth-state.ts'

/** Why a session's store can no longer be relied upon. */
export type StoreFailure = 'lease lost' | 'store unavailable'

/** What asking the store came to. */
export type Answer<T> = { ok: true; value: T } | Lost
export type Lost = { ok: false; failure: StoreFailure; error: unknown }

export type RetryPolicy = {
  /** How long to keep trying, in milliseconds. */
  budgetMs: number
  now?: () => number
}

/** First and longest pause between two attempts. A failover of Postgres takes seconds, a lost connection none. */
const firstPauseMs = 50
const longestPauseMs = 1_000

/**
 * Asks the store until it answers or the budget is spent. A lost lease is never retried: it does not come back.
 * An attempt that hangs counts against the budget like one that fails.
 */
export async function persist<T>(attempt: () => Promise<T>, policy: RetryPolicy): Promise<Answer<T>> {
  const now = policy.now ?? Date.now
  const end = now() + policy.budgetMs
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    try {
      return { ok: true, value: await within(attempt(), end - now()) }
    } catch (error) {
      if (error instanceof LeaseLost) return { ok: false, failure: 'lease lost', error }
      if (now() + pause >= end) return { ok: false, failure: 'store unavailable', error }
      await new Promise(resolve => setTimeout(resolve, pause))
    }
  }
}

/** Nobody answered in time, which is not the same as an answer that says no. */
export class TimedOut extends Error {
  override name = 'TimedOut'
}

/** The promise, or a rejection with `TimedOut` after `ms` milliseconds. Leaves no timer behind. */
export function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new TimedOut(`no answer within ${Math.round(ms)} ms`)),
      Math.max(0, ms),
    )
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
