// First, so that Baileys is only ever loaded behind the guards.
import './process-guards.ts'

import { Boom } from '@hapi/boom'
import makeWASocket, {
  type BaileysEventMap,
  DEFAULT_CONNECTION_CONFIG,
  DisconnectReason,
  type GroupMetadata,
  type proto,
  type WAMessageKey,
  type WASocket,
  type WAVersion,
} from 'baileys'
import type { Logger } from 'pino'
import type { SocketAuth } from './auth-state.ts'
import { baileysLog } from './baileys-log.ts'
import type { Network } from './engine.ts'
import { tapEvents } from './event-tap.ts'
import type { Figures } from './figures.ts'
import { createJournal } from './journal.ts'
import { uploadAgent } from './media/outgoing.ts'
import { gateOutput, type RawSocket } from './output-gate.ts'
import type { SocketCaches } from './socket-caches.ts'
import { type SocketContext, socketContext } from './socket-context.ts'

export type ConnectDeps = {
  sessionId: string
  network: Network
  /** Which version of WhatsApp Web to claim to be. Stale ones are refused with 405. */
  version: WAVersion
  auth: Pick<SocketAuth, 'state' | 'recall'>
  caches: SocketCaches
  /** Marks the account online, which silences the phone's notifications. */
  markOnline: boolean
  /** A message this session sent, for whoever could not decrypt it and asks again. */
  getMessage: (key: WAMessageKey) => Promise<proto.IMessage | undefined>
  /**
   * Everything Baileys tells, in order, at the moment it tells it; messages when they are handled, with the stanza of
   * the inbox they came in. What it throws is logged, never passed on.
   */
  onEvents: (events: Partial<BaileysEventMap>, stanza: string | null) => void
  /** WhatsApp has our receipt of these stanzas. */
  onConfirmed: (deliveries: string[]) => void
  /** Resolves when everything told so far is stored: nothing leaves before. */
  stored: () => Promise<void>
  figures: Figures
  log: Logger
  /** How long may pass until the socket is open or shows a QR code. Default 60 s. */
  connectingMs?: number
}

/** One connection to WhatsApp, from its birth to its end. It never comes back: reconnecting makes another one. */
export type LiveSocket = {
  readonly baileys: WASocket
  /** True from the first attempt to close it. */
  readonly ended: boolean
  /** Resolves when Baileys has reported `close`. */
  readonly closed: Promise<void>
  /** Calls into Baileys so that its certificate check, queue and crashes know whose they are. */
  use<T>(work: (baileys: WASocket) => Promise<T>): Promise<T>
  /** Tells again what a stanza of the inbox said; `work` makes Baileys tell it. */
  retell(delivery: string, work: (baileys: WASocket) => Promise<void>): Promise<void>
  /** Says goodbye and closes; cuts after two seconds without an answer. */
  end(reason: Boom | undefined): void
  /** Cuts at once: not one more byte leaves. */
  cut(): void
}

/** A close handshake that a hung server never answers would take ws 30 s. */
const goodbyeMs = 2_000

/** Makes a socket and starts connecting. The only caller of `makeWASocket`. */
export function connect(deps: ConnectDeps): LiveSocket {
  const context: SocketContext = { sessionId: deps.sessionId, rootKey: rootKeyOf(deps.network) }
  return socketContext.run(context, () => makeSocket(deps, context))
}

