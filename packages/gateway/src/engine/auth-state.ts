import {
  type AuthenticationCreds,
  type AuthenticationState,
  initAuthCreds,
  type SignalDataTypeMap,
  type SignalKeyStore,
} from 'baileys'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { SessionAuthState } from '../store/auth-state.ts'
import type { InboxPart, UntoldStanza } from '../store/inbox.ts'
import { decodeJson, decodeKey, type EncodedKeys, encodeJson, encodeKeys } from './auth-codec.ts'
import { journalType } from './journal.ts'
import { persist, type StoreFailure } from './persistence.ts'

/**
 * The credentials and Signal keys of one session for as long as its lease lasts; they outlive sockets.
 *
 * Two laws (research/persist-before-ack.md):
 * - One `set` of Baileys is one statement of the store.
 * - Nothing here ever rejects. A rejection would become a refusal of the message on the wire, and WhatsApp would forget
 *   it. What cannot be kept within the budget stops the socket for good (fail-stop) and its promises never settle;
 *   the message stays unacknowledged and comes again.
 */
export type AuthState = {
  /** Who this session is. The object stays the same until `reset`; Baileys writes into it. */
  readonly creds: AuthenticationCreds
  /** The state for one socket. `failStop` must cut that socket at once; it is called at most once. */
  forSocket(failStop: (failure: StoreFailure, error: unknown) => void): SocketAuth
  /** Credentials have changed: they are written within 50 ms. */
  touchCreds(): void
  /** Resolves once the credentials as they are now are durable; false when the store would not take them. */
  flushCreds(): Promise<boolean>
  /** Reads and writes beside Baileys' own, for our key types. `read` gives undefined for what it cannot get. */
  read(type: string, id: string): Promise<string | undefined>
  write(keys: EncodedKeys): Promise<boolean>
  /** Forgets everything and starts as a new, unlinked device. False when the store would not. */
  reset(): Promise<boolean>
  /** Stanzas of the inbox that were read and not told, the oldest first; null for what cannot be read now. */
  untold(limit: number): Promise<UntoldStanza[] | null>
  /** Removes those of these stanzas that were told; returns the ones to be asked for again later. */
  forgetStanzas(deliveries: readonly string[]): Promise<string[]>
  /** Resolves when no write of keys is under way, whether it was committed or not. */
  written(): Promise<void>
  /** Ends the pending timer. What is not flushed by then is lost: call `flushCreds` before. */
  close(): void
}

export type SocketAuth = {
  state: AuthenticationState
  /** What a part of a stanza said when it was read before; null if it never was. */
  recall(delivery: string, part: number): Promise<string | null>
  /**
   * No write begins any more: another socket, perhaps of another engine, is about to own these keys. A write under way
   * is still told, and reading goes on, for what is told needs to know who wrote it.
   */
  detach(): void
}

export type AuthStateOptions = {
  /** How long a read or write may take before the socket is stopped. Default 15 s: a database failover, not a day out. */
  budgetMs?: number
  /** Called when credentials could not be written: the session must close its socket. */
  onFailure: (failure: StoreFailure, error: unknown) => void
}

/** Shorter than a human notices, longer than the bursts in which Baileys announces changes. */
const credsDelayMs = 50
/** Characters of JSON a session may keep in memory: about 600 contacts' ratchets. */
const cacheSize = 1_000_000
/** Read once in their life, but written 812 at a time: caching them would push out what is read all the time. */
const notCached = new Set(['pre-key', 'sent-message'])

export async function openAuthState(
  store: SessionAuthState,
  log: Logger,
  options: AuthStateOptions,
): Promise<AuthState> {
  const budgetMs = options.budgetMs ?? 15_000
  const ask = <T>(attempt: () => Promise<T>) => persist(attempt, { budgetMs })
  const keys = cachedKeys(store, ask)
  const saved = await store.loadCreds()
  let creds = saved === null ? initAuthCreds() : (decodeJson(saved) as AuthenticationCreds)
  const credsOf = credsWriter({
    save: () => {
      const text = encodeJson(creds)
      return ask(() => store.saveCreds(text))
    },
    onFailure: options.onFailure,
  })

  return {
    get creds() {
      return creds
    },
    forSocket(failStop) {
      const socket = keysOfSocket(keys, (failure, error) => {
        log.error(
          { err: error, failure },
          'keys cannot be kept; stopping the socket before anything is acknowledged',
        )
        failStop(failure, error)
      })
      const { detach, recall } = socket
      return { state: { creds, keys: socket.keys }, recall, detach }
    },
    touchCreds: () => credsOf.touch(),
    flushCreds: () => credsOf.flush(),
    async read(type, id) {
      const answer = await keys.read(type, [id])
      return answer.ok ? answer.value[id] : undefined
    },
    write: async data => (await keys.write(data)).ok,
    async untold(limit) {
      const answer = await ask(() => store.inbox.untold(limit))
      if (!answer.ok) log.warn({ err: answer.error }, 'the inbox could not be read')
      return answer.ok ? answer.value : null
    },
    async forgetStanzas(deliveries) {
      const answer = await ask(() => store.inbox.forget(deliveries))
      return answer.ok ? answer.value : [...deliveries]
    },
    async reset() {
      credsOf.forget()
      await credsOf.flush()
      const wiped = await keys.wipe()
      if (!wiped.ok) options.onFailure(wiped.failure, wiped.error)
      else creds = initAuthCreds()
      return wiped.ok
    },
    written: keys.written,
    close: () => credsOf.forget(),
  }
}

