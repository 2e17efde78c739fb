import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { EventType } from '../../operations.ts'
import { useRead } from '../../query.ts'
import { cn } from '../../ui/class-names.ts'
import { TextField } from '../../ui/field.tsx'
import { Failed, Loading, NoMatch } from '../../ui/list-states.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { useMedia } from '../../ui/use-media.ts'
import { EventTypeView } from './event-type-view.tsx'

const route = getRouteApi('/events')

/** The catalog: everything that can arrive. */
export function Events() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/events' })
  const catalog = useRead('listEventTypes', {})
  const isWide = useMedia('(min-width: 64rem)')
  const set = (change: Partial<typeof search>) =>
    navigate({ search: { ...search, ...change }, replace: true })
  const rows = (catalog.data?.data ?? []).filter(row => fits(row, search.q))
  const shown = search.type ?? (isWide ? rows[0]?.type : undefined)
  return (
    <Page
      title="Events"
      description="Everything that can arrive at a webhook: when it fires, and what it carries."
    >
      {catalog.isPending ? (
        <Card flush>
          <Loading />
        </Card>
      ) : catalog.isError ? (
        <Card flush>
          <Failed error={catalog.error} retry={catalog.refetch} />
        </Card>
      ) : (
        <div className="grid items-start gap-4 lg:grid-cols-[17rem_minmax(0,1fr)]">
          <div className={cn('lg:sticky lg:top-4', !isWide && search.type !== undefined && 'hidden')}>
            <TextField
              label="Search the catalog"
              silent
              type="search"
              placeholder="Search by name or meaning"
              value={search.q ?? ''}
              onChange={({ target }) => set({ q: target.value || undefined })}
            />
            <div className="mt-3 lg:max-h-[calc(100dvh-6rem)] lg:overflow-y-auto">
              {rows.length === 0 && <NoMatch clear={() => set({ q: undefined })} />}
              {catalog.data.categories.map(({ name, title }) => (
                <Shelf
                  key={name}
                  title={title}
                  rows={rows.filter(row => row.category === name)}
                  shown={shown}
                  choose={type => set({ type })}
                />
              ))}
            </div>
          </div>
          {shown !== undefined && (
            <div className="min-w-0">
              {!isWide && (
                <button
                  type="button"
                  onClick={() => set({ type: undefined })}
                  className="mb-3 text-sm text-soft"
                >
                  ← All events
                </button>
              )}
              <EventTypeView key={shown} type={shown} />
            </div>
          )}
        </div>
      )}
      <SameWithApi operation="listEventTypes" input={{}} />
    </Page>
  )
}

function fits({ type, title, description }: EventType, q = ''): boolean {
  return `${type} ${title} ${description}`.toLowerCase().includes(q.toLowerCase())
}

function Shelf({
  title,
  rows,
  shown,
  choose,
}: {
  title: string
  rows: EventType[]
  shown: string | undefined
  choose: (type: string) => void
}) {
  if (rows.length === 0) return null
  return (
    <section className="mb-4">
      <h2 className="px-2 text-xs font-medium text-faint">{title}</h2>
      <ul className="mt-1">
        {rows.map(({ type }) => (
          <li key={type}>
            <button
              type="button"
              aria-current={type === shown || undefined}
              onClick={() => choose(type)}
              className="block w-full truncate rounded-md px-2 py-1.5 text-left font-mono text-sm text-soft hover:bg-hover hover:text-ink aria-[current]:bg-hover aria-[current]:text-ink lg:py-1"
            >
              {type}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
