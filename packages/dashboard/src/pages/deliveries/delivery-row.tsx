import { Link } from '@tanstack/react-router'
import type { Delivery } from '../../operations.ts'
import { DeliveryPill } from '../../parts/delivery-pill.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { cn } from '../../ui/class-names.ts'
import { Ago, clock, useNow } from '../../ui/time.tsx'

/** One delivery in a line; two on a phone. */
export function DeliveryRow({
  delivery,
  webhookName,
  active,
  selected,
  onSelect,
  onFocus,
}: {
  delivery: Delivery
  webhookName: string
  active: boolean
  selected: boolean
  onSelect: () => void
  onFocus: () => void
}) {
  const { id, event_type, response_status, error_class, attempts, next_attempt_at, created_at } = delivery
  return (
    <div
      className={cn(
        'relative grid h-full grid-cols-[auto_1fr_auto] items-center gap-x-3 px-4 md:grid-cols-[auto_6.5rem_minmax(0,2fr)_minmax(0,1.4fr)_7.5rem_4rem_5rem_5rem]',
        'hover:bg-hover/50',
        active && 'bg-hover',
        selected && 'bg-accent-tint/50',
      )}
    >
      <span className="relative z-10 flex">
        <Checkbox label={`Select ${id}`} checked={selected} onChange={onSelect} />
      </span>
      <span className="order-last md:order-none">
        <DeliveryPill delivery={delivery} />
      </span>
      <span className="min-w-0">
        <Link
          to="/deliveries/$id"
          params={{ id }}
          data-delivery={id}
          onFocus={onFocus}
          className="block truncate font-mono text-sm outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          {event_type}
        </Link>
        <span className="block truncate text-xs text-soft md:hidden">
          {webhookName} · {response_status ?? error_class ?? 'no attempt yet'}
        </span>
      </span>
      <span className="hidden truncate text-sm text-soft md:block">{webhookName}</span>
      <span className="hidden truncate text-sm md:block">
        {response_status ?? <span className="text-soft">{error_class ?? '–'}</span>}
      </span>
      <span className="hidden text-sm text-soft md:block" title="Attempts made">
        {attempts}×
      </span>
      <span className="hidden text-sm text-soft md:block">
        {next_attempt_at && <Next at={next_attempt_at} />}
      </span>
      <span className="relative z-10 hidden justify-self-end text-sm md:block">
        <Ago at={created_at} />
      </span>
    </div>
  )
}

/** Until the next attempt. */
function Next({ at }: { at: string }) {
  const left = Date.parse(at) - useNow()
  return (
    <span title={`Next attempt at ${new Date(at).toLocaleString()}`}>
      {left > 0 ? `in ${clock(left)}` : 'due'}
    </span>
  )
}
