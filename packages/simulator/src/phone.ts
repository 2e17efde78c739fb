import type { Contact } from './contact.ts'
import { createDeeds, type Deeds } from './deeds.ts'
import type { Group } from './group.ts'
import { createPhoneApp, type PhoneApp } from './phone-app.ts'
import { type Account, onlineCompanions } from './server/account.ts'
import { isOnline, replaceConnection, unlink } from './server/login.ts'
import type { Network } from './server/network.ts'
import { findByQr, link } from './server/pair.ts'
import { linkByCode } from './server/pair-code.ts'
import { answerResends } from './server/resend.ts'
import { sendToRoom } from './server/room-send.ts'
import { sendMessage } from './server/send.ts'
import type { Stanza } from './stanza.ts'
import { node } from './wire/nodes.ts'

/** A text written on a linked device, as it shows up on the owner's phone. `to` is the other side's number, or the address of a group. */
export type EchoedText = { id: string; to: string; text: string }

/** The phone that owns an account: it links clients, types messages, and takes the links away. */
export type Phone = Deeds &
  PhoneApp & {
    /** Digits only, country code first. */
    readonly number: string
    /** `<number>@s.whatsapp.net` */
    readonly jid: string
    /** `<digits>@lid`, the same for the same rootSeed and number. */
    readonly lid: string
    readonly name: string
    /** Which of its two addresses the peer's devices see in `from`. */
    addressing: 'pn' | 'lid'
    /** Reads the QR text a client shows and links it. Resolves when the client has signed and was told to reconnect. */
    scan(qr: string): Promise<void>
    /** Resolves when a client has asked to be linked to this number by code; rejects after `timeoutMs` (default 10 s). */
    pendingPairing(options?: { timeoutMs?: number }): Promise<void>
    /** Types the eight characters a client shows. Waits for the request like `pendingPairing`, then links. */
    enterCode(code: string): Promise<void>
    /** Types a text on the phone itself: linked devices see it as sent from elsewhere. */
    say(to: Contact | Phone, text: string): Promise<{ id: string }>
    /** Types a text on the phone itself, in a group the account is in. */
    sayIn(group: Group, text: string): Promise<{ id: string }>
    /** Texts sent from linked devices, as the phone received its copy of them (the newest 1,000). */
    readonly echoes: readonly EchoedText[]
    /** Unlinks every device: connected ones hear 401 at once, the others at their next login. */
    logOut(): Promise<void>
    /** Cuts the sockets of all linked devices without a word (clients report 428). */
    drop(): Promise<void>
    /** The next login of a device of this account is refused with `<failure reason="code">`. */
    failNext(code: number, attrs?: Record<string, string>): void
    /** The next message a linked device sends is refused by the server with this error (463, 479 …). */
    rejectNextMessage(code: number): void
    /** Ends the live streams of all linked devices with `<stream:error code>`: 515 restart, 503 unavailable, 500 … */
    endStream(code: number): Promise<void>
    /** What happens when another client logs in with the same keys (clients report 440). */
    replaceSession(): Promise<void>
    /** Flips a bit of the next frame the server sends to a device of this account. */
    corruptNextFrame(): void
    /** True while at least one linked device is logged in. */
    readonly online: boolean
    /** Resolves when a linked device is logged in; rejects after `timeoutMs` (default 10 s). */
    whenOnline(options?: { timeoutMs?: number }): Promise<void>
    /** Resolves when no linked device is connected; rejects after `timeoutMs` (default 10 s). */
    whenOffline(options?: { timeoutMs?: number }): Promise<void>
    /** Device indices linked to this account now. */
    readonly devices: readonly number[]
    /** False is a phone that is away: its linked devices' requests for messages they could not open wait until it is true again. */
    answersResends: boolean
    /** The next `n` messages for this account's devices cannot be opened there; see `Contact.undecryptableNext`. */
    undecryptableNext(n: number): void
    /** Ids of what waits for this account's devices, in order; a message for two devices stands here twice. */
    readonly waiting: readonly string[]
    /**
     * Ids of messages that a device has taken over (by a receipt or an acknowledgement without an error), the newest 100,000.
     * The server never sends them again, so whoever said so must not lose them.
     */
    readonly acknowledged: ReadonlySet<string>
    hasReceipt(id: string): boolean
    /** Ids of messages a device refused (a NACK) and has not taken over since, the newest 100,000: the server has forgotten them. */
    readonly nacked: ReadonlySet<string>
    /** How many stanzas wait for this account's devices, sent and not yet acknowledged ones included. */
    readonly pending: number
    /** Resolves when nothing waits for this account's devices; rejects after `timeoutMs` (default 10 s). */
    whenAcknowledged(options?: { timeoutMs?: number }): Promise<void>
    /** The stanzas of this account's devices, oldest first; see `WhatsApp.stanzas`. */
    readonly stanzas: readonly Stanza[]
    saw(matches: (stanza: Stanza) => boolean, options?: { timeoutMs?: number }): Promise<Stanza>
  }

