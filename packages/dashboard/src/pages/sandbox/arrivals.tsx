import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import type { Delivery, Event, Session } from '../../operations.ts'
import { DeliveryPill } from '../../parts/delivery-pill.tsx'
import { gist } from '../../parts/gist.ts'
import { counted } from '../../parts/words.ts'
import { useRead } from '../../query.ts'
import { cn } from '../../ui/class-names.ts'
import { Json } from '../../ui/code.tsx'
import { Card } from '../../ui/page.tsx'
import { Pill } from '../../ui/pill.tsx'
import { exact } from '../../ui/time.tsx'

/** What came of it: the events of the session, and how far their webhooks are. */
export function Arrivals({ session }: { session: Session }) {
  const events = useRead(
    'listEvents',
    { query: { session_id: session.id, limit: 30 } },
    { every: 5_000, keep: true },
  )
  const deliveries = useRead(
    'listDeliveries',
    { query: { session_id: session.id, limit: 200 } },
    { every: 3_000, keep: true },
  )
  const byEvent = Map.groupBy(deliveries.data?.data ?? [], ({ event_id }) => event_id)
  return (
    <Card
      flush
      title="What arrives"
      description="Newest first, with what became of each."
      className="overflow-hidden"
      actions={
        <Link to="/live" search={{ session: session.id }} className="text-sm text-accent hover:underline">
          Live
        </Link>
      }
    >
      {events.data?.data.length === 0 ? (
        <p className="px-4 py-16 text-center text-sm text-soft">Write something, and it stands here.</p>
      ) : (
        <ul className="max-h-[34rem] divide-y divide-line overflow-y-auto">
          {events.data?.data.map(event => (
            <Arrival key={event.id} event={event} deliveries={byEvent.get(event.id) ?? []} />
          ))}
        </ul>
      )}
    </Card>
  )
}

function Arrival({
  event: { id, type, timestamp, payload },
  deliveries,
}: {
  event: Event
  deliveries: Delivery[]
}) {
  const [open, setOpen] = useState(false)
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-3 px-4 py-2 text-left hover:bg-hover/50"
      >
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <span className="truncate font-mono text-sm">{type}</span>
            <span className="text-xs text-faint">{exact(timestamp)}</span>
          </span>
          <span className="block truncate text-sm text-soft">{gist(payload)}</span>
        </span>
        <Outcome deliveries={deliveries} />
        <ChevronRight
          className={cn('size-4 shrink-0 text-faint transition-transform duration-100', open && 'rotate-90')}
          aria-hidden
        />
      </button>
      {open && (
        <div className="space-y-2 border-t border-line bg-sunken p-3">
          <Json value={payload} label="Copy the event" />
          <Link to="/live/$id" params={{ id }} className="text-sm text-accent hover:underline">
            {counted(deliveries.length, 'delivery', 'deliveries')}: who received it
          </Link>
        </div>
      )}
    </li>
  )
}

/** One word for all webhooks that want it: the worst of what happened. */
function Outcome({ deliveries }: { deliveries: Delivery[] }) {
  const [first] = deliveries
  if (!first) return <span className="shrink-0 text-xs text-faint">no webhook</span>
  if (deliveries.length === 1) return <DeliveryPill delivery={first} />
  const done = deliveries.filter(({ status }) => status === 'delivered').length
  const hasFailed = deliveries.some(({ status }) => status === 'failed')
  const tone = done === deliveries.length ? 'good' : hasFailed ? 'bad' : 'warn'
  return (
    <Pill tone={tone}>
      {done} of {deliveries.length} delivered
    </Pill>
  )
}
