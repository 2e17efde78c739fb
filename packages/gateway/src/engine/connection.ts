import type { BaileysEventMap, WAVersion } from 'baileys'
import type { SessionPatch } from '../store/sessions.ts'
import type { AuthState, SocketAuth } from './auth-state.ts'
import { backOffMs } from './back-off.ts'
import { createConfirmations } from './confirmations.ts'
import { bundledVersion, type ConnectDeps, connect, type LiveSocket } from './connect.ts'
import { type AfterDisconnect, afterDisconnect, disconnectOf } from './disconnect.ts'
import type { FindNumber } from './intake.ts'
import { createLinking, type Linking, type Qr } from './linking.ts'
import { type StoreFailure, within } from './persistence.ts'
import { recoverInbox } from './recover.ts'
import type { Standing } from './status-board.ts'

/** What the connection tells the session it belongs to. */
export type ConnectionListener = {
  /** Everything Baileys says, before the connection itself looks at it, and the stanza that is done with it. */
  events(events: Partial<BaileysEventMap>, findNumber: FindNumber, stanza: string | null): void
  standing(standing: Standing, facts?: SessionPatch): void
  qr(qr: Qr): void
  /** The number is linked, or linked again: who it is may have changed. */
  account(standing: Standing, facts?: SessionPatch): void
  /** No further attempt will be made. `forget`: the keys are worthless. */
  over(standing: Standing, forget: boolean): void
  /** Keys could not be read or written. Nothing may be acknowledged any more; the socket is cut already. */
  storeFailed(failure: StoreFailure): void
}

export type ConnectionDeps = {
  socket: Omit<ConnectDeps, 'auth' | 'version' | 'onEvents' | 'onConfirmed' | 'markOnline'> & {
    markOnline: () => boolean
  }
  auth: AuthState
  latestVersion: () => Promise<WAVersion | null>
  /** False while events cannot be stored: connecting would only bring more of them. */
  mayOpen: () => boolean
  on: ConnectionListener
  now: () => Date
  random: () => number
}

/** Why we closed a socket ourselves; the disconnect table is for what others do. */
export type Intent = 'restart' | 'logout' | 'events cannot be stored'

/** The sockets of a session, one after the other, and what happens between them. */
export type Connection = {
  readonly socket: LiveSocket | null
  readonly linking: Linking
  open(): Promise<void>
  /** The next close is ours, whoever does it. */
  expect(intent: Intent): void
  /** Closes the socket for a reason of ours; without a socket, only a restart does something. */
  close(intent: Intent): void
  /** Closes for good, politely. Resolves when the last event has been told. */
  end(): Promise<void>
  /** Cuts for good, at once. Resolves when the last event has been told. */
  sever(): Promise<void>
}

/** A connection that lasted this long was a good one: the next failure starts counting again. */
const goodMs = 60_000
/** Two 440 within an hour mean that somebody else insists on our keys. */
const replacedTwiceMs = 3_600_000
/** 515 follows linking once. A server that keeps saying it is treated like any other that fails. */
const mostRestarts = 3
/** How often to look whether the events of before are stored. */
const lookMs = 500
/** How long a socket may take to say goodbye. */
const goodbyeMs = 5_000

/** One socket and what belongs to it alone. */
type Attempt = { generation: number; keys: SocketAuth; live: LiveSocket | null; findNumber: FindNumber }

