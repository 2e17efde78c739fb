import { randomBytes } from 'node:crypto'
import { proto } from 'baileys'
import type { Account } from './server/account.ts'
import { addressIn, keyOf, placeAt, seenMessage, sendTo } from './server/chat.ts'
import type { Network } from './server/network.ts'
import { sealVote } from './wire/poll-vote.ts'

const { MESSAGE_EDIT, REVOKE, EPHEMERAL_SETTING } = proto.Message.ProtocolMessage.Type

/** A person or a group, by what a deed needs of it. */
export type Chat = { readonly jid: string }

/** What a text refers to, and how it is meant. */
export type TextOptions = {
  /** The id of the message that this one answers. */
  quote?: string
  /** People mentioned with @ in the text. */
  mentions?: { jid: string; lid: string }[]
  forwarded?: boolean
  /** The message disappears this many seconds later. */
  ephemeralSeconds?: number
  viewOnce?: boolean
}

export type Poll = { question: string; options: string[]; selectableCount?: number }

/** What whoever has a phone can do with messages. All resolve when the server has sent them, or queued them while no device is connected. */
export type Deeds = {
  /** Writes to a person or in a group. */
  write(chat: Chat, text: string, options?: TextOptions): Promise<{ id: string }>
  /** `''` takes the reaction back. */
  react(chat: Chat, messageId: string, emoji: string): Promise<{ id: string }>
  edit(chat: Chat, messageId: string, text: string): Promise<{ id: string }>
  /** Deletes a message for everyone. */
  revoke(chat: Chat, messageId: string): Promise<{ id: string }>
  createPoll(chat: Chat, poll: Poll): Promise<{ id: string }>
  /**
   * Votes for these options, instead of what was chosen before; none takes the vote back. `as`: by which addresses the
   * vote is sealed, where the chat's own are not wanted. Clients mix them while a chat moves from numbers to LIDs.
   */
  vote(
    chat: Chat,
    pollId: string,
    options: string[],
    as?: { creator?: 'pn' | 'lid'; voter?: 'pn' | 'lid' },
  ): Promise<{ id: string }>
  sendLocation(chat: Chat, place: proto.Message.ILocationMessage): Promise<{ id: string }>
  /** Shares a contact card. */
  sendContact(chat: Chat, card: { name: string; number: string }): Promise<{ id: string }>
  /** Sets how long messages of a personal chat stay; 0 for ever. */
  setEphemeral(chat: Chat, seconds: number): Promise<{ id: string }>
  /** Any message as WhatsApp's own clients write it. */
  sendAny(chat: Chat, message: proto.IMessage): Promise<{ id: string }>
}

export function createDeeds(network: Network, account: Account): Deeds {
  const send = async (chat: Chat, message: proto.IMessage) => ({
    id: await sendTo(account, placeAt(network, chat.jid), message),
  })
  const key = (chat: Chat, id: string) => keyOf(placeAt(network, chat.jid), account, seenMessage(network, id))

  return {
    sendAny: send,
    write: (chat, text, options) => send(chat, textMessage(network, account, chat, text, options)),
    react: (chat, id, text) =>
      send(chat, { reactionMessage: { key: key(chat, id), text, senderTimestampMs: Date.now() } }),
    edit: (chat, id, text) =>
      send(chat, {
        protocolMessage: {
          type: MESSAGE_EDIT,
          key: key(chat, id),
          editedMessage: { conversation: text },
          timestampMs: Date.now(),
        },
      }),
    revoke: (chat, id) => send(chat, { protocolMessage: { type: REVOKE, key: key(chat, id) } }),
    createPoll: (chat, poll) => send(chat, pollMessage(poll)),
    vote(chat, pollId, options, as = {}) {
      const place = placeAt(network, chat.jid)
      const poll = seenMessage(network, pollId)
      const secret = poll.message.messageContextInfo?.messageSecret
      if (!secret) throw new Error(`${pollId} is no poll`)
      const address = (who: Account, kind?: 'pn' | 'lid') =>
        kind ? (kind === 'lid' ? who.lid : who.jid) : addressIn(place, account, who)
      const [creator, voter] = [address(poll.author, as.creator), address(account, as.voter)]
      const vote = sealVote(secret, { pollId, creator, voter }, options)
      const pollCreationMessageKey = keyOf(place, account, poll)
      return send(chat, {
        pollUpdateMessage: { pollCreationMessageKey, vote, senderTimestampMs: Date.now() },
      })
    },
    sendLocation: (chat, locationMessage) => send(chat, { locationMessage }),
    sendContact: (chat, { name, number }) =>
      send(chat, { contactMessage: { displayName: name, vcard: vcardOf(name, number) } }),
    setEphemeral: (chat, ephemeralExpiration) =>
      send(chat, { protocolMessage: { type: EPHEMERAL_SETTING, ephemeralExpiration } }),
  }
}

function textMessage(
  network: Network,
  account: Account,
  chat: Chat,
  text: string,
  options: TextOptions = {},
): proto.IMessage {
  const { quote, mentions, forwarded, ephemeralSeconds, viewOnce } = options
  if (!quote && !mentions && !forwarded && !ephemeralSeconds && !viewOnce) return { conversation: text }
  const place = placeAt(network, chat.jid)
  const quoted = quote === undefined ? undefined : seenMessage(network, quote)
  const contextInfo: proto.IContextInfo = {
    ...(quoted && {
      stanzaId: quoted.id,
      participant: addressIn(place, account, quoted.author),
      quotedMessage: quoted.message,
    }),
    ...(mentions && { mentionedJid: mentions.map(each => (place.room ? each.lid : each.jid)) }),
    ...(forwarded && { isForwarded: true, forwardingScore: 1 }),
    ...(ephemeralSeconds && { expiration: ephemeralSeconds }),
  }
  const message: proto.IMessage = { extendedTextMessage: { text, contextInfo } }
  if (viewOnce) return { viewOnceMessageV2: { message } }
  return ephemeralSeconds ? { ephemeralMessage: { message } } : message
}

function pollMessage({ question, options, selectableCount = 1 }: Poll): proto.IMessage {
  return {
    messageContextInfo: { messageSecret: randomBytes(32) },
    pollCreationMessageV3: {
      name: question,
      options: options.map(optionName => ({ optionName })),
      selectableOptionsCount: selectableCount,
    },
  }
}

function vcardOf(name: string, number: string): string {
  const phone = `TEL;type=CELL;waid=${number}:+${number}`
  return ['BEGIN:VCARD', 'VERSION:3.0', `FN:${name}`, phone, 'END:VCARD'].join('\n')
}
