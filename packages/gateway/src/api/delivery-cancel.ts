/** Giving a delivery up before its attempts are used. */
import type { Api, ApiDeps } from './api.ts'
import { delivery, showDelivery } from './deliveries.ts'
import { found, problem } from './problem.ts'
import { pathId } from './validate.ts'

export function deliveryCancelRoute(app: Api, { store }: Pick<ApiDeps, 'store'>): void {
  app.post(
    '/deliveries/:id/cancel',
    {
      schema: {
        tags: ['Deliveries'],
        operationId: 'cancelDelivery',
        summary: 'Make no further attempt',
        description: 'For a delivery that waits. It becomes `cancelled`; a redelivery brings it back.',
        params: pathId('delivery_not_found'),
        response: { 200: delivery },
      },
      config: { problems: ['delivery_not_found', 'delivery_in_flight', 'delivery_finished'] },
    },
    async request => {
      const { profileId } = request
      const { id } = request.params
      const verdict = await store.deliveries.cancel(profileId, id)
      if (verdict === 'in_flight') throw problem('delivery_in_flight')
      if (verdict === 'finished') throw problem('delivery_finished')
      const row = verdict === 'cancelled' ? await store.deliveries.get(profileId, id) : null
      return showDelivery(found(row, 'delivery_not_found'))
    },
  )
}
