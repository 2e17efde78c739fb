import type { WAMessageKey } from 'baileys'
import { bareJid, type ChatKind, chatKind, isLid, type Person, person } from '../jid.ts'
import type { TranslationContext } from './context.ts'

/** Which message, in our terms. */
export type MessageRef = {
  messageId: string
  /** The chat as an address to answer to. */
  from: string
  fromMe: boolean
  isGroup: boolean
  kind: ChatKind
  /** Who wrote it, or who reports about it. */
  participant: Person
}

/**
 * Reads Baileys' key. Traps: `participant` is `''` in personal chats; people come under either of their addresses,
 * the other one beside it or not at all; a message through a broadcast list is answered to its author.
 * Null when it names no message.
 */
export function messageRef(key: WAMessageKey, context: TranslationContext): MessageRef | null {
  if (!key.id || !key.remoteJid) return null
  const chat = bareJid(key.remoteJid)
  const kind = chatKind(chat)
  const fromMe = key.fromMe === true
  const personal = kind === 'personal' ? known(chat, key.remoteJidAlt, context) : null
  const author = key.participant ? known(key.participant, key.participantAlt, context) : null
  const participant = fromMe ? context.me : (author ?? personal ?? { jid: chat })
  const from = personal?.jid ?? (kind === 'broadcast' && !fromMe ? participant.jid : chat)
  return { messageId: key.id, from, fromMe, isGroup: kind === 'group', kind, participant }
}

/**
 * What makes a message the same message when it is told again, out of what WhatsApp wrote on it and nothing else: a
 * lookup may fail the first time and succeed the second, and would then make two facts of one.
 * Covered: every redelivery of a stanza, and a second telling under the other address if either names both. Not
 * covered: two tellings under different addresses of which one names only its own.
 */
export function wireKey(key: WAMessageKey): (string | boolean)[] {
  const author = key.participant ? wireAddress(key.participant, key.participantAlt) : ''
  return [wireAddress(key.remoteJid ?? '', key.remoteJidAlt), key.fromMe === true, key.id ?? '', author]
}

/** One form of two addresses of a person, whichever came first: the LID, which never changes with the number. */
export function wireAddress(jid: string, alt: string | null | undefined): string {
  return bareJid(!isLid(jid) && alt && isLid(alt) ? alt : jid)
}

/** A person by both addresses, as far as anybody told us. */
export function known(jid: string, alt: string | null | undefined, context: TranslationContext): Person {
  return person(jid, alt || context.otherAddress(bareJid(jid)))
}
