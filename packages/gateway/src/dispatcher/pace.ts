import { createTokenBucket, type TokenBucket } from './token-bucket.ts'

/** How fast each endpoint may be asked: the `rate_limit` of its webhook, kept by this process. */
export type Pace = {
  knows(webhookId: string): boolean
  /** The limit as it is now, in requests a second; null: none. Holds from the next attempt on. */
  limit(webhookId: string, perSecond: number | null): void
  forget(webhookId: string): void
  /** Takes a token. False: there is none, and `onToken` is called as soon as there is. */
  take(webhookId: string): boolean
  /** How many deliveries of limited webhooks may wait in memory: ten seconds' worth. Null: as many as of any. */
  backlog(webhookId: string): number | null
  /** How many webhooks have deliveries in memory that wait for a token. */
  waiting(): number
  /** For `claimDue`: of what is limited no more is claimed than there is room for, or it would only be given back. */
  shares(roomOf: (webhookId: string) => number): Record<string, number>
  stop(): void
}

/** More would fill the memory with what cannot go out soon, to the loss of endpoints that are not limited. */
const backlogSeconds = 10

type Limited = { perSecond: number; bucket: TokenBucket; timer: NodeJS.Timeout | null }

/** `now` in ms, of a clock that is never set back. */
export function createPace(a: { now: () => number; onToken: (webhookId: string) => void }): Pace {
  const limits = new Map<string, Limited | null>()

  function wakeAt(at: number, webhookId: string, limited: Limited): void {
    limited.timer ??= setTimeout(() => {
      limited.timer = null
      a.onToken(webhookId)
    }, at - a.now())
  }

  return {
    knows: webhookId => limits.has(webhookId),
    limit(webhookId, perSecond) {
      const known = limits.get(webhookId)
      if (perSecond === null) limits.set(webhookId, null)
      else if (known) known.perSecond = perSecond
      else limits.set(webhookId, { perSecond, bucket: createTokenBucket(), timer: null })
    },
    forget(webhookId) {
      limits.delete(webhookId)
    },
    take(webhookId) {
      const limited = limits.get(webhookId)
      if (!limited) return true
      const next = limited.bucket.take(limited.perSecond, a.now())
      if (next > 0) wakeAt(next, webhookId, limited)
      return next === 0
    },
    backlog(webhookId) {
      const limited = limits.get(webhookId)
      return limited ? limited.perSecond * backlogSeconds : null
    },
    waiting: () => [...limits.values()].filter(limited => limited?.timer != null).length,
    shares(roomOf) {
      const limited = [...limits].filter(([, limit]) => limit !== null)
      return Object.fromEntries(limited.map(([webhookId]) => [webhookId, roomOf(webhookId)]))
    },
    stop() {
      for (const limited of limits.values()) if (limited?.timer) clearTimeout(limited.timer)
    },
  }
}
