import type { Logger } from 'pino'
import type { RecordedOutcome } from '../store/deliveries.ts'

/** What writes outcomes down; structurally `store.deliveries`. */
export type OutcomeStore = {
  record(outcomes: readonly RecordedOutcome[]): Promise<{ fencedOut: readonly string[] }>
}

export type Recorder = {
  /** Resolves when the outcome is in the database. `fencedOut`: somebody else had taken the delivery over. */
  record(outcome: RecordedOutcome): Promise<{ fencedOut: boolean }>
  pending(): number
  /** Waits for everything to be written, at most this long; what is left is logged, one line each. */
  stop(withinMs: number): Promise<void>
}

/** As many as one statement takes comfortably; the store's own batches are as large. */
const maxBatch = 256
/** While one batch is on its way the next gathers, and a second may leave: more does not make Postgres faster. */
const batchesInFlight = 2
const firstPauseMs = 50
const longestPauseMs = 5_000

type Entry = { outcome: RecordedOutcome; recorded: (result: { fencedOut: boolean }) => void }

/**
 * Writes outcomes in batches that gather while earlier ones are on their way, and does not let go of one until
 * it is written: with the database away it tries again with growing pauses, one outcome at a time, so that one
 * the database will not take cannot hold back the others.
 */
export function createRecorder({ store, log }: { store: OutcomeStore; log: Logger }): Recorder {
  const queue: Entry[] = []
  let inFlight = 0
  let writing = 0
  let batchSize = maxBatch
  let pauseMs = 0
  let pausing: NodeJS.Timeout | null = null
  let stopped = false
  let idle: (() => void) | null = null

  function pump(): void {
    while (!stopped && pausing === null && queue.length > 0 && inFlight < (pauseMs > 0 ? 1 : batchesInFlight))
      void write(queue.splice(0, batchSize))
    if (queue.length === 0 && inFlight === 0) idle?.()
  }

  async function write(batch: Entry[]): Promise<void> {
    inFlight++
    writing += batch.length
    try {
      const { fencedOut } = await store.record(batch.map(entry => entry.outcome))
      recovered()
      const fenced = new Set(fencedOut)
      for (const { outcome, recorded } of batch)
        recorded({ fencedOut: fenced.has(outcome.delivery.deliveryId) })
    } catch (error) {
      // To the end: if it is this outcome the database objects to, the others come first.
      queue.push(...batch)
      if (stopped) giveUp()
      else pause(error)
    } finally {
      inFlight--
      writing -= batch.length
      pump()
    }
  }

  function recovered(): void {
    if (pauseMs > 0) log.info({ waiting: queue.length }, 'outcomes are being recorded again')
    pauseMs = 0
    batchSize = Math.min(batchSize * 2, maxBatch)
  }

  function pause(error: unknown): void {
    batchSize = 1
    pauseMs = Math.min(Math.max(firstPauseMs, pauseMs * 2), longestPauseMs)
    log.error(
      { err: error, waiting: queue.length, retryInMs: pauseMs },
      'outcomes could not be recorded; kept',
    )
    pausing ??= setTimeout(() => {
      pausing = null
      pump()
    }, pauseMs)
  }

  return {
    record(outcome) {
      return new Promise(recorded => {
        queue.push({ outcome, recorded })
        pump()
      })
    },
    pending: () => queue.length + writing,
    async stop(withinMs) {
      pump()
      if (queue.length > 0 || inFlight > 0) await allWritten(withinMs)
      stopped = true
      if (pausing !== null) clearTimeout(pausing)
      giveUp()
    },
  }

  function allWritten(withinMs: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, withinMs)
      idle = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Never silently: the receiver may have these, and will get them again when their leases have run out. */
  function giveUp(): void {
    for (const { outcome } of queue.splice(0)) {
      const { deliveryId, webhookId, eventId } = outcome.delivery
      const line = { deliveryId, webhookId, eventId, attempt: outcome.attempt, next: outcome.next.kind }
      log.error(line, 'an outcome could not be recorded before the stop; its attempt will be made again')
    }
  }
}
