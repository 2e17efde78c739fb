/** Events: what happened, as it was told to the webhooks. */
import { z } from 'zod'
import type { EventRow } from '../store/events.ts'
import type { Api, ApiDeps } from './api.ts'
import { moment, momentQuery, page, pageOf, pageQuery } from './page.ts'
import { found } from './problem.ts'
import { pathId } from './validate.ts'

const tags = ['Events']

export const event = z
  .object({
    id: z.uuid(),
    type: z.string(),
    session_id: z.uuid().nullable(),
    timestamp: moment.describe('When it happened.'),
    committed_at: moment.describe('When it became durable.'),
    payload: z.record(z.string(), z.unknown()).describe('The envelope that webhooks receive.'),
  })
  .meta({ id: 'Event', description: 'One thing that happened.' })

function show(row: EventRow): z.output<typeof event> {
  return {
    id: row.id,
    type: row.type,
    session_id: row.sessionId,
    timestamp: row.at.toISOString(),
    committed_at: row.committedAt.toISOString(),
    payload: JSON.parse(row.body),
  }
}

export function eventRoutes(app: Api, { store }: Pick<ApiDeps, 'store'>): void {
  app.get(
    '/events',
    {
      schema: {
        tags,
        operationId: 'listEvents',
        summary: 'List events',
        querystring: z.strictObject({
          type: z.string().max(100).optional(),
          session_id: z.uuid().optional(),
          since: momentQuery.optional(),
          until: momentQuery.optional(),
          ...pageQuery,
        }),
        response: { 200: pageOf(event) },
      },
    },
    async request => {
      const { session_id, ...filter } = request.query
      return page(
        await store.events.list({ profileId: request.profileId, sessionId: session_id, ...filter }),
        show,
      )
    },
  )

  app.get(
    '/events/:id',
    {
      schema: {
        tags,
        operationId: 'getEvent',
        summary: 'Get an event',
        params: pathId('event_not_found'),
        response: { 200: event },
      },
      config: { problems: ['event_not_found'] },
    },
    async request =>
      show(found(await store.events.get(request.profileId, request.params.id), 'event_not_found')),
  )
}
