import { LRUCache } from 'lru-cache'
import type { SessionAuthState } from '../store/auth-state.ts'
import type { InboxPart } from '../store/inbox.ts'
import type { EncodedKeys } from './auth-codec.ts'
import type { Answer, Lost } from './persistence.ts'

/**
 * The Signal keys of one session between Baileys and the store. What is written can be read at once; it is stored in the
 * order of the writes, each whole or not at all, and those that come while one is under way go out together as the next. So a
 * session reads its messages as fast as it can decrypt them, and not one in each round trip of the database.
 */
export type KeyCache = {
  read(type: string, ids: readonly string[]): Promise<Answer<Record<string, string>>>
  /** Resolves when it is stored, or cannot be; what it says can be read from the call on. */
  write(keys: EncodedKeys, arrived?: readonly InboxPart[]): Promise<Answer<void>>
  /** Forgets all keys, after the writes before it. */
  wipe(): Promise<Answer<void>>
  /** Resolves when every write begun before is over, whether it was committed or not. */
  written(): Promise<void>
  /** What a part of a stanza said when it was read before; null if it never was. */
  recall(delivery: string, part: number): Promise<Answer<string | null>>
  /** How many values are not stored yet. */
  unstored(): number
}

/** Characters of JSON a session may keep in memory: about 600 contacts' ratchets. */
const cacheSize = 1_000_000
/** Read once in their life, but written 812 at a time: caching them would push out what is read all the time. */
const notCached = new Set(['pre-key', 'sent-message'])

/** Writes that wait for the one under way, and go out together as the next. */
type NextWrite = { keys: EncodedKeys; arrived: InboxPart[]; stored: Promise<Answer<void>> }

/** `ask` gives the store its time; `onLost` hears of a write that failed before anybody who waits for it. */
export function createKeyCache(
  store: SessionAuthState,
  ask: <T>(attempt: () => Promise<T>) => Promise<Answer<T>>,
  onLost: (lost: Lost) => void,
): KeyCache {
  const cache = new LRUCache<string, string>({ maxSize: cacheSize, sizeCalculation: text => text.length + 1 })
  const absent = ''
  // Counts changes, so that a read which began before one does not put an old value into the cache after it.
  let changes = 0
  // Writes of a session happen one after the other: the cache must end up with what the database ends up with.
  let lastWrite: Promise<unknown> = Promise.resolve()
  let next: NextWrite | null = null
  /** The newest values that are not stored yet. */
  const unstored = new Map<string, string | null>()

  const remember = (type: string, id: string, text: string | null) => {
    if (!notCached.has(type)) cache.set(`${type} ${id}`, text ?? absent)
  }

  async function read(type: string, ids: readonly string[]): Promise<Answer<Record<string, string>>> {
    const found: Record<string, string> = {}
    const missing = ids.filter(id => {
      const key = `${type} ${id}`
      const text = unstored.has(key) ? (unstored.get(key) ?? absent) : cache.get(key)
      if (text) found[id] = text
      return text === undefined
    })
    if (missing.length === 0) return { ok: true, value: found }
    const before = changes
    const answer = await ask(() => store.get(type, missing))
    if (!answer.ok) return answer
    if (before === changes) for (const id of missing) remember(type, id, answer.value[id] ?? null)
    return { ok: true, value: { ...found, ...answer.value } }
  }

  function exclusively(change: () => Promise<void>, committed: () => void): Promise<Answer<void>> {
    const mine = lastWrite.then(async () => {
      const answer = await ask(change)
      changes++
      // After a failure nobody knows what the database holds, so nothing is remembered.
      if (answer.ok) committed()
      else {
        cache.clear()
        onLost(answer)
      }
      return answer
    })
    lastWrite = mine
    return mine
  }

  function write(keys: EncodedKeys, arrived: readonly InboxPart[] = []): Promise<Answer<void>> {
    next ??= nextWrite()
    for (const [type, rows] of Object.entries(keys)) next.keys[type] = { ...next.keys[type], ...rows }
    next.arrived.push(...arrived)
    each(keys, (type, id, text) => void unstored.set(`${type} ${id}`, text))
    changes++
    return next.stored
  }

  function nextWrite(): NextWrite {
    const keys: EncodedKeys = {}
    const arrived: InboxPart[] = []
    const stored = exclusively(
      () => {
        if (next?.keys === keys) next = null
        return store.set(keys, arrived)
      },
      () => each(keys, remember),
    ).then(answer => {
      each(keys, (type, id, text) => {
        const key = `${type} ${id}`
        if (!answer.ok || unstored.get(key) === text) unstored.delete(key)
      })
      return answer
    })
    return { keys, arrived, stored }
  }

  const wipe = () =>
    exclusively(
      () => store.wipe(),
      () => cache.clear(),
    )
  const written = async () => void (await lastWrite)
  const recall = async (delivery: string, part: number) => {
    await written()
    return ask(() => store.inbox.find(delivery, part))
  }
  return { read, write, wipe, written, recall, unstored: () => unstored.size }
}

function each(keys: EncodedKeys, visit: (type: string, id: string, text: string | null) => void): void {
  for (const [type, rows] of Object.entries(keys))
    for (const [id, text] of Object.entries(rows)) visit(type, id, text)
}
