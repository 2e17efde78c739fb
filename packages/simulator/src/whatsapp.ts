import { randomBytes } from 'node:crypto'
import type { proto } from 'baileys'
import type { WebSocket } from 'ws'
import { type Channel, createChannel } from './channel.ts'
import { type Contact, createContact } from './contact.ts'
import { createGroup, type Group, type Member } from './group.ts'
import { createPhone, describe, type Phone } from './phone.ts'
import type { Account } from './server/account.ts'
import { acceptConnection } from './server/connection.ts'
import { listen } from './server/listener.ts'
import { leave, login } from './server/login.ts'
import { fileOf } from './server/media.ts'
import type { MediaHost } from './server/media-host.ts'
import { createNetwork, type Network } from './server/network.ts'
import { register } from './server/pair.ts'
import { forgetCodeRequest } from './server/pair-code.ts'
import { createRoom } from './server/room.ts'
import { handleStanza } from './server/stanzas.ts'
import type { Stanza } from './stanza.ts'
import { silenceLibsignal } from './wire/quiet.ts'

export type { Channel } from './channel.ts'
export type { Call, Contact, Receipt, ReceivedText } from './contact.ts'
export type { Chat, Deeds, Poll, TextOptions } from './deeds.ts'
export type { Group, Member } from './group.ts'
export type { EchoedText, Phone } from './phone.ts'
export type { MediaToSend } from './server/media.ts'
export type { MediaFault, MediaHost } from './server/media-host.ts'
export type { Stanza } from './stanza.ts'

/** Structurally a pino logger; the simulator says little and only at these levels. */
export type SimulatorLog = {
  debug(details: object, message: string): void
  warn(details: object, message: string): void
}

export type WhatsAppOptions = {
  /** Everything that must survive a restart (root key, contacts' and phones' identities, LIDs) is derived from it. Default: random. */
  rootSeed?: string
  /** 0 (default) takes a free port. */
  port?: number
  /** Default 127.0.0.1 */
  host?: string
  /**
   * Accept the login of a linked device this process has never seen (the simulator was restarted),
   * ask it for its keys and use it from then on. Default false: refused with failure 401.
   */
  adoptUnknownDevices?: boolean
  log?: SimulatorLog
}

/** A local WhatsApp network. */
export type WhatsApp = {
  /** `ws://host:port/ws/chat`, for Baileys' `waWebSocketUrl`. */
  readonly url: string
  /** The 32-byte public root key of the certificate chain, in hex. */
  readonly rootKey: string
  /** The phone with this number; the same object when asked again. A later name wins. */
  phone(o: { number: string; name?: string }): Phone
  /** The contact with this number; the same object when asked again. A later name wins. */
  contact(o: { number: string; name?: string }): Contact
  /** Makes a group; the first member made it and is its owner. Linked devices are not told before somebody speaks. */
  group(o: { subject: string; members: Member[] }): Group
  /** Where encrypted files lie, on the port of `url`. What goes wrong with downloads is a test's to choose. */
  readonly media: Pick<MediaHost, 'expire' | 'fail' | 'downloads' | 'mostAtOnce'> & {
    /** The file that came with a message, decrypted; undefined when it has none. */
    read(message: proto.IMessage): Promise<Buffer | undefined>
  }
  /** Makes a channel. */
  channel(): Channel
  /** From now on every WebSocket upgrade is answered with this HTTP status; null accepts again. */
  refuseUpgrade(status: number | null): void
  /** From now on (or, with false, no longer) the server neither reads nor sends; connections stay open. */
  hang(on?: boolean): void
  /** How many times a client refused a message (`<ack error>`). Baileys does so too after it has asked for one again. */
  readonly nacks: number
  /** How many times a client asked for a message again. */
  readonly retryReceipts: number
  /** What crossed the wire, oldest first, at most the newest 2,000. */
  readonly stanzas: readonly Stanza[]
  /** The first stanza, already seen or yet to come, that matches; rejects after `timeoutMs` (default 5 s). */
  saw(matches: (stanza: Stanza) => boolean, options?: { timeoutMs?: number }): Promise<Stanza>
  /** Cuts every connection and closes the port. May be called twice. */
  stop(): Promise<void>
}

const PATH = '/ws/chat'

/** Starts a network. Stop it, or its port stays open and the process alive. */
export async function startWhatsApp(options: WhatsAppOptions = {}): Promise<WhatsApp> {
  const { rootSeed = randomBytes(32).toString('hex'), port = 0, host = '127.0.0.1', log } = options
  silenceLibsignal()
  const network = createNetwork({
    rootSeed,
    adoptUnknownDevices: options.adoptUnknownDevices ?? false,
    warn: (details, message) => log?.warn(details, message),
  })
  network.stanzas.listen(({ direction, device, node: { tag, attrs } }) =>
    log?.debug({ direction, device, tag, attrs }, 'stanza'),
  )
  const listener = await listen({
    host,
    port,
    path: PATH,
    accept: socket => accept(network, socket),
    request: network.media.handle,
  })
  network.mediaHostname = `${host}:${listener.port}`
  const phones = new Map<string, Phone>()
  const contacts = new Map<string, Contact>()
  let channels = 0

  function person<T>(
    faces: Map<string, T>,
    o: { number: string; name?: string },
    create: (account: Account) => T,
  ): T {
    const account = network.account(o.number)
    if (o.name !== undefined) account.name = o.name
    const face = faces.get(o.number) ?? create(account)
    faces.set(o.number, face)
    return face
  }

  return {
    url: `ws://${host}:${listener.port}${PATH}`,
    rootKey: network.identity.rootKey.toString('hex'),
    phone: o => person(phones, o, account => createPhone(network, account)),
    contact: o => person(contacts, o, account => createContact(network, account)),
    group({ subject, members }) {
      const accounts = members.map(({ number }) => network.account(number))
      const room = createRoom(rootSeed, network.rooms.size, { subject, members: accounts })
      network.rooms.set(room.jid, room)
      return createGroup(network, room)
    },
    media: {
      expire: network.media.expire,
      fail: network.media.fail,
      read: message => fileOf(network.media, message),
      get downloads() {
        return network.media.downloads
      },
      get mostAtOnce() {
        return network.media.mostAtOnce
      },
    },
    channel() {
      channels += 1
      return createChannel(network, `12036300000000${String(channels).padStart(4, '0')}@newsletter`)
    },
    refuseUpgrade: listener.refuse,
    hang(on = true) {
      network.hung = on
      for (const connection of network.connections) on ? connection.pause() : connection.resume()
    },
    get nacks() {
      return network.nacks
    },
    get retryReceipts() {
      return network.retryReceipts
    },
    get stanzas() {
      return network.stanzas.all
    },
    saw: (matches, { timeoutMs = 5_000 } = {}) =>
      network.stanzas.wait(matches, {
        timeoutMs,
        what: () => `a stanza; the last were ${describe(network.stanzas.all)}`,
      }),
    async stop() {
      for (const connection of network.connections) connection.cut()
      await listener.close()
    },
  }
}

function accept(network: Network, socket: WebSocket): void {
  acceptConnection(network, socket, {
    hello: (connection, payload) =>
      payload.devicePairingData?.eIdent ? register(connection, payload) : login(network, connection, payload),
    stanza: (connection, stanza) => handleStanza(network, connection, stanza),
    closed(connection) {
      leave(connection)
      forgetCodeRequest(network, connection)
    },
  })
}