function makeSocket(deps: ConnectDeps, context: SocketContext): LiveSocket {
  const { figures } = deps
  const journal = createJournal({
    recall: deps.auth.recall,
    tell,
    onConfirmed: deps.onConfirmed,
    figures,
  })
  const baileys = makeWASocket({
    ...(deps.network.url !== undefined && { waWebSocketUrl: deps.network.url }),
    version: deps.version,
    fetchAgent: uploadAgent(deps.network),
    auth: deps.auth.state,
    logger: baileysLog(deps.log, figures),
    makeSignalRepository: journal.makeRepository,
    markOnlineOnConnect: deps.markOnline,
    // Years of old messages are not what a gateway is for. The short history must come: it carries the LIDs.
    syncFullHistory: false,
    getMessage: deps.getMessage,
    cachedGroupMetadata: jid => groupMetadata(jid),
    // The store below retries by itself and never rejects; a second layer of retries would only hide that.
    transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 0 },
    // Below the 30 s a command may take, so that a caller hears of a silent server instead of running into its own limit.
    defaultQueryTimeoutMs: 20_000,
    ...cachesForBaileys(deps.caches),
  })
  let ended = false
  const { promise: closed, resolve: reportClosed } = Promise.withResolvers<void>()

  async function groupMetadata(jid: string): Promise<GroupMetadata | undefined> {
    const known = deps.caches.groups.get(jid)
    if (known) return known
    const asked = await baileys.groupMetadata(jid)
    if (asked) deps.caches.groups.set(jid, asked)
    return asked
  }

  const raw = rawSocketOf(baileys)
  gateOutput(raw, { stored: deps.stored, figures })
  journal.attach(baileys)
  const cut = () => {
    ended = true
    raw.terminate()
  }
  const end = (reason: Boom | undefined) => {
    if (!ended) setTimeout(cut, goodbyeMs).unref()
    ended = true
    void baileys.end(reason)
  }

  const watchdog = setTimeout(
    () => end(new Boom('no answer while connecting', { statusCode: DisconnectReason.timedOut })),
    deps.connectingMs ?? 60_000,
  )
  // A refused upgrade (a proxy's 403, say) is no event for Baileys: it would wait for ever. The status is the proxy's,
  // not WhatsApp's, so none of it is passed on.
  baileys.ws.on('unexpected-response', () =>
    end(
      new Boom('the server refused to upgrade to a WebSocket', {
        statusCode: DisconnectReason.unavailableService,
      }),
    ),
  )
  catchBrokenFrames(baileys, error => {
    deps.log.warn({ err: error }, 'a frame could not be read')
    end(new Boom('a frame could not be read', { statusCode: DisconnectReason.connectionClosed }))
  })
  tapEvents(baileys.ev, events => {
    const update = events['connection.update']
    if (update?.qr || update?.connection === 'open' || update?.connection === 'close') clearTimeout(watchdog)
    if (update?.connection === 'close') ended = true
    rememberGroups(deps.caches, events)
    if (update?.connection === 'close') journal.release()
    if (!journal.holds(events)) tell(events, null)
    if (update?.connection === 'close') reportClosed()
  })

  function tell(events: Partial<BaileysEventMap>, stanza: string | null): void {
    try {
      deps.onEvents(events, stanza)
    } catch (error) {
      deps.log.error({ err: error, events: Object.keys(events) }, 'handling an event of a socket failed')
    }
  }

  return {
    baileys,
    get ended() {
      return ended
    },
    closed,
    use: work => socketContext.run(context, () => work(baileys)),
    retell: (delivery, work) =>
      socketContext.run(context, () => journal.retell(baileys, delivery, () => work(baileys))),
    end,
    cut,
  }
}

/** Baileys makes it within `makeWASocket`. Without it nothing could be kept back, so that is a reason to fail. */
function rawSocketOf(baileys: WASocket): RawSocket {
  const { socket } = baileys.ws as unknown as { socket: RawSocket | null }
  if (typeof socket?.send !== 'function') throw new Error('this release of Baileys hides its WebSocket')
  return socket
}

/**
 * One frame that cannot be decrypted makes all that follow unreadable, since each counts. Baileys leaves that to be an
 * unhandled rejection and waits for its keep-alive to fail; here it ends the socket at once.
 */
function catchBrokenFrames(baileys: WASocket, onBroken: (error: unknown) => void): void {
  for (const read of baileys.ws.listeners('message') as ((data: unknown) => Promise<void>)[]) {
    baileys.ws.off('message', read)
    baileys.ws.on('message', (data: unknown) => void read(data).catch(onBroken))
  }
}

function cachesForBaileys({ groups: _, ...caches }: SocketCaches) {
  return caches
}

/** Who is in a group decides for whom a message is encrypted: any change means asking again at the next send. */
function rememberGroups(caches: SocketCaches, events: Partial<BaileysEventMap>): void {
  for (const group of events['groups.upsert'] ?? []) caches.groups.set(group.id, group)
  for (const group of events['groups.update'] ?? []) if (group.id) caches.groups.delete(group.id)
  const changed = events['group-participants.update']
  if (changed) caches.groups.delete(changed.id)
}

function rootKeyOf(network: Network): Buffer | null {
  if (network.rootKey === undefined) return null
  return Buffer.isBuffer(network.rootKey) ? network.rootKey : Buffer.from(network.rootKey, 'hex')
}

/** The version Baileys was released with: needs no network and was current then. */
export const bundledVersion: WAVersion = DEFAULT_CONNECTION_CONFIG.version
