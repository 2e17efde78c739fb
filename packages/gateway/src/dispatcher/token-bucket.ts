/** Tokens for so many requests a second. Pure: the time is an argument, in ms of a clock that is never set back. */
export type TokenBucket = {
  /** Takes a token and returns 0, or says when the next one is back, at a limit of `perSecond` (at least 1). */
  take(perSecond: number, now: number): number
}

const second = 1_000

/**
 * A token comes back one second after it was taken, and not sooner after the one before it than their even share of a
 * second. So what was not used for a while may go at once, a second's worth of it; what goes on goes evenly; and no
 * second sees more than the limit, wherever it is measured from, for receivers count in windows of their own. The limit
 * comes with every take, for it may have changed; what is kept is one number for each token that is not back.
 */
export function createTokenBucket(): TokenBucket {
  let backAt: number[] = []
  return {
    take(perSecond, now) {
      backAt = backAt.filter(at => at > now)
      const next = backAt[backAt.length - perSecond]
      if (next !== undefined) return next
      backAt.push(Math.max(now + second, (backAt.at(-1) ?? 0) + second / perSecond))
      return 0
    },
  }
}
