import type { EventDraft } from '@waxwing/events/event-id'
import { proto, type WAMessage } from 'baileys'
import { bareJid } from '../jid.ts'
import { readMessage, unwrap } from '../message/read.ts'
import { draft, type Fact, secondsOf, type TranslationContext } from './context.ts'
import { type MessageRef, wireKey } from './key.ts'

const { REVOKE, MESSAGE_EDIT, EPHEMERAL_SETTING } = proto.Message.ProtocolMessage.Type

/**
 * What a message does to an earlier one: a reaction, an edit, a deletion for everyone. Baileys tells these once more as
 * `messages.reaction` and `messages.update`, without the time and the other addresses of whoever did it. Empty for
 * every other message. Pure.
 */
export function translateDeed(
  message: WAMessage,
  ref: MessageRef,
  context: TranslationContext,
): EventDraft[] {
  const content = unwrap(message.message)
  const timestamp = secondsOf(message.messageTimestamp, context.now)
  const fact: Fact = {
    at: new Date(timestamp * 1000),
    chat: ref.from,
    naturalKey: wireKey(message.key),
  }
  const told: Told = { ref, timestamp, fact, context }
  if (ref.kind === 'status') return []
  if (content?.reactionMessage) return reaction(content.reactionMessage, told)
  const deed = content?.protocolMessage
  if (deed?.type === MESSAGE_EDIT) return edit(deed, told)
  // Protobuf leaves out the type of a deletion, which is 0; many other fields of such a message mean keys.
  if (deed && (deed.type ?? REVOKE) === REVOKE && deed.key) return deletion(deed.key, told)
  if (deed?.type === EPHEMERAL_SETTING && ref.isGroup) return ephemeral(deed, told, message)
  return []
}

type Told = { ref: MessageRef; timestamp: number; fact: Fact; context: TranslationContext }
type Deed = proto.Message.IProtocolMessage

/** Baileys has turned the key to our point of view already. */
function reaction({ key, text }: proto.Message.IReactionMessage, told: Told): EventDraft[] {
  const { ref, timestamp, fact, context } = told
  if (!key?.id) return []
  const about = { messageId: key.id, from: ref.from, fromMe: key.fromMe === true, isGroup: ref.isGroup }
  const emoji = text ?? ''
  const data = { ...about, participant: ref.participant, emoji, removed: emoji === '', timestamp }
  return [draft('messages.reaction', data, fact, context)]
}

/** Only authors may edit. */
function edit({ key, editedMessage }: Deed, { ref, timestamp, fact, context }: Told): EventDraft[] {
  const read = readMessage(editedMessage)
  if (!key?.id || !read || !isOwn(key, ref)) return []
  const { from, fromMe, isGroup, participant } = ref
  const about = { messageId: key.id, from, fromMe, isGroup }
  const data = { ...about, participant, body: read.body, type: read.content.type, timestamp }
  return [draft('messages.edited', data, fact, context)]
}

/** Whether they mean a message of their own, as far as they say. Whoever wants to change ours would be believed else. */
function isOwn(key: proto.IMessageKey, { participant }: MessageRef): boolean {
  if (!key.participant) return key.fromMe !== false
  return [participant.jid, participant.lid].includes(bareJid(key.participant))
}

/** In a group an admin may delete what others wrote; the key is then written from the admin's point of view. */
function deletion(key: proto.IMessageKey, { ref, timestamp, fact, context }: Told): EventDraft[] {
  if (!key.id || (!ref.isGroup && !isOwn(key, ref))) return []
  const author = ref.isGroup && key.participant ? bareJid(key.participant) : null
  const fromMe = author ? [context.me.jid, context.me.lid].includes(author) : ref.fromMe
  const about = { messageId: key.id, from: ref.from, fromMe, isGroup: ref.isGroup }
  const data = { ...about, scope: 'everyone' as const, participant: ref.participant, timestamp }
  return [draft('messages.delete', data, fact, context)]
}

function ephemeral(deed: Deed, { ref, fact, context }: Told, message: WAMessage): EventDraft[] {
  const author = message.key.participant ? { author: ref.participant } : {}
  const data = { jid: ref.from, ephemeralSeconds: deed.ephemeralExpiration ?? 0, ...author }
  return [draft('groups.update', data, fact, context)]
}
