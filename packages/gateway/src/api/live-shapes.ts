/** The data of each message of the live stream. */
import { sessionStatuses } from '@waxwing/events'
import { z } from 'zod'
import { moment } from './page.ts'

export const liveDelivery = z
  .object({
    id: z.uuid().describe('Of the delivery.'),
    webhook_id: z.uuid(),
    event_id: z.uuid(),
    event_type: z.string(),
    session_id: z.uuid().nullable(),
    status: z
      .enum(['delivered', 'pending', 'failed'])
      .describe('Of the delivery, after this attempt. `failed`: a dead letter.'),
    attempt: z.int().describe('The number of the attempt, from 1.'),
    started_at: moment,
    duration_ms: z.int(),
    response_status: z.int().nullable().describe('null: no answer.'),
    error_class: z.string().nullable().describe('null: delivered.'),
    error_message: z.string().nullable(),
    next_attempt_at: moment.nullable().describe('null: none will be made.'),
  })
  .describe('An attempt that was made, and where it leaves the delivery.')

export const liveSession = z
  .object({
    id: z.uuid(),
    name: z.string(),
    network: z.enum(['whatsapp', 'sandbox']),
    status: z.enum(sessionStatuses),
    reason: z.string().nullable(),
    final: z.boolean().describe('Waiting will not change the status; somebody has to act.'),
    phone: z.string().nullable().describe('E.164, with the plus, once linked.'),
    push_name: z.string().nullable(),
    qr_expires_at: moment.nullable().describe('Changes with each new QR: GET /sessions/:id/qr has it.'),
    updated_at: moment,
    removed: z.boolean().describe('The session is gone.'),
  })
  .describe('Where a session stands.')

const count = z.int().min(0)
export const liveDropped = z
  .object({
    events: count,
    deliveries: count,
    sessions: count,
    last_event_id: z
      .uuid()
      .nullable()
      .describe('The last event that came before the gap: resume from it to get the events.'),
  })
  .describe('How much was left out, because the reader was too slow.')
