import type { EventDraft } from '@waxwing/events/event-id'
import type { WACallEvent, WACallUpdateType } from 'baileys'
import { bareJid } from '../jid.ts'
import { draft, secondsOf, type TranslationContext } from './context.ts'
import { known, wireAddress } from './key.ts'

type Status = 'offered' | 'accepted' | 'rejected' | 'missed' | 'ended'

/** Null: a step of the line itself, which is nobody's business but the phones'. */
const statuses: Record<WACallUpdateType, Status | null> = {
  offer: 'offered',
  accept: 'accepted',
  reject: 'rejected',
  timeout: 'missed',
  terminate: 'ended',
  ringing: null,
  preaccept: null,
  transport: null,
  relaylatency: null,
}

/** The steps of calls. The stub message that repeats a missed one has no content and is not told. Pure. */
export function translateCalls(calls: WACallEvent[], context: TranslationContext): EventDraft[] {
  return calls.flatMap(call => {
    const status = statuses[call.status]
    if (!status || !call.from) return []
    const participant = known(bareJid(call.from), call.callerPn, context)
    const from = call.groupJid ?? participant.jid
    const timestamp = secondsOf(call.date.getTime() / 1000, context.now)
    const data = {
      callId: call.id,
      from,
      isGroup: call.isGroup === true,
      participant,
      status,
      isVideo: call.isVideo === true,
      ...(call.offline && { offline: true as const }),
      timestamp,
    }
    const fact = {
      at: new Date(timestamp * 1000),
      chat: from,
      naturalKey: [wireAddress(call.from, undefined), call.id, status],
    }
    return [draft('call', data, fact, context)]
  })
}
