import type { SessionStatus } from '@waxwing/events'
import type { EventDraft } from '@waxwing/events/event-id'
import type { WAMessage, WAMessageKey, WAVersion } from 'baileys'
import type { Logger } from 'pino'
import type { SessionAuthState } from '../store/auth-state.ts'
import type { Polls } from '../store/polls.ts'
import type { SessionPatch, SessionRow } from '../store/sessions.ts'
import type { CommandAnswer, CommandResult } from '../stream/commands.ts'
import type { MessageContent } from '../stream/message-content.ts'
import { openAuthState } from './auth-state.ts'
import { createConnection } from './connection.ts'
import type { Network, Publish } from './engine.ts'
import { type Figures, newFigures } from './figures.ts'
import { createIntake, type TraceCapture } from './intake.ts'
import { type Person, person } from './jid.ts'
import type { Qr } from './linking.ts'
import { type Media, sessionFiles } from './media/session-files.ts'
import { createOutbox } from './outbox.ts'
import { type StoreFailure, within } from './persistence.ts'
import { createPlaceholderSweeper } from './placeholder-sweeper.ts'
import { createPollBox } from './polls.ts'
import { createPresenceWatch } from './presence-watch.ts'
import { createPushNames } from './push-names.ts'
import { refuse } from './refusal.ts'
import { createSentMessages } from './sent-messages.ts'
import { createSessionSend } from './session-send.ts'
import { createSocketCaches } from './socket-caches.ts'
import { createStatusBoard, meanings, type Standing } from './status-board.ts'

export type SessionDeps = {
  row: SessionRow
  keys: SessionAuthState
  polls: Polls
  setState: (patch: SessionPatch) => Promise<boolean>
  publish: Publish
  trace?: TraceCapture
  /** Where the files of messages go; without it none are fetched. */
  media?: Media
  network: Network
  /** A newer version of WhatsApp Web than the one refused, or null when none can be learned. */
  latestVersion: () => Promise<WAVersion | null>
  /** The session has ended by itself. `wanted`: whoever holds it next should try again. */
  onOver: (end: { wanted: boolean }) => Promise<void>
  log: Logger
  now: () => Date
  random: () => number
  connectingMs?: number
  storeBudgetMs?: number
  /** How many events may wait for the store before the socket is closed. Default 2,000. */
  outboxLimit?: number
}

/** One number, linked or about to be, for as long as this engine holds its lease. */
export type Session = {
  readonly status: SessionStatus
  readonly since: Date
  readonly figures: Figures
  /** True once no further attempt to connect will be made. */
  readonly over: boolean
  /** Resolves when it is over and everything about it is stored. */
  readonly ended: Promise<void>
  restart(): void
  pairingCode(phone: string): Promise<CommandAnswer<CommandResult<'session.pairing-code'>>>
  send(to: string, content: MessageContent): Promise<CommandAnswer<CommandResult<'message.send'>>>
  applySettings(settings: Record<string, unknown>): Promise<void>
  /** Unlinks the number, as well as WhatsApp can be told, and forgets its keys. */
  logout(): Promise<void>
  /** Closes and flushes everything; the session stays linked and wanted. */
  stop(): Promise<void>
  /** Another engine has it, or may have: cuts the socket now. Events that were taken still reach the store. */
  loseLease(): void
  /** Code of this session's socket threw where nobody caught it. */
  crashed(): void
}

/** How long a stopping process waits for a database that does not take its last events. */
const drainMs = 10_000
/** How long WhatsApp may take to hear that we leave. */
const goodbyeMs = 5_000
const noFacts = { qr: null, qrExpiresAt: null }

