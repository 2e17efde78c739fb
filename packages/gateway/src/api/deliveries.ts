/** Deliveries: one event for one webhook, with every attempt. */

import { errorClasses } from '@waxwing/events'
import { z } from 'zod'
import type { DeliveryRow } from '../store/deliveries.ts'
import type { Api, ApiDeps } from './api.ts'
import { attempt, showAttempt } from './attempt.ts'
import { iso, moment, momentQuery, page, pageOf, pageQuery } from './page.ts'
import { found, problem } from './problem.ts'
import { pathId } from './validate.ts'

const tags = ['Deliveries']
const params = pathId('delivery_not_found')
const deliveryStatus = z.enum(['pending', 'delivered', 'failed', 'cancelled'])

export const delivery = z
  .object({
    id: z.uuid(),
    webhook_id: z.uuid(),
    event_id: z.uuid(),
    event_type: z.string(),
    session_id: z.uuid().nullable(),
    status: deliveryStatus.describe('`failed`: a dead letter, no further attempt will be made.'),
    attempts: z.int().describe('Made so far.'),
    next_attempt_at: moment
      .nullable()
      .describe('null: finished, or its turn has not come (an ordered webhook, see `waiting_for`).'),
    last_attempt_at: moment.nullable().describe('When the last attempt began; null: none was made.'),
    manual: z.boolean().describe('Somebody asked for the attempt that is due.'),
    response_status: z.int().nullable().describe('Of the last attempt, like the two below.'),
    error_class: z.string().nullable(),
    error_message: z.string().nullable(),
    created_at: moment,
    delivered_at: moment.nullable(),
  })
  .meta({ id: 'Delivery', description: 'One event for one webhook.' })

const deliveryDetail = delivery
  .extend({
    payload: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('What is sent; null when retention has dropped the event.'),
    waiting_for: z
      .uuid()
      .nullable()
      .describe('Of an ordered webhook: the delivery of the same chat that has to end first. null: none.'),
    attempt_log: z.array(attempt),
  })
  .meta({ id: 'DeliveryDetail', description: 'A delivery with its payload and every attempt.' })

/** What deliveries and dead letters are searched by. */
export const deliveryFilters = {
  webhook_id: z.uuid().optional(),
  event_type: z.string().max(100).optional(),
  session_id: z.uuid().optional(),
  event_id: z.uuid().optional(),
  error_class: z.enum(errorClasses).optional(),
  response_status: z.coerce.number().int().min(100).max(599).optional(),
  since: momentQuery.optional().describe("Of the event's time."),
  until: momentQuery.optional(),
  ...pageQuery,
}
const deliveryQuery = z.strictObject({ ...deliveryFilters, status: deliveryStatus.optional() })

export function showDelivery(row: DeliveryRow): z.output<typeof delivery> {
  return {
    id: row.id,
    webhook_id: row.webhookId,
    event_id: row.eventId,
    event_type: row.eventType,
    session_id: row.sessionId,
    status: row.status,
    attempts: row.attempts,
    next_attempt_at: iso(row.nextAttemptAt),
    last_attempt_at: iso(row.lastAttemptAt),
    manual: row.manual,
    response_status: row.responseStatus,
    error_class: row.errorClass,
    error_message: row.errorMessage,
    created_at: row.createdAt.toISOString(),
    delivered_at: iso(row.deliveredAt),
  }
}

type Deps = Pick<ApiDeps, 'store' | 'lane'>

export function deliveryRoutes(app: Api, deps: Deps): void {
  list(app, deps)
  readOne(app, deps)
  redeliver(app, deps)
}

/** One page, newest event first. */
export async function listDeliveries(
  { store }: Pick<Deps, 'store'>,
  profileId: string,
  q: z.output<typeof deliveryQuery>,
) {
  return page(
    await store.deliveries.list({
      profileId,
      status: q.status,
      webhookId: q.webhook_id,
      eventType: q.event_type,
      sessionId: q.session_id,
      eventId: q.event_id,
      errorClass: q.error_class,
      responseStatus: q.response_status,
      since: q.since,
      until: q.until,
      limit: q.limit,
      cursor: q.cursor,
    }),
    showDelivery,
  )
}

function list(app: Api, deps: Deps): void {
  app.get(
    '/deliveries',
    {
      schema: {
        tags,
        operationId: 'listDeliveries',
        summary: 'List deliveries',
        querystring: deliveryQuery,
        response: { 200: pageOf(delivery) },
      },
    },
    async request => listDeliveries(deps, request.profileId, request.query),
  )
}

function readOne(app: Api, { store }: Deps): void {
  app.get(
    '/deliveries/:id',
    {
      schema: {
        tags,
        operationId: 'getDelivery',
        summary: 'Get a delivery with every attempt',
        params,
        response: { 200: deliveryDetail },
      },
      config: { problems: ['delivery_not_found'] },
    },
    async request => {
      const row = found(
        await store.deliveries.get(request.profileId, request.params.id),
        'delivery_not_found',
      )
      return {
        ...showDelivery(row),
        payload: row.body === null ? null : JSON.parse(row.body),
        waiting_for: row.waitingFor,
        attempt_log: row.attemptLog.map(showAttempt),
      }
    },
  )
}

function redeliver(app: Api, { store, lane }: Deps): void {
  app.post(
    '/deliveries/:id/redeliver',
    {
      schema: {
        tags,
        operationId: 'redeliver',
        summary: 'Send a delivery again',
        description:
          'Whatever its status, now. It takes over the automatic schedule: the two never both fire. If it fails, the ' +
          'schedule goes on from there; that of a delivery that had ended begins anew.',
        params,
        response: { 202: delivery },
      },
      config: { problems: ['delivery_not_found', 'delivery_in_flight', 'webhook_disabled'] },
    },
    async (request, reply) => {
      const { profileId } = request
      const { id } = request.params
      const claimed = await store.deliveries.redeliver(profileId, id)
      if (claimed === 'not_found') throw problem('delivery_not_found')
      if (claimed === 'in_flight') throw problem('delivery_in_flight')
      if (claimed === 'webhook_disabled') throw problem('webhook_disabled')
      lane.announce([claimed])
      return reply
        .code(202)
        .send(showDelivery(found(await store.deliveries.get(profileId, id), 'delivery_not_found')))
    },
  )
}
