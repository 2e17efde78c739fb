/** Dead letters: the deliveries that failed for good. They are searched, sent again, or put away. */
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'
import { delivery, deliveryFilters, listDeliveries } from './deliveries.ts'
import { momentQuery, pageOf } from './page.ts'
import { found } from './problem.ts'
import { createReplay, replay, replayInput, showReplay } from './replays.ts'
import { noContent, pathId } from './validate.ts'

const tags = ['Deliveries']

export function deadLetterRoutes(app: Api, deps: Pick<ApiDeps, 'store'>): void {
  app.get(
    '/dead-letters',
    {
      schema: {
        tags,
        operationId: 'listDeadLetters',
        summary: 'List dead letters',
        description: 'Deliveries with status `failed`. POST /deliveries/:id/redeliver revives one.',
        querystring: z.strictObject(deliveryFilters),
        response: { 200: pageOf(delivery) },
      },
    },
    async request => listDeliveries(deps, request.profileId, { ...request.query, status: 'failed' }),
  )

  app.post(
    '/dead-letters/replay',
    {
      schema: {
        tags,
        operationId: 'replayDeadLetters',
        summary: 'Replay the dead letters of a webhook',
        description: 'As POST /deliveries/replay with the status `failed`.',
        body: z.strictObject({
          ...replayInput,
          since: momentQuery.optional().describe("Of the event's time. Default: all there are."),
        }),
        response: { 202: replay },
      },
      config: { problems: ['webhook_not_found', 'webhook_disabled'] },
    },
    async (request, reply) => {
      const { webhook_id, event_type, since, until, rate } = request.body
      const row = await createReplay(deps, request.profileId, {
        webhookId: webhook_id,
        eventType: event_type,
        since: since ?? new Date(0),
        until,
        status: 'failed',
        force: false,
        rate,
      })
      return reply.code(202).send(showReplay(row))
    },
  )

  app.delete(
    '/dead-letters/:id',
    {
      schema: {
        tags,
        operationId: 'dismissDeadLetter',
        summary: 'Put a dead letter away',
        description:
          'It becomes `cancelled`, and no replay takes it unless asked for that status. Its attempts stay.',
        params: pathId('delivery_not_found'),
        response: { 204: noContent },
      },
      config: { problems: ['delivery_not_found'] },
    },
    async (request, reply) => {
      const dismissed = await deps.store.deliveries.dismiss(request.profileId, request.params.id)
      found(dismissed || null, 'delivery_not_found')
      return reply.code(204).send()
    },
  )
}
