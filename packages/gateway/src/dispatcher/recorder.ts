import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { RecordedOutcome } from '../store/deliveries.ts'

/** What writes outcomes down; structurally `store.deliveries`, which batches what comes together. */
export type OutcomeStore = {
  record(outcomes: readonly RecordedOutcome[]): Promise<{ fencedOut: readonly string[] }>
}

export type Recorder = {
  /** Resolves when the outcome is written. `fencedOut`: somebody else had taken the delivery over. Never rejects. */
  record(outcome: RecordedOutcome): Promise<{ fencedOut: boolean }>
  pending(): number
  /** Waits for everything to be written, at most this long; what is left is logged, one line each. */
  stop(withinMs: number): Promise<void>
}

const firstPauseMs = 50
/** What is unwritten when the process dies is sent again: it should not wait for long when the database is back. */
const longestPauseMs = 1_000

/**
 * Does not let go of an outcome until it is written. While the database is away each is tried again with growing
 * pauses; one the database will not take holds back no other.
 */
export function createRecorder(a: {
  store: OutcomeStore
  /** Resolves when every claim that this process has asked for so far is known. Never rejects. */
  claimsKnown: () => Promise<unknown>
  log: Logger
}): Recorder {
  const { store, claimsKnown, log } = a
  const unwritten = new Set<RecordedOutcome>()
  const giveUp = new AbortController()
  let failing = false
  let allWritten: (() => void) | null = null

  async function record(outcome: RecordedOutcome): Promise<{ fencedOut: boolean }> {
    unwritten.add(outcome)
    for (
      let pauseMs = firstPauseMs;
      !giveUp.signal.aborted;
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    ) {
      const written = await tryToWrite(outcome)
      if (written !== null) return written
      await pause(pauseMs, undefined, giveUp).catch(() => {})
    }
    return { fencedOut: false }
  }

  async function tryToWrite(outcome: RecordedOutcome): Promise<{ fencedOut: boolean } | null> {
    const { claimId } = outcome.delivery
    try {
      const { fencedOut } = await store.record([outcome])
      if (fencedOut.length > 0) {
        // Our lease ran out, and we have claimed the delivery anew ourselves: written under the new claim it counts.
        await claimsKnown()
        if (outcome.delivery.claimId !== claimId) return tryToWrite(outcome)
      }
      unwritten.delete(outcome)
      if (failing) log.info({ waiting: unwritten.size }, 'outcomes are being recorded again')
      failing = false
      if (unwritten.size === 0) allWritten?.()
      return { fencedOut: fencedOut.length > 0 }
    } catch (error) {
      if (!failing) log.error({ err: error, waiting: unwritten.size }, 'outcomes cannot be recorded; kept')
      failing = true
      return null
    }
  }

  return {
    record,
    pending: () => unwritten.size,
    async stop(withinMs) {
      if (unwritten.size > 0) await firstOf(withinMs, written => (allWritten = written))
      giveUp.abort()
      // Never silently: the receiver may have these, and gets them again when their leases have run out.
      for (const { delivery, attempt, next } of unwritten) {
        const { deliveryId, webhookId, eventId } = delivery
        const line = { deliveryId, webhookId, eventId, attempt, next: next.kind }
        log.error(line, 'an outcome could not be recorded before the stop; its attempt will be made again')
      }
    },
  }
}

/** Resolves when told to, or when the time is over. */
function firstOf(ms: number, whenTold: (tell: () => void) => void): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    whenTold(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