export async function startSession(deps: SessionDeps): Promise<Session> {
  const { row, trace, log, now } = deps
  let settings = row.settings
  let over = false
  const ended = Promise.withResolvers<void>()

  const auth = await openAuthState(deps.keys, log, {
    budgetMs: deps.storeBudgetMs,
    onFailure: abandon,
  })
  const sent = createSentMessages(auth)
  const figures = newFigures()
  const outbox = createOutbox({
    sessionId: row.id,
    publish: deps.publish,
    kept: auth.written,
    log,
    random: deps.random,
    onFull,
    limit: deps.outboxLimit,
  })
  const files =
    deps.media &&
    sessionFiles({
      sessionId: row.id,
      media: deps.media,
      network: deps.network,
      socket: () => connection.socket,
      log,
    })
  const readers = [createPollBox(row.id, deps.polls), createPushNames(auth, outbox.stored)]
  const intake = createIntake({
    session: row,
    me: () => me() ?? { jid: '' },
    outbox,
    readers,
    files,
    trace,
    log,
    now,
  })
  const board = createStatusBoard({
    session: row,
    account: () => ({ me: auth.creds.account ? me() : null, pushName: auth.creds.me?.name ?? null }),
    setState: deps.setState,
    tell: draft => outbox.add([draft]),
    onLeaseLost: () => abandon('lease lost'),
    log,
    now,
  })
  const presence = createPresenceWatch(watchChat, () => settings.always_online === true)
  const sweeper = createPlaceholderSweeper({ ask: askPhone, figures, now })
  const connection = createConnection({
    socket: {
      sessionId: row.id,
      network: deps.network,
      caches: createSocketCaches(),
      markOnline: () => settings.always_online === true,
      getMessage: sent.get,
      stored,
      figures,
      log,
      connectingMs: deps.connectingMs,
    },
    auth,
    latestVersion: deps.latestVersion,
    mayOpen: () => !outbox.full,
    on: {
      events: (events, findNumber, stanza) => {
        sweeper.hear(events)
        presence.hear(events)
        intake.take(events, findNumber, stanza)
      },
      standing: (standing, facts) => board.set(standing, { ...noFacts, ...facts }),
      account: (standing, facts) => board.set(standing, { ...noFacts, ...accountColumns(), ...facts }),
      qr: showQr,
      over: (standing, forget) => void finish(standing, forget),
      storeFailed: abandon,
    },
    now,
    random: deps.random,
  })

  const send = createSessionSend({
    status: () => board.status,
    socket: () => connection.socket,
    auth,
    files,
    media: deps.media,
    sent,
    intake,
    now,
  })

  function askPhone() {
    const live = connection.socket
    if (!live || board.status !== 'connected') return null
    return (key: WAMessageKey, message: Partial<WAMessage>) =>
      live.use(baileys => baileys.requestPlaceholderResend(key, message))
  }

  function watchChat(jid: string): void {
    void connection.socket?.use(baileys => baileys.presenceSubscribe(jid)).catch(() => {})
  }

  async function stored(): Promise<void> {
    await auth.written()
    await intake.idle()
    await outbox.stored()
  }

  function me(): Person | null {
    return auth.creds.me ? person(auth.creds.me.id, auth.creds.me.lid) : null
  }

  function accountColumns(): SessionPatch {
    const account = me()
    return { phone: account?.phone ?? null, lid: account?.lid ?? null, pushName: auth.creds.me?.name ?? null }
  }

  function showQr(qr: Qr): void {
    board.set({ status: 'qr' }, { qr: qr.text, qrExpiresAt: qr.expiresAt })
    const data = { qr: qr.text, expiresAt: qr.expiresAt.toISOString(), attempt: qr.attempt }
    const draft: EventDraft = {
      type: 'qrcode.updated',
      at: now(),
      sessionId: row.id,
      profileId: row.profileId,
      chat: null,
      naturalKey: null,
      data,
    }
    outbox.add([draft])
  }

  function onFull(): void {
    log.error(
      { waiting: outbox.size },
      'events cannot be stored; closing, so that WhatsApp keeps what follows',
    )
    connection.close('events cannot be stored')
  }

  // === Ends ===

  /** The number is unlinked, banned or otherwise beyond another attempt. */
  async function finish(standing: Standing, forget: boolean): Promise<void> {
    if (over) return
    over = true
    await connection.sever()
    // The inbox is forgotten with the keys: what it keeps of messages that wait for their files is told now.
    files?.hurry()
    await intake.unheld()
    if (forget) await auth.reset()
    board.set(standing, noFacts)
    board.tell()
    await settle()
    await deps.onOver({ wanted: false })
    ended.resolve()
  }

  /**
   * Cuts the socket before it can acknowledge what nobody keeps, and gives the lease back once everything taken so far
   * is stored. Whoever claims it next, perhaps this engine, does so under a new fence: a write that hung here and wakes
   * up later is refused instead of overwriting newer keys.
   */
  function abandon(failure: StoreFailure): void {
    if (over) return
    over = true
    log.warn({ failure }, 'the session is given back')
    if (failure === 'lease lost') board.close()
    else
      board.set({ status: 'reconnecting', reason: 'The database does not answer; waiting for it.' }, noFacts)
    void connection
      .sever()
      .then(settle)
      .then(() => deps.onOver({ wanted: true }))
      .finally(ended.resolve)
  }

  /** Resolves when everything that was taken from WhatsApp is stored, however long the store takes. */
  async function settle(): Promise<void> {
    await intake.idle()
    await outbox.idle()
    await auth.flushCreds()
    await board.written()
    release()
  }

  function release(): void {
    board.close()
    sweeper.stop()
    auth.close()
    const lost = outbox.close()
    // After the outbox: messages that wait for their files are told by whoever has the session next.
    files?.close()
    if (lost > 0) log.error({ lost }, 'events were given up because the database did not take them')
  }

  async function stop(): Promise<void> {
    const ending = over ? ended.promise : close()
    over = true
    await within(ending, drainMs).catch(release)
    ended.resolve()
  }

  async function close(): Promise<void> {
    await connection.end()
    const reason = 'The gateway was stopped; it connects again when it starts.'
    if (!meanings[board.status].final) board.set({ status: 'reconnecting', reason }, noFacts, { quiet: true })
    await settle()
  }

  async function logout(): Promise<void> {
    const live = connection.socket
    if (!live) return finish({ status: 'logged_out', reason: 'Logged out on request.' }, true)
    const goodbye = auth.creds.account
      ? within(
          live.use(baileys => baileys.logout()),
          goodbyeMs,
        )
      : Promise.resolve()
    connection.expect('logout')
    await goodbye.catch(() => {})
    connection.close('logout')
    await ended.promise
  }

  // === Requests ===

  async function pairingCode(phone: string): Promise<CommandAnswer<CommandResult<'session.pairing-code'>>> {
    if (auth.creds.account) {
      return refuse('session_already_linked', 'This session is linked. Log it out before linking again.')
    }
    const answer = await connection.linking.pairingCode(phone, () => connection.socket)
    if (answer.ok) board.set({ status: 'pairing' }, noFacts)
    await board.written()
    return answer
  }

  async function applySettings(changed: Record<string, unknown>): Promise<void> {
    settings = changed
    const presence = changed.always_online === true ? 'available' : 'unavailable'
    await connection.socket?.use(baileys => baileys.sendPresenceUpdate(presence)).catch(() => {})
  }

  board.set({ status: 'connecting' }, noFacts)
  await connection.open()
  // Whoever asked for this session reads its row next.
  await board.written()
  return {
    get status() {
      return board.status
    },
    get since() {
      return board.since
    },
    figures,
    get over() {
      return over
    },
    ended: ended.promise,
    restart: () => connection.close('restart'),
    pairingCode,
    send,
    applySettings,
    logout,
    stop,
    loseLease: () => abandon('lease lost'),
    crashed: () => connection.socket?.cut(),
  }
}
