import type { EventDraft } from '@waxwing/events/event-id'
import { proto, type WAMessage } from 'baileys'
import { isAddress } from '../jid.ts'
import { contentName, type ReadMessage, readMessage } from '../message/read.ts'
import type { Message } from '../message/text.ts'
import { draft, type Fact, secondsOf, type TranslationContext } from './context.ts'
import { translateDeed } from './deeds.ts'
import { translateGroupChange } from './group-changes.ts'
import { known, type MessageRef, messageRef, wireKey } from './key.ts'
import { withFile } from './media.ts'

const { StubType } = proto.WebMessageInfo

/** How Baileys hands messages over: `append` for what waited while we were offline, and for echoes of our own. */
export type Upsert = { messages: WAMessage[]; type: 'notify' | 'append' }

/** The events of a batch of messages. One that cannot be read is told as `unknown` and spoils no other. Pure. */
export function translateUpsert(upsert: Upsert, context: TranslationContext): EventDraft[] {
  return upsert.messages.flatMap(message => translateMessage(message, upsert.type, context))
}

function translateMessage(
  message: WAMessage,
  type: Upsert['type'],
  context: TranslationContext,
): EventDraft[] {
  const ref = messageRef(message.key, context)
  if (!ref) return []
  try {
    // Content that came wins over a stub which says it did not: the stub type is not even looked at.
    const read = readMessage(message.message)
    const said = read
      ? eventsOf(message, ref, read, type, context)
      : translateStub(message, ref, type, context)
    return [...said, ...translateDeed(message, ref, context)]
  } catch (error) {
    const field = contentName(message.message) ?? 'unreadable'
    context.onError(error, field)
    return eventsOf(
      message,
      ref,
      { body: '', content: { type: 'unknown', field }, context: {} },
      type,
      context,
    )
  }
}

/** A message without content: something happened in a group, or there is content that we may not, or cannot yet, see. */
function translateStub(
  message: WAMessage,
  ref: MessageRef,
  type: Upsert['type'],
  context: TranslationContext,
): EventDraft[] {
  if (message.message) return []
  if ((message.key as { isViewOnce?: boolean }).isViewOnce)
    return eventsOf(message, ref, { body: '', content: { type: 'view_once' }, context: {} }, type, context)
  if (message.messageStubType === StubType.CIPHERTEXT) return waiting(message, ref, context)
  return translateGroupChange(message, ref, context)
}

function waiting(message: WAMessage, ref: MessageRef, context: TranslationContext): EventDraft[] {
  if (ref.kind === 'status') return []
  const { messageId, from, fromMe, isGroup, participant } = ref
  const timestamp = secondsOf(message.messageTimestamp, context.now)
  const fact: Fact = { at: new Date(timestamp * 1000), chat: from, naturalKey: wireKey(message.key) }
  const pushName = !fromMe && message.pushName ? { pushName: message.pushName } : {}
  const data = { messageId, from, fromMe, isGroup, participant, timestamp, ...pushName }
  return [draft('message.waiting', data, fact, context)]
}

function eventsOf(
  message: WAMessage,
  ref: MessageRef,
  read: ReadMessage,
  type: Upsert['type'],
  context: TranslationContext,
): EventDraft[] {
  const data = dataOf(message, ref, read, type, context)
  const fact: Fact = {
    at: new Date(data.timestamp * 1000),
    chat: ref.from,
    naturalKey: wireKey(message.key),
  }
  const tell = (...types: MessageEvent[]) => types.map(name => draft(name, data, fact, context))

  if (ref.kind === 'status') return ref.fromMe || isReaction(read) ? [] : tell('status.received')
  if (isReaction(read)) return tell('messages.upsert')
  if (ref.fromMe) {
    const source = isEcho(message) ? ('api' as const) : ('phone' as const)
    return [
      ...tell('messages.upsert'),
      draft('message.sent', { ...data, to: ref.from, source }, fact, context),
    ]
  }
  return tell('messages.upsert', 'messages.received', ...twins[ref.kind])
}

type MessageEvent =
  | 'messages.received'
  | 'messages-personal.received'
  | 'messages-group.received'
  | 'messages-newsletter.received'
  | 'messages.upsert'
  | 'status.received'

/** The same news under the name of its kind of chat. */
const twins: Record<MessageRef['kind'], MessageEvent[]> = {
  personal: ['messages-personal.received'],
  broadcast: ['messages-personal.received'],
  group: ['messages-group.received'],
  newsletter: ['messages-newsletter.received'],
  status: [],
  other: [],
}

const isReaction = (read: ReadMessage) => read.content.type === 'reaction'

/** What this process sent is PENDING; what another device of the account sent has already reached the server. */
const isEcho = (message: WAMessage) => message.status === proto.WebMessageInfo.Status.PENDING

function dataOf(
  message: WAMessage,
  ref: MessageRef,
  read: ReadMessage,
  type: Upsert['type'],
  context: TranslationContext,
): Message {
  const { messageId, from, fromMe, isGroup, participant } = ref
  return {
    messageId,
    from,
    fromMe,
    isGroup,
    participant,
    body: read.body,
    timestamp: secondsOf(message.messageTimestamp, context.now),
    ...(!fromMe && message.pushName && { pushName: message.pushName }),
    ...referencesOf(read, context),
    ...(message.broadcast && ref.kind === 'broadcast' && { broadcast: true as const }),
    ...(type === 'append' && !isEcho(message) && { offline: true as const }),
    ...withFile(read.content, message.key, context),
  }
}

/** What the message points to: the one it answers, people, its own origin and end. */
function referencesOf({ context: info }: ReadMessage, context: TranslationContext) {
  const mentions = (info.mentionedJid ?? []).filter(isAddress).map(jid => known(jid, undefined, context))
  const quoted = quotedOf(info, context)
  return {
    ...(quoted && { quoted }),
    ...(mentions.length > 0 && { mentions }),
    ...(info.isForwarded && { forwarded: true as const }),
    ...(info.expiration && { ephemeralSeconds: info.expiration }),
  }
}

function quotedOf(info: proto.IContextInfo, context: TranslationContext): Message['quoted'] {
  if (!info.stanzaId) return undefined
  const read = readMessage(info.quotedMessage)
  return {
    messageId: info.stanzaId,
    ...(info.participant &&
      isAddress(info.participant) && { participant: known(info.participant, undefined, context) }),
    body: read?.body ?? '',
    type: read?.content.type ?? 'unknown',
  }
}
