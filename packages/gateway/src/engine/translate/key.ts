import type { WAMessageKey } from 'baileys'
import { bareJid, type ChatKind, chatKind, type Person, person } from '../jid.ts'
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

/** A person by both addresses, as far as anybody told us. */
export function known(jid: string, alt: string | null | undefined, context: TranslationContext): Person {
  return person(jid, alt || context.otherAddress(bareJid(jid)))
}
