import type { EventData } from '@waxwing/events'
import type { EventDraft } from '@waxwing/events/event-id'
import type { BaileysEventMap, ChatUpdate } from 'baileys'
import { bareJid, chatKind } from '../jid.ts'
import { numberOf } from '../message/wire-number.ts'
import { draft, type TranslationContext } from './context.ts'
import { known, messageRef, wireKey } from './key.ts'

/**
 * What the owner does on another device of the account: WhatsApp tells it through the shared state of the app, by
 * which time it has neither an id nor a time of its own. One change is told once; after a crash it may be told again.
 */
const unnamed = (chat: string, context: TranslationContext) => ({ at: context.now, chat, naturalKey: null })

type Chat = EventData<'chats.update'>
type Identity = Pick<Chat, 'jid' | 'lid' | 'phone' | 'kind'>

/** Null for what is no chat in the owner's list. */
function chatOf(jid: string | null | undefined, context: TranslationContext): Identity | null {
  const kind = chatKind(bareJid(jid ?? ''))
  if (!jid || kind === 'other' || kind === 'status') return null
  return { ...(kind === 'personal' ? known(jid, undefined, context) : { jid: bareJid(jid) }), kind }
}

/** Muted, pinned, archived, read, marked as unread. Pure. */
export function translateChatUpdates(updates: ChatUpdate[], context: TranslationContext): EventDraft[] {
  return updates.flatMap(update => {
    const chat = chatOf(update.id, context)
    // The condition stands on what is replayed after linking: the state of old, which is no news.
    const change = update.conditional ? {} : changeOf(update)
    if (!chat || Object.keys(change).length === 0) return []
    return [draft('chats.update', { ...chat, ...change }, unnamed(chat.jid, context), context)]
  })
}

/**
 * Empty for an update that comes with a message: its count is a difference, and the message is told as such. With every
 * message Baileys also takes the chat out of the archive, which names `readOnly` as the owner's own doing does not.
 */
function changeOf(update: ChatUpdate): Partial<Chat> {
  const { muteEndTime, pinned, unreadCount } = update
  const archived = 'readOnly' in update ? undefined : update.archived
  return {
    ...(muteEndTime !== undefined && { mutedUntil: mutedUntil(numberOf(muteEndTime)) }),
    ...(typeof archived === 'boolean' && { archived }),
    ...(pinned !== undefined && { pinned: pinned !== null }),
    ...(unreadCount === 0 && { unreadCount, markedUnread: false }),
    ...(unreadCount === -1 && { markedUnread: true }),
  }
}

/** Milliseconds; -1 is for ever, for which a time long after all of us has to do. */
function mutedUntil(end: number | undefined): string | null {
  if (end === undefined) return null
  return new Date(end > 0 ? end : Date.UTC(9999, 0)).toISOString()
}

/** Chats taken off the list. Pure. */
export function translateChatDeletions(jids: string[], context: TranslationContext): EventDraft[] {
  return jids.flatMap(jid => {
    const chat = chatOf(jid, context)
    return chat ? [draft('chats.delete', chat, unnamed(chat.jid, context), context)] : []
  })
}

/** Messages deleted for this account alone. Pure. */
export function translateDeletionsForMe(
  deleted: BaileysEventMap['messages.delete'],
  context: TranslationContext,
): EventDraft[] {
  const keys = 'keys' in deleted ? deleted.keys : []
  return keys.flatMap(key => {
    const ref = messageRef(key, context)
    if (!ref) return []
    const { messageId, from, fromMe, isGroup } = ref
    const timestamp = Math.floor(context.now.getTime() / 1000)
    const about = { messageId, from, fromMe, isGroup, scope: 'me' as const }
    const fact = { ...unnamed(from, context), naturalKey: [...wireKey(key), 'me'] }
    return [draft('messages.delete', { ...about, participant: context.me, timestamp }, fact, context)]
  })
}

/** Labels of a business made, renamed, recoloured, deleted. Pure. */
export function translateLabel(
  { id, name, color, deleted }: BaileysEventMap['labels.edit'],
  context: TranslationContext,
): EventDraft[] {
  const data = { labelId: id, name: name ?? '', color: color ?? 0, deleted: deleted === true }
  return [draft('labels.edit', data, { ...unnamed('', context), chat: null }, context)]
}

/** Labels put on chats and messages, and taken off. Pure. */
export function translateLabelling(
  { type, association }: BaileysEventMap['labels.association'],
  context: TranslationContext,
): EventDraft[] {
  const chat = chatOf(association.chatId, context)
  if (!chat) return []
  const message = 'messageId' in association ? { messageId: association.messageId } : {}
  const data = { action: type, labelId: association.labelId, from: chat.jid, ...message }
  return [draft('labels.association', data, unnamed(chat.jid, context), context)]
}

/** People blocked and unblocked. Pure. */
export function translateBlocklist(
  { blocklist, type }: BaileysEventMap['blocklist.update'],
  context: TranslationContext,
): EventDraft[] {
  const contacts = blocklist.map(jid => known(jid, undefined, context))
  if (contacts.length === 0) return []
  return [
    draft('blocklist.update', { action: type, contacts }, { ...unnamed('', context), chat: null }, context),
  ]
}
