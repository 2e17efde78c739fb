import { type EventType, matches } from '@waxwing/events'
import type { DeliveryStatus } from './deliveries.ts'

/** What became of an event at a webhook; `missing`: it was written while the webhook was disabled, or did not exist. */
export type ReplayableStatus = Exclude<DeliveryStatus, 'pending'> | 'missing'

/** What a replay is to send again, as it was asked for. */
export type ReplayFilter = {
  /** Of the events' time: from this moment on, and before that one. */
  since: Date
  until: Date
  /** null: every event the receiver does not have, that is `failed` and `missing`; with `force` `delivered` too. */
  status: ReplayableStatus | null
  /** A type, or a family like `messages.*`; null: every type. */
  eventType: string | null
  /** Sends even what the receiver already has. */
  force: boolean
  /** Deliveries a second. */
  rate: number
}

export type ReplayTarget = {
  webhookId: string
  sessionIds: readonly string[] | null
  subscribedEvents: readonly string[]
}

export type CandidateEvent = {
  id: string
  type: EventType
  sessionId: string | null
  /** The webhook that a notice tells of: it goes to the others, never to that one. */
  aboutWebhookId: string | null
  /** Of its delivery to the target; null: there is none. */
  status: DeliveryStatus | null
}

/**
 * Whether the replay sends this event. A delivery that is pending goes out by itself, and one that was made is the
 * receiver's already; an event without a delivery is sent when the webhook as it is now wants it.
 */
export function isReplayed(event: CandidateEvent, target: ReplayTarget, filter: ReplayFilter): boolean {
  if (filter.eventType !== null && !matches([filter.eventType], event.type)) return false
  if (event.status === 'pending') return false
  if (event.status === null && !isWanted(event, target)) return false
  return statusesOf(filter).includes(event.status ?? 'missing')
}

export function statusesOf({ status, force }: Pick<ReplayFilter, 'status' | 'force'>): ReplayableStatus[] {
  const asked: ReplayableStatus[] = status === null ? ['failed', 'missing', 'delivered'] : [status]
  return asked.filter(one => force || one !== 'delivered')
}

function isWanted(event: CandidateEvent, target: ReplayTarget): boolean {
  if (event.aboutWebhookId === target.webhookId || !matches(target.subscribedEvents, event.type)) return false
  if (target.sessionIds === null) return true
  return event.sessionId !== null && target.sessionIds.includes(event.sessionId)
}
