import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Plus, QrCode } from 'lucide-react'
import type { Session } from '../../operations.ts'
import { needsLink, SessionPill, sessionWords } from '../../parts/session-pill.tsx'
import { numberWord } from '../../parts/words.ts'
import { usePages } from '../../query.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { Id } from '../../ui/copy.tsx'
import { Choice, TextField } from '../../ui/field.tsx'
import { Empty, Listing } from '../../ui/list-states.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Pill } from '../../ui/pill.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { Ago } from '../../ui/time.tsx'
import { NewSession } from './new-session.tsx'

const route = getRouteApi('/sessions')

/** The numbers this gateway speaks for. */
export function Sessions() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/sessions' })
  const list = usePages('listSessions', {}, { every: 3_000, limit: 250 })
  const set = (change: Partial<typeof search>) =>
    navigate({ search: { ...search, ...change }, replace: true })
  const shown = list.items.filter(session => fits(session, search))
  const create = () => set({ new: 1 })

  return (
    <Page
      title="Sessions"
      description="Each session is one linked WhatsApp number."
      actions={
        <Button variant="solid" icon={<Plus />} onClick={create}>
          Link a number
        </Button>
      }
    >
      <div className="mb-3 flex flex-wrap gap-2">
        <div className="w-full sm:w-64">
          <TextField
            label="Search sessions"
            silent
            type="search"
            placeholder="Name or number"
            value={search.q ?? ''}
            onChange={event => set({ q: event.target.value || undefined })}
          />
        </div>
        <div className="w-44">
          <Choice
            label="Status"
            silent
            value={search.status ?? ''}
            onChange={event => set({ status: event.target.value || undefined })}
            options={[
              ['', 'Any status'],
              ...Object.entries(sessionWords).map(([key, { text }]) => [key, text] as const),
            ]}
          />
        </div>
      </div>
      <Card flush>
        <Listing
          read={list}
          count={list.items.length}
          shown={shown.length}
          clear={() => set({ q: undefined, status: undefined })}
          empty={
            <Empty
              title="No number is linked yet."
              action={
                <Button variant="solid" icon={<QrCode />} onClick={create}>
                  Link a number
                </Button>
              }
            >
              Take the phone whose messages you want and scan a code with it, as for WhatsApp Web. No phone at
              hand? The sandbox is a simulated WhatsApp that needs none.
            </Empty>
          }
        >
          <ul className="divide-y divide-line">
            {shown.map(session => (
              <Row key={session.id} session={session} />
            ))}
          </ul>
        </Listing>
      </Card>
      <SameWithApi operation="listSessions" input={{}} />
      <NewSession open={search.new !== undefined} onClose={() => set({ new: undefined })} />
    </Page>
  )
}

function fits(session: Session, { status, q = '' }: { status?: string; q?: string }): boolean {
  if (status !== undefined && session.status !== status) return false
  const text = `${session.name} ${session.phone ?? ''} ${session.push_name ?? ''} ${session.id}`.toLowerCase()
  return text.includes(q.toLowerCase().replace(/^\+/, ''))
}

function Row({ session }: { session: Session }) {
  const { id, name, status, reason, network, phone, push_name, connected_at } = session
  return (
    <li className="relative flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3 hover:bg-hover/50">
      <div className="min-w-0 flex-1 basis-52">
        <div className="flex flex-wrap items-center gap-x-2">
          <Link to="/sessions/$id" params={{ id }} className="font-medium after:absolute after:inset-0">
            {name}
          </Link>
          {network === 'sandbox' && (
            <Pill tone="quiet" dot={false}>
              Sandbox
            </Pill>
          )}
        </div>
        <p className="truncate text-sm text-soft">
          {phone ? numberWord(phone) : 'No number yet'}
          {push_name && ` · ${push_name}`}
        </p>
      </div>
      <div className="flex min-w-0 flex-1 basis-56 flex-wrap items-center gap-x-3 gap-y-1">
        <SessionPill status={status} />
        <span className="min-w-0 flex-1 truncate text-sm text-soft" title={reason ?? undefined}>
          {status === 'connected' ? '' : reason}
        </span>
      </div>
      <div className="relative flex items-center gap-3 text-sm">
        {connected_at && status === 'connected' && <Ago at={connected_at} />}
        {needsLink(status) && (
          <LinkButton to="/sessions/$id/link" params={{ id }} icon={<QrCode />}>
            Link
          </LinkButton>
        )}
        <Id value={id} className="hidden sm:inline-flex" />
      </div>
    </li>
  )
}
