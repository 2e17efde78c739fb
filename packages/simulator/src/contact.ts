import type { proto } from 'baileys'
import { type Chat, createDeeds, type Deeds } from './deeds.ts'
import type { Group } from './group.ts'
import type { Phone } from './phone.ts'
import type { Account } from './server/account.ts'
import { ring } from './server/call.ts'
import { placeAt } from './server/chat.ts'
import { type MediaToSend, mediaMessage } from './server/media.ts'
import type { Network } from './server/network.ts'
import { pushNotice } from './server/notice.ts'
import { showDoing, showPresence } from './server/presence.ts'
import { pushReceipt } from './server/receipt.ts'
import { sendToRoom } from './server/room-send.ts'
import { createMessageId, pushUnavailable, sendMessage } from './server/send.ts'
import { postStatus } from './server/status.ts'
import { node, seconds } from './wire/nodes.ts'

/** A message as its receiver read it, decrypted. `from` is the sender's number; `text` is empty for what is no text, `group` the address of the group it was said in. */
export type ReceivedText = {
  id: string
  from: string
  text: string
  message: proto.IMessage
  group?: string
}

/** What the other side reported about one message this contact sent. */
export type Receipt = {
  id: string
  from: string
  type: 'delivered' | 'inactive' | 'read' | 'played' | 'retry'
}

/** A call that rings on somebody's linked devices. */
export type Call = {
  readonly id: string
  /** The caller gives up; `timeout` when nobody took it for as long as it may ring (Baileys then says so). */
  hangUp(o?: { reason?: 'timeout' }): Promise<void>
  /** Resolves when a linked device has turned it down; rejects after `timeoutMs` (default 10 s). */
  whenRejected(options?: { timeoutMs?: number }): Promise<void>
}

/** Somebody else on the network: a real Signal device with a number, moved by a test or a script. */
export type Contact = Deeds & {
  /** Digits only, country code first. */
  readonly number: string
  /** `<number>@s.whatsapp.net` */
  readonly jid: string
  /** `<digits>@lid`, the same for the same rootSeed and number. */
  readonly lid: string
  readonly name: string
  /** Which of its two addresses the contact's stanzas carry in `from`; the other one is always told as well. */
  addressing: 'pn' | 'lid'
  /** Resolves when the server has sent the text, or queued it while no device is connected. */
  say(to: Phone, text: string): Promise<{ id: string }>
  /** Sends a file to a person or a group, truly encrypted and uploaded, as the app would; resolves like `say`. */
  sendMedia(to: Phone | Group, media: MediaToSend): Promise<{ id: string }>
  /** Says it in a group this contact is in; resolves like `say`. */
  sayIn(group: Group, text: string): Promise<{ id: string }>
  /** Posts a status (a story) that these phones see. */
  postStatus(text: string, seenBy: Phone[]): Promise<{ id: string }>
  /** Sends something to be seen once, which WhatsApp gives to phones alone: linked devices hear only that it is there. */
  sendForPhoneOnly(to: Phone): Promise<{ id: string }>
  /** Takes another picture of themselves, of which these phones hear. */
  changePicture(seenBy: Phone[]): Promise<void>
  /** Is seen typing, or recording a voice note, by whoever of the chat is connected now. */
  type(chat: Chat): void
  record(chat: Chat): void
  /** Stops typing or recording. */
  pause(chat: Chat): void
  /** Is seen online, or gone since `lastSeen`, which people may hide. */
  goOnline(seenBy: Phone): void
  goOffline(seenBy: Phone, o?: { lastSeen?: Date }): void
  /** Resolves when the linked devices ring, or will hear of it at their next login. */
  call(to: Phone, o?: { video?: boolean }): Promise<Call>
  /**
   * The next `n` messages this contact says cannot be opened by the linked devices they reach, and the contact does not
   * answer when it is asked for them again: only the phone can give them.
   */
  undecryptableNext(n: number): void
  /** Every text that reached this contact, oldest first (the newest 1,000). */
  readonly received: readonly ReceivedText[]
  /** The first text, already here or yet to come, that matches; rejects after `timeoutMs` (default 10 s). */
  waitForMessage(
    match?: (message: ReceivedText) => boolean,
    options?: { timeoutMs?: number },
  ): Promise<ReceivedText>
  /** Called with every text from now on; returns the function that stops it. */
  onMessage(handler: (message: ReceivedText) => void): () => void
  /** Tells the sender that the message has arrived at this contact's phone. */
  deliver(messageId: string): Promise<void>
  /** Tells the sender that the message has been read. */
  read(messageId: string): Promise<void>
  /** Tells the sender that the voice note has been listened to. */
  play(messageId: string): Promise<void>
  /** What clients reported about this contact's messages, oldest first (the newest 1,000). */
  readonly receipts: readonly Receipt[]
  waitForReceipt(match?: (receipt: Receipt) => boolean, options?: { timeoutMs?: number }): Promise<Receipt>
}

