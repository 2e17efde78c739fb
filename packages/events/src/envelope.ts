import type { EventData, EventType } from './catalog.ts'

/** The body of every webhook request: one event. Narrow it by `type`, and `data` follows. */
export type Envelope<T extends EventType = EventType> = T extends EventType
  ? {
      /** UUIDv7. The same fact always has the same id, so that receivers can drop what they have seen. */
      id: string
      type: T
      /** When it happened: ISO 8601, UTC, milliseconds. */
      timestamp: string
      /** The linked number it belongs to; null for events that belong to none. */
      sessionId: string | null
      data: EventData<T>
    }
  : never

/**
 * The bytes of an event. This is the one place that makes them: they are signed, stored and sent as they are,
 * so every attempt of an event carries the same body. Fields come in this order.
 */
export function serializeEnvelope(envelope: Envelope): string {
  const { id, type, timestamp, sessionId, data } = envelope
  return JSON.stringify({ id, type, timestamp, sessionId, data })
}