const WAIT_MS = 10_000

export function createPhone(network: Network, account: Account): Phone {
  const { bell } = account
  const connections = () => onlineCompanions(account).flatMap(({ connection }) => connection ?? [])
  const waiting = () => [...account.companions.values()].flatMap(({ outbox }) => outbox.waiting)
  const own = (stanza: Stanza) => stanza.device?.number === account.number
  const codeRequest = (timeoutMs: number) =>
    bell.until(() => account.codeRequest ?? undefined, {
      timeoutMs,
      what: () => `a client that asks to be linked to ${account.number} by code`,
    })
  const whenGone = (timeoutMs = WAIT_MS) =>
    bell.until(() => (isOnline(account) ? undefined : true), {
      timeoutMs,
      what: () =>
        `the devices of ${account.number} to go; ${onlineCompanions(account).map(each => each.index)} are connected`,
    })

  const phone: Phone = {
    ...createDeeds(network, account),
    ...createPhoneApp(network, account),
    number: account.number,
    jid: account.jid,
    lid: account.lid,
    get name() {
      return account.name
    },
    get addressing() {
      return account.addressing
    },
    set addressing(mode) {
      account.addressing = mode
    },
    async scan(qr) {
      const { connection, advSecret } = findByQr(network, qr)
      await link(connection, account, advSecret)
    },
    pendingPairing: async ({ timeoutMs = WAIT_MS } = {}) => void (await codeRequest(timeoutMs)),
    async enterCode(code) {
      const request = await codeRequest(WAIT_MS)
      account.codeRequest = null
      // Shown in two groups of four; people type what they see.
      await linkByCode(account, request, code.replace(/[^0-9a-z]/gi, '').toUpperCase())
    },
    say: async (to, text) => ({
      id: await sendMessage(account, network.account(to.number), { conversation: text }),
    }),
    sayIn: async (group, text) => ({
      id: await sendToRoom(network.room(group.jid), account, { conversation: text }),
    }),
    get echoes() {
      return account.echoes.all
    },
    async logOut() {
      unlink(account, account.companions.values())
    },
    async drop() {
      for (const connection of connections()) connection.cut()
      await whenGone()
    },
    failNext(code, attrs = {}) {
      account.nextFailure = { ...attrs, reason: String(code) }
    },
    rejectNextMessage(code) {
      account.rejectNext = code
    },
    async endStream(code) {
      for (const connection of connections()) connection.end(node('stream:error', { code: String(code) }))
      await whenGone()
    },
    async replaceSession() {
      for (const connection of connections()) replaceConnection(connection)
      await whenGone()
    },
    corruptNextFrame() {
      account.corruptNext = true
    },
    get online() {
      return isOnline(account)
    },
    whenOnline: async ({ timeoutMs = WAIT_MS } = {}) =>
      void (await bell.until(() => isOnline(account) || undefined, {
        timeoutMs,
        what: () => `a device of ${account.number} to log in; ${account.companions.size} are linked`,
      })),
    whenOffline: async ({ timeoutMs } = {}) => void (await whenGone(timeoutMs)),
    get devices() {
      return [...account.companions.keys()]
    },
    get answersResends() {
      return account.answersResends
    },
    set answersResends(on) {
      answerResends(account, on)
    },
    undecryptableNext(n) {
      account.spoiling.received = n
    },
    get waiting() {
      return waiting().map(each => each.id)
    },
    acknowledged: account.acknowledged,
    hasReceipt: id => account.acknowledged.has(id),
    nacked: account.nacked,
    get pending() {
      return waiting().length
    },
    whenAcknowledged: async ({ timeoutMs = WAIT_MS } = {}) =>
      void (await bell.until(() => waiting().length === 0 || undefined, {
        timeoutMs,
        what: () =>
          `the devices of ${account.number} to acknowledge ${waiting().map(each => `${each.tag} ${each.id}`)}`,
      })),
    get stanzas() {
      return network.stanzas.all.filter(own)
    },
    saw: (matches, { timeoutMs = WAIT_MS } = {}) =>
      network.stanzas.wait(stanza => own(stanza) && matches(stanza), {
        timeoutMs,
        what: () => `a stanza of ${account.number}; the last were ${describe(phone.stanzas)}`,
      }),
  }
  return phone
}

/** The newest stanzas in a line, for errors. */
export function describe(stanzas: readonly Stanza[]): string {
  return stanzas
    .slice(-8)
    .map(({ direction, node: { tag, attrs } }) => `${direction} <${tag} ${JSON.stringify(attrs)}>`)
    .join(', ')
}
