import type { EventData } from '@waxwing/events'
import type { EventDraft } from '@waxwing/events/event-id'
import { type BaileysEventMap, proto } from 'baileys'
import { draft, type TranslationContext } from './context.ts'

const { HistorySyncType } = proto.HistorySync

const kinds: Readonly<Record<number, EventData<'history.sync'>['kind']>> = {
  [HistorySyncType.INITIAL_BOOTSTRAP]: 'initial',
  [HistorySyncType.RECENT]: 'recent',
  [HistorySyncType.FULL]: 'full',
  [HistorySyncType.PUSH_NAME]: 'push_names',
  [HistorySyncType.ON_DEMAND]: 'on_demand',
}

/** How much of the past came, never what. Pure. */
export function translateHistory(
  { syncType, progress, chats, contacts, messages }: BaileysEventMap['messaging-history.set'],
  context: TranslationContext,
): EventDraft[] {
  const percent = typeof progress === 'number' ? Math.min(100, Math.max(0, progress)) : null
  const data = {
    kind: kinds[syncType ?? -1] ?? ('other' as const),
    progress: percent,
    chats: chats.length,
    contacts: contacts.length,
    messages: messages.length,
    complete: percent === 100,
  }
  return [draft('history.sync', data, { at: context.now, chat: null, naturalKey: null }, context)]
}
