import type { EventDraft } from '@waxwing/events/event-id'
import type { BaileysEventMap } from 'baileys'
import { translateCalls } from './calls.ts'
import { translateContacts, translateContactUpdates } from './contacts.ts'
import type { TranslationContext } from './context.ts'
import { translateHistory } from './history.ts'
import { translateUpsert } from './messages.ts'
import {
  translateBlocklist,
  translateChatDeletions,
  translateChatUpdates,
  translateDeletionsForMe,
  translateLabel,
  translateLabelling,
} from './own-actions.ts'
import { translatePresence } from './presence.ts'
import { translateReceipts, translateUpdates } from './receipts.ts'

type Event = keyof BaileysEventMap
export type Translator<K extends Event> = (
  payload: BaileysEventMap[K],
  context: TranslationContext,
) => EventDraft[]
/** Silence is written down: why this event of Baileys becomes none of ours. */
export type Silent = { silent: string }

const silent = (reason: string): Silent => ({ silent: reason })

/**
 * Where Baileys meets the catalog. When Baileys adds an event the build fails here until somebody writes a translator
 * or a reason.
 */
export const translationTable = {
  'messages.upsert': translateUpsert,
  'messages.update': translateUpdates,
  'message-receipt.update': translateReceipts,
  call: translateCalls,
  'presence.update': translatePresence,
  'chats.update': translateChatUpdates,
  'chats.delete': translateChatDeletions,
  'messages.delete': translateDeletionsForMe,
  'labels.edit': translateLabel,
  'labels.association': translateLabelling,
  'blocklist.update': translateBlocklist,
  'contacts.upsert': translateContacts,
  'contacts.update': translateContactUpdates,
  'messaging-history.set': translateHistory,

  'connection.update': silent('read by the session itself, which tells session.status and qrcode.updated'),
  'creds.update': silent('private keys: kept by the auth state and never told'),
  'lid-mapping.update': silent('kept by Baileys; every person in every event carries both addresses already'),
  'messages.media-update': silent(
    'an answer of a phone that was asked for a file again: read by whoever asked',
  ),
  'messaging-history.status': silent(
    'a milestone of the history, meaningless without the counts of its batches',
  ),
  'newsletter.view': silent('a view counter that changes by the second on busy channels'),
  'newsletter-participants.update': silent(
    'about administrators of a channel; the catalog has no event for them',
  ),
  'newsletter-settings.update': silent('about the settings of a channel; the catalog has no event for them'),
  'newsletter.reaction': silent('an anonymous counter, where a reaction of the catalog is somebody’s'),
  'group.member-tag.update': silent('a label a member gave themselves; the catalog has no event for it'),
  'message-capping.update': silent(
    'how many new chats WhatsApp allows; belongs to the account, not to events',
  ),
  'settings.update': silent('settings of the app on the phone'),
  'chats.lock': silent('a chat hidden on the phone; nobody should learn of it through a webhook'),
  'blocklist.set': silent('typed by Baileys but never emitted'),

  'chats.upsert': silent('told for new groups alone, and from the stub message of the same change'),
  'messages.reaction': silent('told from the message that reacts, which has a time and both addresses'),
  'groups.upsert': silent(
    'kept by the intake, and told from the stub message of the same change, which has an id and a time',
  ),
  'groups.update': silent('told from the stub message of the same change, which has an id and a time'),
  'group-participants.update': silent(
    'told from the stub message of the same change, which has an id and a time',
  ),
  'group.join-request': silent('told from the stub message of the same change, which has an id and a time'),
} as const satisfies { [K in Event]: Translator<K> | Silent }

/** All events of the catalog that what Baileys tells amounts to. One that fails leaves the others alone. Pure. */
export function translate(events: Partial<BaileysEventMap>, context: TranslationContext): EventDraft[] {
  return Object.entries(events).flatMap(([name, payload]) => {
    const row = (translationTable as Record<string, Translator<never> | Silent | undefined>)[name]
    if (typeof row !== 'function') return []
    try {
      return row(payload as never, context)
    } catch (error) {
      context.onError(error, name)
      return []
    }
  })
}
