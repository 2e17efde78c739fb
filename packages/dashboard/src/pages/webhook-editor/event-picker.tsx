import { useState } from 'react'
import type { EventType } from '../../operations.ts'
import { covers, switched } from '../../parts/subscription.ts'
import { useRead } from '../../query.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { TextField } from '../../ui/field.tsx'
import { Failed, Loading } from '../../ui/list-states.tsx'
import { EventRow } from './event-row.tsx'

type Group = { name: string; title: string; rows: EventType[] }

/** The catalog as a checklist: searched, by category, each type with what it means and a sample. */
export function EventPicker({
  value,
  onChange,
  fault,
}: {
  value: string[]
  onChange: (patterns: string[]) => void
  fault: string | null
}) {
  const catalog = useRead('listEventTypes', {})
  const [search, setSearch] = useState('')
  if (catalog.isError) return <Failed error={catalog.error} retry={catalog.refetch} />
  if (!catalog.data) return <Loading />
  const { data: rows, categories } = catalog.data
  const all = rows.map(({ type }) => type)
  const chosen = all.filter(type => covers(value, type)).length
  const everything = value.includes('*')
  const set = (types: readonly string[], on: boolean) => onChange(switched(value, types, on, all))
  const groups = categories
    .map(({ name, title }) => ({
      name,
      title,
      rows: rows.filter(row => row.category === name && isFound(row, search)),
    }))
    .filter(group => group.rows.length > 0)

  return (
    <div>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <div className="min-w-40 flex-1">
          <TextField
            label="Search events"
            silent
            type="search"
            placeholder="Search by name or meaning"
            value={search}
            onChange={event => setSearch(event.target.value)}
          />
        </div>
        <output className="text-sm text-soft">
          {everything ? 'All' : chosen} of {all.length}
        </output>
        <Button disabled={value.length === 0} onClick={() => onChange([])}>
          Clear
        </Button>
      </div>
      {fault && (
        <p role="alert" className="mb-2 text-sm text-bad">
          {fault}
        </p>
      )}
      <div className="overflow-hidden rounded-lg border border-line">
        <label
          htmlFor="all-events"
          className="flex cursor-pointer items-start gap-3 border-b border-line bg-sunken px-3 py-2.5"
        >
          <span className="flex h-5.5 items-center">
            <Checkbox checked={everything} id="all-events" onChange={on => onChange(on ? ['*'] : all)} />
          </span>
          <span>
            <span className="font-medium">All events, also those of later versions</span>
            <span className="block text-sm text-soft">The receiver must ignore types it does not know.</span>
          </span>
        </label>
        {groups.map(group => (
          <PickerGroup key={group.name} group={group} value={value} set={set} />
        ))}
        {groups.length === 0 && (
          <p className="px-3 py-6 text-center text-sm text-soft">
            No event is called that.{' '}
            <button
              type="button"
              className="text-accent underline underline-offset-2"
              onClick={() => setSearch('')}
            >
              Clear the search
            </button>
          </p>
        )}
      </div>
    </div>
  )
}

function isFound({ type, title, description }: EventType, search: string): boolean {
  return `${type} ${title} ${description}`.toLowerCase().includes(search.trim().toLowerCase())
}

function PickerGroup({
  group: { name, title, rows },
  value,
  set,
}: {
  group: Group
  value: string[]
  set: (types: readonly string[], on: boolean) => void
}) {
  const types = rows.map(({ type }) => type)
  const on = types.filter(type => covers(value, type)).length
  return (
    <fieldset className="border-b border-line last:border-b-0">
      <legend className="sr-only">{title}</legend>
      <label htmlFor={`all-${name}`} className="flex h-9 cursor-pointer items-center gap-3 px-3">
        <Checkbox
          checked={on === types.length}
          mixed={on > 0 && on < types.length}
          id={`all-${name}`}
          onChange={checked => set(types, checked)}
        />
        <span className="text-sm font-medium">{title}</span>
        <span className="text-xs text-faint">
          {on}/{types.length}
        </span>
      </label>
      <ul className="pb-1" data-category={name}>
        {rows.map(row => (
          <EventRow
            key={row.type}
            row={row}
            on={covers(value, row.type)}
            set={checked => set([row.type], checked)}
          />
        ))}
      </ul>
    </fieldset>
  )
}
