import { type EventDraft, sealEvent } from '@waxwing/events/event-id'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import { isFaultOfOneRow } from '../store/database.ts'
import type { Publish } from './engine.ts'

/**
 * The way of one session's events to the store: in order, one commit at a time, tried until it works.
 * Memory is bounded by its owner: when `onFull` is called the session stops listening to WhatsApp, which keeps the
 * messages for us, and connects again once `full` is over. What was added is never given up.
 */
export type Outbox = {
  /** Takes events in order. What was added before (the same fact told twice) is dropped. */
  add(drafts: EventDraft[]): void
  /** Resolves when everything added so far is committed, or the outbox was closed. */
  idle(): Promise<void>
  /** How many events wait. */
  readonly size: number
  /** From `onFull` until everything is committed. */
  readonly full: boolean
  /** Stops trying. Returns how many events are given up. */
  close(): number
}

export type OutboxDeps = {
  publish: Publish
  log: Logger
  random: () => number
  onFull: () => void
  /** How many waiting events are too many. Default 2,000: a few megabytes. */
  limit?: number
}

/** Events of one commit: enough to keep up with a full queue, few enough for a commit to stay short. */
const batchSize = 256
const firstPauseMs = 100
const longestPauseMs = 5_000
/** Facts remembered to recognise a repetition: WhatsApp repeats what it just sent, not what it sent yesterday. */
const rememberedFacts = 5_000

export function createOutbox(deps: OutboxDeps): Outbox {
  const limit = deps.limit ?? 2_000
  const seen = new LRUCache<string, true>({ max: rememberedFacts })
  const waiting: EventDraft[] = []
  let running: Promise<void> | null = null
  let closed = false
  let full = false
  let wake: (() => void) | null = null

  const isNew = (draft: EventDraft): boolean => {
    if (draft.naturalKey === null) return true
    const fact = `${draft.type}\n${draft.naturalKey}`
    if (seen.has(fact)) return false
    seen.set(fact, true)
    return true
  }

  async function run(): Promise<void> {
    for (let failures = 0; waiting.length > 0 && !closed; ) {
      const batch = waiting.slice(0, batchSize)
      try {
        await deps.publish(batch)
        waiting.splice(0, batch.length)
        failures = 0
      } catch (error) {
        failures++
        if (isFaultOfOneRow(error) || batch.some(cannotBeSealed)) await publishOneByOne(batch)
        else await pause(failures, error)
      }
    }
    running = null
    full = false
  }

  /** One event that can never be committed must not hold up all others for ever. */
  async function publishOneByOne(batch: EventDraft[]): Promise<void> {
    for (const draft of batch) {
      try {
        await deps.publish([draft])
      } catch (error) {
        if (!isFaultOfOneRow(error) && !cannotBeSealed(draft)) return
        deps.log.error(
          { err: error, type: draft.type },
          'an event that cannot be stored was dropped; this is a bug',
        )
      }
      waiting.splice(waiting.indexOf(draft), 1)
    }
  }

  async function pause(failures: number, error: unknown): Promise<void> {
    deps.log.warn(
      { err: error, waiting: waiting.length, failures },
      'events could not be committed; trying again',
    )
    const ms = Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs) * (0.5 + deps.random() / 2)
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    wake = null
  }

  return {
    add(drafts) {
      if (closed) return
      waiting.push(...drafts.filter(isNew))
      if (waiting.length > limit && !full) {
        full = true
        deps.onFull()
      }
      if (waiting.length > 0) running ??= run()
    },
    async idle() {
      while (running) await running
    },
    get size() {
      return waiting.length
    },
    get full() {
      return full
    },
    close() {
      closed = true
      wake?.()
      return waiting.length
    },
  }
}

/**
 * An event of ours that has no JSON or no id, which no retry can heal. Asked of the event itself and not of the error: a
 * TypeError may come from a bug anywhere, and must not cost events that are sound.
 */
function cannotBeSealed(draft: EventDraft): boolean {
  try {
    sealEvent(draft)
    return false
  } catch {
    return true
  }
}