export function createConnection(deps: ConnectionDeps): Connection {
  const { auth, on, now } = deps
  const linking = createLinking(now)
  let socket: LiveSocket | null = null
  let keys: SocketAuth | null = null
  let generation = 0
  let ended = false
  let intent: Intent | null = null
  const confirmations = createConfirmations(auth.forgetStanzas)
  let timer: NodeJS.Timeout | undefined
  let failures = 0
  let restarts = 0
  let openedAt: Date | null = null
  let replacedAt: Date | null = null
  let justLinked = false
  let version = deps.socket.network.version ?? bundledVersion
  let versionRefreshed = false

  // === A socket begins ===

  async function open(): Promise<void> {
    clearTimeout(timer)
    const mine = ++generation
    // A pairing code that was never entered leaves a name without an account. Logging in with it would be refused.
    if (auth.creds.me && !auth.creds.account) await auth.reset()
    if (ended || mine !== generation) return
    if (!deps.mayOpen()) return waitForEvents()
    linking.begin()
    socket = attempt(mine)
  }

  function attempt(mine: number): LiveSocket {
    const mineKeys = auth.forSocket(storeFailed)
    keys = mineKeys
    const findNumber: FindNumber = lid =>
      live.use(baileys => baileys.signalRepository.lidMapping.getPNForLID(lid))
    const live: LiveSocket = connect({
      ...deps.socket,
      markOnline: deps.socket.markOnline(),
      version,
      auth: mineKeys,
      onEvents: (events, stanza) =>
        onEvents({ generation: mine, keys: mineKeys, live, findNumber }, events, stanza),
      onConfirmed: confirmations.add,
    })
    return live
  }

  function onEvents(from: Attempt, events: Partial<BaileysEventMap>, stanza: string | null): void {
    on.events(events, from.findNumber, stanza)
    // What a socket says about messages counts even after its time; what it says about itself does not.
    if (from.generation !== generation) return
    if (events['creds.update']) auth.touchCreds()
    const update = events['connection.update']
    if (!update) return
    const qr = update.qr ? linking.qr(update.qr) : null
    if (qr) on.qr(qr)
    if (update.isNewLogin) void linked(from)
    if (update.connection === 'open') opened(from)
    if (update.connection === 'close') void closed(from, update.lastDisconnect?.error)
  }

  /** The phone has accepted us. Nothing is said before the keys that prove it are safe. */
  async function linked(from: Attempt): Promise<void> {
    justLinked = true
    auth.touchCreds()
    if ((await auth.flushCreds()) && from.generation === generation) on.account({ status: 'syncing' })
  }

  function opened(from: Attempt): void {
    void recover(from)
    openedAt = now()
    restarts = 0
    justLinked = false
    versionRefreshed = false
    on.account({ status: 'connected' }, { connectedAt: openedAt })
  }

  async function recover({ live }: Attempt): Promise<void> {
    const { figures, log } = deps.socket
    const { me } = auth.creds
    if (live && me) await recoverInbox({ live, untold: auth.untold, me, figures, log })
  }

  // === A socket ends ===

  async function closed(from: Attempt, error: Error | undefined): Promise<void> {
    from.keys.detach()
    const mine = ++generation
    socket = null
    linking.end()
    if (openedAt && now().getTime() - openedAt.getTime() >= goodMs) failures = 0
    openedAt = null
    await auth.flushCreds()
    if (ended || mine !== generation) return
    const why = intent
    intent = null
    if (why) return actOnIntent(why)
    const end = disconnectOf(error)
    const next = afterDisconnect(end)
    // There may be no other socket to tell it.
    if (next.kind === 'logged out' || next.kind === 'give up') await recover(from)
    await act(next, end.code)
  }

  async function actOnIntent(why: Intent): Promise<void> {
    if (why === 'restart') return open()
    if (why === 'logout') return over({ status: 'logged_out', reason: 'Logged out on request.' }, true)
    return waitForEvents()
  }

  async function act(next: AfterDisconnect, code: number | undefined): Promise<void> {
    switch (next.kind) {
      case 'reconnect':
        return next.when === 'back off' || ++restarts > mostRestarts
          ? retry(next.reason, code)
          : restartAtOnce(next.reason, code)
      case 'wait':
        return openAfter(next.delayMs, { status: 'banned', final: false, reason: next.reason, code })
      case 'refresh version':
        return refreshVersion(next.reason, code)
      case 'check lease':
        return replaced(next, code)
      case 'logged out':
        return over({ status: 'logged_out', reason: next.reason, code }, true)
      case 'give up':
        return over({ status: next.status, reason: next.reason, code }, false)
    }
  }

  function restartAtOnce(reason: string, code: number | undefined): Promise<void> {
    if (justLinked) on.account({ status: 'syncing' })
    else on.standing({ status: 'reconnecting', reason, code })
    return open()
  }

  function retry(reason: string, code: number | undefined): void {
    failures++
    openAfter(backOffMs(failures, deps.random), { status: 'reconnecting', reason, code })
  }

  function openAfter(delayMs: number, standing: Standing): void {
    on.standing({ ...standing, retryAt: new Date(now().getTime() + delayMs) })
    timer = setTimeout(() => void open(), delayMs)
  }

  function waitForEvents(): void {
    on.standing({ status: 'reconnecting', reason: 'The database takes no events; waiting for it.' })
    const look = () => {
      timer = setTimeout(() => (deps.mayOpen() ? void open() : look()), lookMs)
    }
    look()
  }

  async function refreshVersion(reason: string, code: number | undefined): Promise<void> {
    const newer = versionRefreshed ? null : await deps.latestVersion().catch(() => null)
    if (ended) return
    if (!newer) return over({ status: 'failed', reason: `${reason} Update the gateway.`, code }, false)
    versionRefreshed = true
    version = newer
    retry(reason, code)
  }

  function replaced(next: { delayMs: number; reason: string }, code: number | undefined): void {
    const again = replacedAt !== null && now().getTime() - replacedAt.getTime() < replacedTwiceMs
    replacedAt = now()
    // Storing this standing is the look at the lease: it fails when somebody else holds it, and ends the session.
    if (again) over({ status: 'failed', reason: next.reason, code }, false)
    else openAfter(next.delayMs, { status: 'reconnecting', reason: next.reason, code })
  }

  function over(standing: Standing, forget: boolean): void {
    if (ended) return
    void sever()
    on.over(standing, forget)
  }

  // === We end it ===

  function storeFailed(failure: StoreFailure): void {
    void sever()
    on.storeFailed(failure)
  }

  async function sever(): Promise<void> {
    const live = socket
    stopKeys()
    live?.cut()
    live?.end(undefined)
    await closedFor(live)
  }

  async function end(): Promise<void> {
    const live = socket
    stopKeys()
    // The message being read now is still told, and its receipt still leaves; the one behind it is not begun.
    await keysWritten()
    live?.end(undefined)
    await closedFor(live)
  }

  function stopKeys(): void {
    ended = true
    keys?.detach()
    confirmations.close()
    clearTimeout(timer)
    linking.end()
  }

  async function closedFor(live: LiveSocket | null): Promise<void> {
    if (live) await within(live.closed, goodbyeMs).catch(() => live.cut())
    await keysWritten()
  }

  /** What was committed is told within the same turn of the event loop as its receipt leaves. */
  async function keysWritten(): Promise<void> {
    await within(auth.written(), goodbyeMs).catch(() => {})
    await new Promise(resolve => setImmediate(resolve))
  }

  return {
    get socket() {
      return socket
    },
    linking,
    open,
    expect(why) {
      if (socket) intent = why
    },
    close(why) {
      if (why === 'restart') failures = 0
      if (socket) intent = why
      else if (why === 'restart') void open()
      socket?.end(undefined)
    },
    end,
    sever,
  }
}
