import {
  type AuthenticationCreds,
  type AuthenticationState,
  initAuthCreds,
  type SignalDataTypeMap,
  type SignalKeyStore,
} from 'baileys'
import type { Logger } from 'pino'
import type { SessionAuthState } from '../store/auth-state.ts'
import type { InboxPart, UntoldStanza } from '../store/inbox.ts'
import { decodeJson, decodeKey, type EncodedKeys, encodeJson, encodeKeys } from './auth-codec.ts'
import { journalType } from './journal.ts'
import { createKeyCache, type KeyCache } from './key-cache.ts'
import { type Answer, type Lost, persist, type StoreFailure } from './persistence.ts'

/**
 * The credentials and Signal keys of one session for as long as its lease lasts; they outlive sockets.
 *
 * Three laws (research/persist-before-ack.md):
 * - One `set` of Baileys is stored whole or not at all, and after those before it. Several may be one statement.
 * - Baileys need not wait for that: what it has set it reads again at once, and works on. The output gate waits, so that
 *   nothing it says of it leaves before it is stored.
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
  /** Resolves when every write of keys begun before is over, whether it was committed or not. */
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
/** Keys that may wait to be stored before Baileys has to wait too: a megabyte or two. Linking writes 812 at once. */
const mostUnstored = 2_000

export async function openAuthState(
  store: SessionAuthState,
  log: Logger,
  options: AuthStateOptions,
): Promise<AuthState> {
  const budgetMs = options.budgetMs ?? 15_000
  const ask = <T>(attempt: () => Promise<T>) => persist(attempt, { budgetMs })
  let stopSocket: (lost: Lost) => void = () => {}
  const keys = createKeyCache(store, ask, lost => stopSocket(lost))
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
      stopSocket = socket.fail
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

/** Never settles: the only honest answer to Baileys once a socket may no longer acknowledge anything. */
const never = <T>(): Promise<T> => new Promise<T>(() => {})

/** What one socket sees: like the store, but silent for good once something failed; detached, it only reads. */
function keysOfSocket(
  keys: KeyCache,
  failStop: (failure: StoreFailure, error: unknown) => void,
): { keys: SignalKeyStore; recall: SocketAuth['recall']; fail(lost: Lost): void; detach(): void } {
  let silent = false
  let detached = false

  function fail({ failure, error }: Lost): void {
    if (silent || detached) return
    silent = true
    failStop(failure, error)
  }

  async function answerOf<T>(work: () => Promise<Answer<T>>): Promise<T> {
    if (silent) return never()
    const answer = await work().catch(error => ({
      ok: false as const,
      failure: 'store unavailable' as const,
      error,
    }))
    // What is committed is told even after the end.
    if (answer.ok) return answer.value
    fail(answer)
    return never()
  }

  /** Taken as it is; the wait is for memory only, when the database is slower than WhatsApp. */
  async function accept(data: Record<string, unknown>): Promise<Answer<void>> {
    const stored = keys.write(...keysAndInbox(data))
    return keys.unstored() > mostUnstored ? stored : { ok: true, value: undefined }
  }

  return {
    fail,
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
      set: data => (detached ? never() : answerOf(() => accept(data))),
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