const WAIT_MS = 10_000

export function createContact(network: Network, account: Account): Contact {
  const receipt = async (id: string, type?: 'read' | 'played') => {
    const message = account.received.all.find(each => each.id === id)
    if (!message) throw new Error(`${account.number} has received no message ${id}`)
    await pushReceipt(
      account,
      network.account(message.from),
      id,
      type,
      network.rooms.get(message.group ?? ''),
    )
  }
  return {
    ...createDeeds(network, account),
    postStatus: async (text, seenBy) => ({
      id: await postStatus(
        account,
        seenBy.map(({ number }) => network.account(number)),
        { extendedTextMessage: { text } },
      ),
    }),
    async sendForPhoneOnly({ number }) {
      const id = createMessageId()
      await pushUnavailable(account, network.account(number), id)
      return { id }
    },
    async changePicture(seenBy) {
      const attrs = { from: account.jid, type: 'picture', id: createMessageId(), t: seconds() }
      const notice = node('notification', attrs, [node('set', { jid: account.jid, id: attrs.t })])
      const devices = seenBy.flatMap(({ number }) => [...network.account(number).companions.values()])
      await pushNotice(devices, notice)
    },
    type: chat => showDoing(account, placeAt(network, chat.jid), 'typing'),
    record: chat => showDoing(account, placeAt(network, chat.jid), 'recording'),
    pause: chat => showDoing(account, placeAt(network, chat.jid), 'paused'),
    goOnline: by => showPresence(account, network.account(by.number), { online: true }),
    goOffline: (by, o) => showPresence(account, network.account(by.number), { online: false, ...o }),
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
    say: async (to, text) => ({
      id: await sendMessage(account, network.account(to.number), { conversation: text }),
    }),
    async sendMedia(to, media) {
      const message = await mediaMessage(network.media, media)
      const id =
        'number' in to
          ? await sendMessage(account, network.account(to.number), message)
          : await sendToRoom(network.room(to.jid), account, message)
      return { id }
    },
    sayIn: async (group, text) => ({
      id: await sendToRoom(network.room(group.jid), account, { conversation: text }),
    }),
    async call(to, { video = false } = {}) {
      const { id, end } = await ring(account, network.account(to.number), { video })
      return {
        id,
        hangUp: ({ reason } = {}) => end(reason),
        whenRejected: async ({ timeoutMs = WAIT_MS } = {}) =>
          void (await account.rejections.wait(each => each.id === id, {
            timeoutMs,
            what: () => `somebody to turn down call ${id}`,
          })),
      }
    },
    undecryptableNext(n) {
      account.spoiling.sent = n
    },
    get received() {
      return account.received.all
    },
    waitForMessage: (match = () => true, { timeoutMs = WAIT_MS } = {}) =>
      account.received.wait(match, {
        timeoutMs,
        what: () =>
          `a message to ${account.number}; it has ${JSON.stringify(account.received.all.map(each => each.text))}`,
      }),
    onMessage: handler => account.received.listen(handler),
    deliver: id => receipt(id),
    read: id => receipt(id, 'read'),
    play: id => receipt(id, 'played'),
    get receipts() {
      return account.receipts.all
    },
    waitForReceipt: (match = () => true, { timeoutMs = WAIT_MS } = {}) =>
      account.receipts.wait(match, {
        timeoutMs,
        what: () => `a receipt for ${account.number}; it has ${JSON.stringify(account.receipts.all)}`,
      }),
  }
}
