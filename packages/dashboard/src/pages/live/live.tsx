import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ChevronRight, Pause, Play } from 'lucide-react'
import { useState, useSyncExternalStore } from 'react'
import { live } from '../../live.ts'
import type { Event } from '../../operations.ts'
import { gist } from '../../parts/gist.ts'
import { Receivers } from '../../parts/receivers.tsx'
import { useRead } from '../../query.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { cn } from '../../ui/class-names.ts'
import { Json } from '../../ui/code.tsx'
import { Choice } from '../../ui/field.tsx'
import { Empty, Listing } from '../../ui/list-states.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Pill } from '../../ui/pill.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { exact } from '../../ui/time.tsx'
import { useFirehose } from './firehose.ts'

const route = getRouteApi('/live')

/** Events as they happen, before anybody has answered for them. */
export function Live() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/live' })
  const [paused, setPaused] = useState(false)
  const [open, setOpen] = useState<string | null>(null)
  const state = useSyncExternalStore(live.onState, live.state)
  const sessions = useRead('listSessions', { query: { limit: 250 } })
  const catalog = useRead('listEventTypes', {})
  const { events, held, first } = useFirehose(paused || open !== null)
  const categoryOf = new Map(catalog.data?.data.map(({ type, category }) => [type, category]))
  const shown = events.filter(
    ({ type, session_id }) =>
      (search.category === undefined || categoryOf.get(type) === search.category) &&
      (search.session === undefined || session_id === search.session),
  )
  const set = (change: Partial<typeof search>) =>
    navigate({ search: { ...search, ...change }, replace: true })
  return (
    <Page
      title="Live"
      beside={
        <Pill tone={paused ? 'quiet' : state === 'open' ? 'good' : 'warn'}>
          {paused
            ? 'Paused'
            : state === 'open'
              ? 'Listening'
              : state === 'lost'
                ? 'Connection lost'
                : 'Connecting'}
        </Pill>
      }
      description="Events as they happen. Open one to see who received it."
      actions={
        <Button icon={paused ? <Play /> : <Pause />} onClick={() => setPaused(!paused)} aria-pressed={paused}>
          {paused ? 'Go on' : 'Pause'}
        </Button>
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <fieldset className="flex flex-wrap gap-1.5">
          <legend className="sr-only">Category</legend>
          {catalog.data?.categories.map(({ name, title }) => (
            <button
              key={name}
              type="button"
              aria-pressed={search.category === name}
              onClick={() => set({ category: search.category === name ? undefined : name })}
              className="h-7 rounded-full border border-line bg-surface px-3 text-sm text-soft hover:border-strong-line hover:text-ink aria-pressed:border-accent aria-pressed:bg-accent-tint aria-pressed:text-accent"
            >
              {title}
            </button>
          ))}
        </fieldset>
        <div className="w-44">
          <Choice
            label="Session"
            silent
            value={search.session ?? ''}
            onChange={({ target }) => set({ session: target.value || undefined })}
            options={[
              ['', 'Any session'],
              ...(sessions.data?.data ?? []).map(({ id, name }) => [id, name] as const),
            ]}
          />
        </div>
      </div>
      {held > 0 && (
        <button
          type="button"
          onClick={() => {
            setOpen(null)
            setPaused(false)
          }}
          className="sticky top-16 z-20 mx-auto mb-2 block rounded-full bg-solid px-3 py-1 text-sm text-on-solid shadow-float lg:top-3"
        >
          {held} new
        </button>
      )}
      <Card flush className="overflow-hidden">
        <Listing
          read={first}
          count={events.length}
          shown={shown.length}
          clear={() => navigate({ search: {}, replace: true })}
          empty={
            <Empty
              title="Nothing has happened yet."
              action={
                <LinkButton variant="solid" to="/sandbox">
                  Make something happen
                </LinkButton>
              }
            >
              Write to a linked number, or as a contact in the sandbox. It stands here at once.
            </Empty>
          }
        >
          <ul className="divide-y divide-line">
            {shown.map(event => (
              <Row
                key={event.id}
                event={event}
                open={open === event.id}
                toggle={() => setOpen(open === event.id ? null : event.id)}
                session={sessions.data?.data.find(({ id }) => id === event.session_id)?.name}
              />
            ))}
          </ul>
        </Listing>
      </Card>
      <SameWithApi operation="listEvents" input={{}} />
    </Page>
  )
}

function Row({
  event,
  open,
  toggle,
  session,
}: {
  event: Event
  open: boolean
  toggle: () => void
  session: string | undefined
}) {
  const { id, type, timestamp, payload } = event
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        onClick={toggle}
        className="grid w-full grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 px-4 py-2 text-left hover:bg-hover/50 md:grid-cols-[4.5rem_15rem_minmax(0,1fr)_auto_auto]"
      >
        <span className="order-2 text-sm text-faint md:order-none" title={timestamp}>
          {exact(timestamp)}
        </span>
        <span className="order-1 truncate font-mono text-sm md:order-none">{type}</span>
        <span className="order-3 truncate text-sm text-soft md:order-none">{gist(payload)}</span>
        <span className="hidden max-w-40 truncate text-sm text-faint md:inline">{session}</span>
        <ChevronRight
          className={cn(
            'order-4 size-4 justify-self-end text-faint md:order-none transition-transform duration-100',
            open && 'rotate-90',
          )}
          aria-hidden
        />
      </button>
      {open && (
        <div className="grid gap-4 border-t border-line bg-sunken p-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
          <Json value={payload} label="Copy the event" />
          <div className="min-w-0">
            <h2 className="mb-1 text-sm font-medium">Who received it</h2>
            <div className="overflow-hidden rounded-lg border border-line bg-surface">
              <Receivers eventId={id} />
            </div>
            <Link
              to="/live/$id"
              params={{ id }}
              className="mt-2 inline-block text-sm text-accent hover:underline"
            >
              A page of its own
            </Link>
          </div>
        </div>
      )}
    </li>
  )
}