type Ask = <T>(attempt: () => Promise<T>) => ReturnType<typeof persist<T>>

/** Never settles: the only honest answer to Baileys once a socket may no longer acknowledge anything. */
const never = <T>(): Promise<T> => new Promise<T>(() => {})

function cachedKeys(store: SessionAuthState, ask: Ask) {
  const cache = new LRUCache<string, string>({ maxSize: cacheSize, sizeCalculation: text => text.length + 1 })
  const absent = ''
  // Counts commits, so that a read which began before one does not put an old value into the cache after it.
  let commits = 0
  // Writes of a session happen one after the other: the cache must end up with what the database ends up with.
  let lastWrite: Promise<unknown> = Promise.resolve()

  const remember = (type: string, id: string, text: string | null) => {
    if (!notCached.has(type)) cache.set(`${type} ${id}`, text ?? absent)
  }

  async function read(type: string, ids: readonly string[]) {
    const found: Record<string, string> = {}
    const missing = ids.filter(id => {
      const text = cache.get(`${type} ${id}`)
      if (text) found[id] = text
      return text === undefined
    })
    if (missing.length === 0) return { ok: true as const, value: found }
    const before = commits
    const answer = await ask(() => store.get(type, missing))
    if (!answer.ok) return answer
    if (before === commits) for (const id of missing) remember(type, id, answer.value[id] ?? null)
    return { ok: true as const, value: { ...found, ...answer.value } }
  }

  function exclusively(change: () => Promise<void>, committed: () => void) {
    const mine = lastWrite.then(async () => {
      const answer = await ask(change)
      commits++
      // After a failure nobody knows what the database holds, so nothing is remembered.
      if (answer.ok) committed()
      else cache.clear()
      return answer
    })
    lastWrite = mine
    return mine
  }

  const write = (data: EncodedKeys, arrived: readonly InboxPart[] = []) =>
    exclusively(
      () => store.set(data, arrived),
      () => {
        for (const [type, rows] of Object.entries(data))
          for (const [id, text] of Object.entries(rows)) remember(type, id, text)
      },
    )
  const wipe = () =>
    exclusively(
      () => store.wipe(),
      () => cache.clear(),
    )
  const written = async () => void (await lastWrite)
  const recall = (delivery: string, part: number) => ask(() => store.inbox.find(delivery, part))
  return { read, write, wipe, written, recall }
}

/** What one socket sees: like the store, but silent for good once something failed; detached, it only reads. */
function keysOfSocket(
  keys: ReturnType<typeof cachedKeys>,
  failStop: (failure: StoreFailure, error: unknown) => void,
): { keys: SignalKeyStore; recall: SocketAuth['recall']; detach(): void } {
  let silent = false
  let detached = false

  async function answerOf<T>(work: () => Promise<Answer<T>>): Promise<T> {
    if (silent) return never()
    const answer = await work().catch(error => ({
      ok: false as const,
      failure: 'store unavailable' as const,
      error,
    }))
    // What is committed is told even after the end.
    if (answer.ok) return answer.value
    if (silent || detached) return never()
    silent = true
    failStop(answer.failure, answer.error)
    return never()
  }

  return {
    detach() {
      detached = true
    },
    recall: (delivery, part) => answerOf(() => keys.recall(delivery, part)),
    keys: {
      get: (type, ids) =>
        answerOf(async () => {
          const answer = await keys.read(type, ids)
          return answer.ok ? { ok: true, value: decodeAll(type, answer.value) } : answer
        }),
      set: data => (detached ? never() : answerOf(async () => keys.write(...keysAndInbox(data)))),
    },
  }
}

/** What the journal put among the keys is for the inbox, in the same write. */
function keysAndInbox(data: Record<string, unknown>): [EncodedKeys, InboxPart[]] {
  const { [journalType]: parts, ...keys } = data
  return [encodeKeys(keys), Object.values((parts ?? {}) as Record<string, InboxPart>)]
}

function decodeAll<T extends keyof SignalDataTypeMap>(type: T, texts: Record<string, string>) {
  const values: { [id: string]: SignalDataTypeMap[T] } = {}
  for (const [id, text] of Object.entries(texts)) values[id] = decodeKey(type, text)
  return values
}

type Answer<T> = { ok: true; value: T } | { ok: false; failure: StoreFailure; error: unknown }

/** Writes credentials one at a time, at most once in 50 ms, always the newest; what failed stays due. */
function credsWriter(deps: { save: () => Promise<Answer<void>>; onFailure: AuthStateOptions['onFailure'] }) {
  let due = false
  let timer: NodeJS.Timeout | undefined
  let last: Promise<boolean> = Promise.resolve(true)

  const stopTimer = () => {
    clearTimeout(timer)
    timer = undefined
  }
  const save = async () => {
    if (!due) return true
    due = false
    const answer = await deps.save()
    if (answer.ok) return true
    due = true
    deps.onFailure(answer.failure, answer.error)
    return false
  }
  return {
    touch() {
      due = true
      timer ??= setTimeout(() => void this.flush(), credsDelayMs)
    },
    flush() {
      stopTimer()
      last = last.then(save)
      return last
    },
    forget() {
      stopTimer()
      due = false
    },
  }
}
