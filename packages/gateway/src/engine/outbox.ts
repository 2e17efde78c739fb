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
  /**
   * Takes events in order. What was added before (the same fact told twice) is dropped. `stanza`: the one of the inbox
   * that is done with these events; it is marked in the transaction that commits them.
   */
  add(drafts: EventDraft[], stanza?: string | null): void
  /** Resolves when everything added before this call is committed, or the outbox was closed. */
  stored(): Promise<void>
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
  sessionId: string
  publish: Publish
  /** Resolves when everything that was read so far is in the inbox: a stanza that is not there yet cannot be marked. */
  kept: () => Promise<void>
  log: Logger
  random: () => number
  onFull: () => void
  /** How many waiting events are too many. Default 2,000: a few megabytes. */
  limit?: number
  /** How long the store may refuse before that counts as full. Default 15 s, like the budget of the keys. */
  patienceMs?: number
}

/** What is committed together: some events, and the stanza they come from if it is done with them. */
type Entry = { drafts: EventDraft[]; stanza: string | null }

/** Events of one commit: enough to keep up with a full queue, few enough for a commit to stay short. */
const batchSize = 256
const firstPauseMs = 100
const longestPauseMs = 5_000
/** Facts remembered to recognise a repetition: WhatsApp repeats what it just sent, not what it sent yesterday. */
const rememberedFacts = 5_000

export function createOutbox(deps: OutboxDeps): Outbox {
  const limit = deps.limit ?? 2_000
  const patienceMs = deps.patienceMs ?? 15_000
  const seen = new LRUCache<string, true>({ max: rememberedFacts })
  const waiting: Entry[] = []
  let size = 0
  /** Entries added, and entries committed, since the start. */
  let added = 0
  let committed = 0
  let watchers: { until: number; done: () => void }[] = []
  let running: Promise<void> | null = null
  let closed = false
  let full = false
  let failingSince: number | null = null
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
      const batch = nextBatch()
      try {
        await publish(batch)
        done(batch.length)
        failures = 0
      } catch (error) {
        failures++
        if (isFaultOfOneRow(error) || batch.some(({ drafts }) => drafts.some(cannotBeSealed)))
          await publishOneByOne(batch)
        else await pause(failures, error)
      }
    }
    running = null
    full = false
  }

  function nextBatch(): Entry[] {
    const batch: Entry[] = []
    let events = 0
    for (const entry of waiting) {
      events += entry.drafts.length
      if (batch.length > 0 && events > batchSize) break
      batch.push(entry)
    }
    return batch
  }

  async function publish(batch: Entry[]): Promise<void> {
    await deps.kept()
    const told = batch.flatMap(({ stanza }) =>
      stanza === null ? [] : [{ sessionId: deps.sessionId, delivery: stanza }],
    )
    await deps.publish(
      batch.flatMap(({ drafts }) => drafts),
      told,
    )
  }

  /** The first entries are committed. */
  function done(count: number): void {
    for (const { drafts } of waiting.splice(0, count)) size -= drafts.length
    committed += count
    failingSince = null
    const due = watchers.filter(({ until }) => until <= committed)
    watchers = watchers.filter(({ until }) => until > committed)
    for (const watcher of due) watcher.done()
  }

  /** One event that can never be committed must not hold up all others for ever. */
  async function publishOneByOne(batch: Entry[]): Promise<void> {
    for (const { drafts, stanza } of batch) {
      for (const draft of drafts) if (!(await publishOrDrop(draft))) return
      if (stanza !== null && !(await mark(stanza))) return
      done(1)
    }
  }

  /** False: the store is away. */
  async function publishOrDrop(draft: EventDraft): Promise<boolean> {
    try {
      await deps.publish([draft], [])
    } catch (error) {
      if (!isFaultOfOneRow(error) && !cannotBeSealed(draft)) return false
      deps.log.error(
        { err: error, type: draft.type },
        'an event that cannot be stored was dropped; this is a bug',
      )
    }
    return true
  }

  /** Its events are there already, each by itself. False: the store is away. */
  async function mark(stanza: string): Promise<boolean> {
    try {
      await publish([{ drafts: [], stanza }])
    } catch (error) {
      if (!isFaultOfOneRow(error)) return false
      deps.log.error(
        { err: error, stanza },
        'a stanza that cannot be marked is told again later; this is a bug',
      )
    }
    return true
  }

  async function pause(failures: number, error: unknown): Promise<void> {
    deps.log.warn(
      { err: error, waiting: waiting.length, failures },
      'events could not be committed; trying again',
    )
    failingSince ??= performance.now()
    if (performance.now() - failingSince > patienceMs) fill()
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

  function fill(): void {
    if (full) return
    full = true
    deps.onFull()
  }

  return {
    add(drafts, stanza = null) {
      if (closed) return
      const news = drafts.filter(isNew)
      const entries: Entry[] = []
      for (let at = 0; at < news.length; at += batchSize)
        entries.push({ drafts: news.slice(at, at + batchSize), stanza: null })
      const last = entries.at(-1)
      if (last) last.stanza = stanza
      else if (stanza !== null) entries.push({ drafts: [], stanza })
      if (entries.length === 0) return
      waiting.push(...entries)
      added += entries.length
      size += news.length
      if (size > limit) fill()
      running ??= run()
    },
    stored() {
      if (closed || committed >= added) return Promise.resolve()
      return new Promise(done => watchers.push({ until: added, done }))
    },
    async idle() {
      while (running) await running
    },
    get size() {
      return size
    },
    get full() {
      return full
    },
    close() {
      closed = true
      wake?.()
      for (const { done } of watchers.splice(0)) done()
      return size
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
