import type { Logger } from 'pino'

export type DueScan = {
  /** A delivery is known to be due at this time: look then, rather than at the next round. */
  expect(at: Date): void
  stop(): Promise<void>
}

/** Node's timers may fire a millisecond early, and the database's clock then says "not yet". */
const afterDueMs = 2
/** First wait after a look that found nothing although something should have been due; doubled up to `scanMs`. */
const firstDoubtMs = 20

/**
 * Looks into the database for due deliveries: at once, then whenever something is known to be due, at the
 * latest every `scanMs`. `claim` takes what fits and says how many that were and whether there may be more.
 * With the database away it keeps looking, every `scanMs`.
 */
export function startDueScan(a: {
  claim: () => Promise<{ claimed: number; more: boolean }>
  nextDueAt: () => Promise<Date | null>
  scanMs: number
  now: () => Date
  log: Logger
}): DueScan {
  let timer: NodeJS.Timeout | null = null
  let wakeAt = Number.POSITIVE_INFINITY
  let looking: Promise<void> | null = null
  /** What was learnt while looking, for the wait after it. */
  let expected = Number.POSITIVE_INFINITY
  let doubtMs = 0
  let failing = false
  let stopped = false

  function sleepUntil(at: number): void {
    if (stopped || at >= wakeAt) return
    if (timer !== null) clearTimeout(timer)
    wakeAt = at
    timer = setTimeout(wake, Math.max(0, at - a.now().getTime()))
  }

  function wake(): void {
    timer = null
    wakeAt = Number.POSITIVE_INFINITY
    expected = Number.POSITIVE_INFINITY
    looking = look().then(next => {
      looking = null
      sleepUntil(Math.min(next, expected))
    })
  }

  /** The time of the next look. */
  async function look(): Promise<number> {
    const latest = () => a.now().getTime() + a.scanMs
    try {
      const { claimed, more } = await a.claim()
      if (failing) a.log.info('the database is back; due deliveries are being claimed again')
      failing = false
      if (claimed > 0) doubtMs = 0
      if (more) return a.now().getTime()
      return Math.min(latest(), await nextLook())
    } catch (error) {
      if (!failing) a.log.error({ err: error }, 'due deliveries could not be claimed; trying again')
      failing = true
      return latest()
    }
  }

  /**
   * Something due that was not claimed is somebody else's at this moment, or due by our clock and not yet by
   * the database's: asked again soon, but ever less often.
   */
  async function nextLook(): Promise<number> {
    const due = (await a.nextDueAt())?.getTime() ?? Number.POSITIVE_INFINITY
    const now = a.now().getTime()
    if (due > now) {
      doubtMs = 0
      return due + afterDueMs
    }
    doubtMs = Math.min(Math.max(firstDoubtMs, doubtMs * 2), a.scanMs)
    return now + doubtMs
  }

  sleepUntil(a.now().getTime())
  return {
    expect(at) {
      const due = at.getTime() + afterDueMs
      if (looking === null) sleepUntil(due)
      else expected = Math.min(expected, due)
    },
    async stop() {
      stopped = true
      if (timer !== null) clearTimeout(timer)
      await looking
    },
  }
}
