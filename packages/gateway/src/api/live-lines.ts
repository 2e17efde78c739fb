/** The live stream as text: Server-Sent Events, as the HTML standard has them. */
import { type EventType, matches } from '@waxwing/events'
import { timeOf } from '@waxwing/events/event-id'
import type { z } from 'zod'
import type { EventRow } from '../store/events.ts'
import type { FeedItem } from '../stream/feed.ts'
import type { Dropped, Kind, Line } from './live-queue.ts'
import type { liveDelivery, liveDropped, liveSession } from './live-shapes.ts'

/** What a reader wants to see; what is undefined filters nothing. */
export type LiveFilter = {
  kinds?: readonly Kind[]
  types?: readonly string[]
  sessionId?: string
  webhookId?: string
}

/** Events and sessions belong to no webhook: a reader that names one sees its deliveries. */
export function wants(filter: LiveFilter, item: FeedItem): boolean {
  if (filter.kinds && !filter.kinds.includes(item.kind)) return false
  if (filter.sessionId !== undefined && item.sessionId !== filter.sessionId) return false
  if (filter.webhookId !== undefined && (item.kind !== 'delivery' || item.webhookId !== filter.webhookId))
    return false
  return item.kind === 'session' || isOfType(filter, item.kind === 'event' ? item.type : item.eventType)
}

function isOfType({ types }: LiveFilter, type: string): boolean {
  return types === undefined || matches(types, type as EventType)
}

export function lineOf(item: FeedItem): Line {
  switch (item.kind) {
    case 'event':
      return eventLine(item)
    case 'delivery':
      return line('delivery', showAttempt(item))
    case 'session':
      return line('session', showSession(item))
  }
}

/** The same line for an event that is read from the database. */
export function lineOfRow({ id, type, sessionId, committedAt, body }: EventRow): Line {
  return eventLine({ id, type, sessionId, committedAt: committedAt.toISOString(), body })
}

type EventFacts = { id: string; type: string; sessionId: string | null; committedAt: string; body: string }

/** As GET /events/:id shows it. The body is JSON already, and must not become other bytes. */
function eventLine({ id, type, sessionId, committedAt, body }: EventFacts): Line {
  const facts = {
    id,
    type,
    session_id: sessionId,
    timestamp: timeOf(id).toISOString(),
    committed_at: committedAt,
  }
  const data = `${JSON.stringify(facts).slice(0, -1)},"payload":${body}}`
  return { kind: 'event', id, text: `id: ${id}\n${message('event', data)}` }
}

function showAttempt({
  sessionId,
  webhookId,
  eventType,
  attempt,
}: FeedItem & { kind: 'delivery' }): z.output<typeof liveDelivery> {
  return {
    id: attempt.deliveryId,
    webhook_id: webhookId,
    event_id: attempt.eventId,
    event_type: eventType,
    session_id: sessionId,
    status: attempt.status,
    attempt: attempt.attempt,
    started_at: attempt.startedAt,
    duration_ms: attempt.durationMs,
    response_status: attempt.responseStatus,
    error_class: attempt.errorClass,
    error_message: attempt.errorMessage,
    next_attempt_at: attempt.nextAttemptAt,
  }
}

function showSession({ sessionId, session }: FeedItem & { kind: 'session' }): z.output<typeof liveSession> {
  const { pushName, qrExpiresAt, updatedAt, ...same } = session
  return { id: sessionId, ...same, push_name: pushName, qr_expires_at: qrExpiresAt, updated_at: updatedAt }
}

/** What a reader that was too slow did not get; it finds the events after `lastEventId` in the database. */
export function droppedText({ event, delivery, session }: Dropped, lastEventId: string | null): string {
  const shown: z.output<typeof liveDropped> = {
    events: event,
    deliveries: delivery,
    sessions: session,
    last_event_id: lastEventId,
  }
  return message('dropped', JSON.stringify(shown))
}

/** A comment: it keeps proxies from closing a quiet connection, and tells us when nobody is there any more. */
export const heartbeat = ':\n\n'

/** How long a browser waits before it connects again, in milliseconds. */
export const opening = 'retry: 2000\n\n'

function line(kind: Kind, shown: object): Line {
  return { kind, id: null, text: message(kind, JSON.stringify(shown)) }
}

/** `data` is JSON in one line: JSON.stringify writes no line breaks. */
function message(name: string, data: string): string {
  return `event: ${name}\ndata: ${data}\n\n`
}
