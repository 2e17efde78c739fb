import { Link } from '@tanstack/react-router'
import { useRead } from '../query.ts'
import { Failed } from '../ui/list-states.tsx'
import { DeliveryPill } from './delivery-pill.tsx'

/** The deliveries of one event. */
export function Receivers({ eventId }: { eventId: string }) {
  const deliveries = useRead('listDeliveries', { query: { event_id: eventId, limit: 50 } }, { every: 3_000 })
  const webhooks = useRead('listWebhooks', { query: { limit: 250 } })
  if (deliveries.isError) return <Failed error={deliveries.error} retry={deliveries.refetch} />
  if (!deliveries.data) return <div className="skeleton m-4 h-5" />
  if (deliveries.data.data.length === 0)
    return (
      <p className="px-4 py-3 text-sm text-soft">Nobody: no webhook subscribed to it when it happened.</p>
    )
  return (
    <ul className="divide-y divide-line">
      {deliveries.data.data.map(delivery => (
        <li
          key={delivery.id}
          className="relative flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 hover:bg-hover/50"
        >
          <Link
            to="/deliveries/$id"
            params={{ id: delivery.id }}
            className="min-w-0 flex-1 truncate text-sm font-medium after:absolute after:inset-0"
          >
            {webhooks.data?.data.find(({ id }) => id === delivery.webhook_id)?.name ?? 'a deleted webhook'}
          </Link>
          <span className="text-sm text-soft">{delivery.response_status ?? delivery.error_class}</span>
          <DeliveryPill delivery={delivery} />
        </li>
      ))}
    </ul>
  )
}
