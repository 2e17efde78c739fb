import type { ErrorClass, EventType } from '@waxwing/events'
import type { World } from './world.ts'

export type EventRecord = {
  id: string
  type: EventType
  messageId: string | null
  about: string | null
  body: string
}
export type DeliveryRecord = {
  id: string
  eventId: string
  webhookId: string
  status: string
  attempts: number
}
export type AttemptRecord = {
  deliveryId: string
  attempt: number
  /** As in `Arrival`. */
  timestamp: string
  /** Null: a success. */
  errorClass: ErrorClass | null
}

/** What the database says happened. */
export type Records = {
  events: readonly EventRecord[]
  deliveries: readonly DeliveryRecord[]
  attempts: readonly AttemptRecord[]
}

export async function readRecords({ sql }: Pick<World, 'sql'>): Promise<Records> {
  return {
    events: await sql<EventRecord>(`select id, type, body, body::jsonb #>> '{data,messageId}' as "messageId",
      body::jsonb #>> '{data,webhookId}' as about from events`),
    deliveries: await sql<DeliveryRecord>(`select id, event_id as "eventId", webhook_config_id as "webhookId",
      status, attempts from webhook_deliveries`),
    attempts: await sql<AttemptRecord>(`select delivery_id as "deliveryId", attempt,
      request_headers ->> 'webhook-timestamp' as timestamp, error_class as "errorClass" from webhook_attempts`),
  }
}

/** Nothing is on its way: neither a message to the database nor a delivery to its receiver. */
export async function isSettled({ sql, phone }: Pick<World, 'sql' | 'phone'>): Promise<boolean> {
  if (phone.pending > 0) return false
  const [left] = await sql<{ count: number }>(`select
    (select count(*)::int from inbox where published_at is null) +
    (select count(*)::int from webhook_deliveries where status = 'pending') as count`)
  return left?.count === 0
}
