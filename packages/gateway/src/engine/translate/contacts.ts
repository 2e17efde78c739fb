import type { EventDraft } from '@waxwing/events/event-id'
import type { Contact } from 'baileys'
import { bareJid, chatKind } from '../jid.ts'
import { present } from '../message/present.ts'
import { draft, type TranslationContext } from './context.ts'
import { known } from './key.ts'

/** People saved on the phone; after linking, everybody saved there before. Pure. */
export function translateContacts(contacts: Contact[], context: TranslationContext): EventDraft[] {
  return contacts.flatMap(contact => {
    if (chatKind(bareJid(contact.id)) !== 'personal') return []
    const who = known(contact.id, contact.lid === contact.id ? contact.phoneNumber : contact.lid, context)
    const { name, notify: pushName, verifiedName, username } = contact
    const data = { ...who, ...present({ name, pushName, verifiedName, username }) }
    return [draft('contacts.upsert', data, { at: context.now, chat: null, naturalKey: null }, context)]
  })
}

/**
 * New pictures. Those of groups are told from the stub message of the same change, names from the message that brings
 * them: both have an id and a time. Pure.
 */
export function translateContactUpdates(
  updates: Partial<Contact>[],
  context: TranslationContext,
): EventDraft[] {
  return updates.flatMap(({ id, imgUrl }) => {
    if (!id || (imgUrl !== 'changed' && imgUrl !== 'removed')) return []
    const fact = { at: context.now, chat: null, naturalKey: null }
    if (chatKind(bareJid(id)) !== 'personal') return []
    return [draft('contacts.update', { ...known(id, undefined, context), picture: imgUrl }, fact, context)]
  })
}
