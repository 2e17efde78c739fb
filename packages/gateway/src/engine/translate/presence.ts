import type { EventData } from '@waxwing/events'
import type { EventDraft } from '@waxwing/events/event-id'
import type { BaileysEventMap, WAPresence } from 'baileys'
import { bareJid, chatKind } from '../jid.ts'
import { draft, type TranslationContext } from './context.ts'
import { known } from './key.ts'

const words: Record<WAPresence, EventData<'presence.update'>['presence']> = {
  available: 'online',
  unavailable: 'offline',
  composing: 'typing',
  recording: 'recording',
  // Whoever stops typing is there.
  paused: 'online',
}

/** What people can be seen doing. It has neither id nor time of its own, and nobody asks for it again. Pure. */
export function translatePresence(
  { id, presences }: BaileysEventMap['presence.update'],
  context: TranslationContext,
): EventDraft[] {
  return Object.entries(presences).map(([jid, { lastKnownPresence, lastSeen }]) => {
    const participant = known(jid, undefined, context)
    const isGroup = chatKind(id) === 'group'
    const from = isGroup ? bareJid(id) : participant.jid
    const lastSeenAt = lastSeen ? { lastSeenAt: new Date(lastSeen * 1000).toISOString() } : {}
    const data = { from, isGroup, participant, presence: words[lastKnownPresence], ...lastSeenAt }
    return draft('presence.update', data, { at: context.now, chat: from, naturalKey: null }, context)
  })
}
