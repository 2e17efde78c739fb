import { hash, randomUUID } from 'node:crypto'
import type { EventData, EventType } from './catalog.ts'
import { type Envelope, serializeEnvelope } from './envelope.ts'

/** Lays out a UUIDv7 (RFC 9562): 48 bits of milliseconds, then version, variant and 74 bits of `hex`, at least 20 digits. */
function layOut(milliseconds: number, hex: string): string {
  if (!(milliseconds >= 0 && milliseconds < 2 ** 48))
    throw new RangeError(`no time for a UUIDv7: ${milliseconds}`)
  const time = Math.floor(milliseconds).toString(16).padStart(12, '0')
  const variant = '89ab'[Number.parseInt(hex.charAt(4), 16) & 3]
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(1, 4)}-${variant}${hex.slice(5, 8)}-${hex.slice(8, 20)}`
}

/** JSON keeps the parts apart: no two different lists give the same text. */
function digest(parts: readonly (string | null)[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex')
}

/** A UUIDv7 with random bits: those of a version 4, which Node draws from a pool. */
export function uuidv7(at: Date = new Date()): string {
  return layOut(at.getTime(), randomUUID().slice(14).replaceAll('-', ''))
}

/** The time in a UUIDv7, to the millisecond. */
export function timeOf(id: string): Date {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(id)) {
    throw new TypeError(`not a UUIDv7: ${id}`)
  }
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))
}

/**
 * The id of an event. The same session, type, natural key and time always give the same id, however often
 * WhatsApp, Baileys or a restart tells it; so `at` must be the fact’s own time, never the clock’s. Without a
 * natural key the id is random.
 */
export function eventId(a: {
  sessionId: string | null
  type: EventType
  naturalKey: string | null
  at: Date
}): string {
  if (a.naturalKey === null) return uuidv7(a.at)
  return layOut(a.at.getTime(), digest(['event', a.sessionId, a.type, a.naturalKey]))
}

/** The id of the delivery of an event to a webhook: always the same, and of the event’s day. */
export function deliveryId(event: string, webhookId: string): string {
  return layOut(timeOf(event).getTime(), digest(['delivery', event, webhookId]))
}

/** An event as its maker knows it, before it has an id. */
export type EventDraft<T extends EventType = EventType> = T extends EventType
  ? {
      type: T
      /** When it happened, by WhatsApp’s clock where WhatsApp says so. */
      at: Date
      sessionId: string | null
      /** Whose it is. Not part of the envelope. */
      profileId: string
      /** The chat it belongs to, for ordered deliveries. Not part of the envelope. */
      chat: string | null
      /** WhatsApp’s own ids of the fact, joined; null when it has none. */
      naturalKey: string | null
      /** The webhook it tells of: it goes to the others, never to that one. Not part of the envelope. */
      aboutWebhookId?: string
      /** The trace it was captured in (W3C Trace Context), when somebody traces. Not part of the envelope. */
      traceparent?: string
      data: EventData<T>
    }
  : never

/** An event with its id and the exact bytes that will be signed and sent. */
export type SealedEvent = {
  id: string
  type: EventType
  at: Date
  sessionId: string | null
  profileId: string
  chat: string | null
  aboutWebhookId?: string
  traceparent?: string
  body: string
}

/** Gives an event its id and its bytes. */
export function sealEvent(draft: EventDraft): SealedEvent {
  const { type, at, sessionId, profileId, chat, aboutWebhookId, traceparent, data } = draft
  const id = eventId(draft)
  const envelope = { id, type, timestamp: at.toISOString(), sessionId, data } as Envelope
  const about = aboutWebhookId === undefined ? {} : { aboutWebhookId }
  const traced = traceparent === undefined ? {} : { traceparent }
  return { id, type, at, sessionId, profileId, chat, ...about, ...traced, body: serializeEnvelope(envelope) }
}
