import { ChevronRight } from 'lucide-react'
import { useId, useState } from 'react'
import type { EventType } from '../../operations.ts'
import { useRead } from '../../query.ts'
import { Checkbox } from '../../ui/checkbox.tsx'
import { cn } from '../../ui/class-names.ts'
import { Json } from '../../ui/code.tsx'
import { Pill } from '../../ui/pill.tsx'
import { Prose } from '../../ui/prose.tsx'

/** One type: ticked or not, what it means, and on request what it looks like. */
export function EventRow({ row, on, set }: { row: EventType; on: boolean; set: (on: boolean) => void }) {
  const id = useId()
  const [open, setOpen] = useState(false)
  return (
    <li className="hover:bg-hover/50">
      <div className="flex items-start gap-3 py-1.5 pr-2 pl-9">
        <span className="flex h-5 items-center">
          <Checkbox id={id} checked={on} onChange={set} />
        </span>
        <label htmlFor={id} className="min-w-0 flex-1 cursor-pointer">
          <span className="flex flex-wrap items-center gap-x-2">
            <span className="font-mono text-sm break-all">{row.type}</span>
            {row.default && (
              <Pill tone="quiet" dot={false}>
                default
              </Pill>
            )}
          </span>
          <span className="block text-sm text-soft text-pretty">
            <Prose text={row.description} />
          </span>
        </label>
        <button
          type="button"
          aria-expanded={open}
          aria-label={`Sample of ${row.type}`}
          onClick={() => setOpen(!open)}
          className="flex h-6 shrink-0 items-center gap-0.5 rounded px-1.5 text-xs text-soft hover:bg-hover hover:text-ink"
        >
          Sample
          <ChevronRight
            className={cn('size-3.5 transition-transform duration-100', open && 'rotate-90')}
            aria-hidden
          />
        </button>
      </div>
      {open && <Sample type={row.type} />}
    </li>
  )
}

function Sample({ type }: { type: string }) {
  const detail = useRead('getEventType', { params: { type } })
  const [name, data] = Object.entries(detail.data?.samples ?? {})[0] ?? []
  if (!name) return <div className="skeleton mr-3 mb-2 ml-16 h-24" />
  return (
    <div className="mr-3 mb-2 ml-16">
      <Json value={data} label={`Copy the sample of ${type}`} />
    </div>
  )
}
