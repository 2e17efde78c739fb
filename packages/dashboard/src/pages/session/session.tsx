import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { LogOut, QrCode, RotateCw, Trash2 } from 'lucide-react'
import { call } from '../../api.ts'
import type { Session } from '../../operations.ts'
import { needsLink, SessionPill } from '../../parts/session-pill.tsx'
import { numberWord } from '../../parts/words.ts'
import { queryClient, useChange, usePages, useRead } from '../../query.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { ConfirmButton } from '../../ui/confirm.tsx'
import { Id } from '../../ui/copy.tsx'
import { Complaint, Empty, Listing } from '../../ui/list-states.tsx'
import { Option } from '../../ui/option.tsx'
import { Card, Facts, Page } from '../../ui/page.tsx'
import { PageState } from '../../ui/page-state.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { Ago, exact, useNow } from '../../ui/time.tsx'
import { Behaviours } from './behaviours.tsx'
import { Keeping } from './keeping.tsx'

const route = getRouteApi('/sessions/$id')
const stale = ['getSession', 'listSessions'] as const

export function SessionPage() {
  const { id } = route.useParams()
  const session = useRead('getSession', { params: { id } }, { every: 3_000 })
  if (!session.data) return <PageState read={session} />
  return <Loaded session={session.data} />
}

function Loaded({ session }: { session: Session }) {
  const { id, name, status, network } = session
  const restart = useChange('restartSession', { stale })
  return (
    <Page
      title={name}
      beside={<SessionPill status={status} />}
      back={
        <Link to="/sessions" className="hover:text-ink">
          ← Sessions
        </Link>
      }
      description={
        <span className="flex flex-wrap items-center gap-x-3">
          {session.reason && status !== 'connected' && <span>{session.reason}</span>}
          <Id value={id} whole />
        </span>
      }
      actions={
        <>
          {needsLink(status) && (
            <LinkButton variant="solid" icon={<QrCode />} to="/sessions/$id/link" params={{ id }}>
              Link a phone
            </LinkButton>
          )}
          {network === 'sandbox' && status === 'connected' && (
            <LinkButton to="/sandbox" search={{ session: id }}>
              Open in the sandbox
            </LinkButton>
          )}
          {status !== 'created' && (
            <Button
              icon={<RotateCw />}
              busy={restart.isPending}
              onClick={() => restart.mutate({ params: { id } })}
            >
              Restart
            </Button>
          )}
        </>
      }
    >
      <Complaint error={restart.error} />
      <div className="grid items-start gap-4 lg:grid-cols-3">
        <div className="space-y-4 lg:col-span-2">
          <Behaviours session={session} />
          <Connections session={session} />
          <Danger session={session} />
        </div>
        <div className="space-y-4">
          <Identity session={session} />
          <Keeping id={id} />
        </div>
      </div>
      <SameWithApi
        operation="updateSession"
        input={{ params: { id }, body: { settings: { always_online: true } } }}
      />
    </Page>
  )
}

function Identity({ session }: { session: Session }) {
  const { phone, push_name, lid, network, connected_at, created_at, status } = session
  return (
    <Card title="Identity">
      <Facts
        rows={[
          ['Number', phone ? <Id key="phone" value={numberWord(phone)} whole /> : 'not linked'],
          ['Name on it', push_name ?? '–'],
          ['LID', lid ? <Id key="lid" value={lid} whole /> : '–'],
          ['Network', network === 'sandbox' ? 'the sandbox' : 'WhatsApp'],
          [
            'Connected',
            connected_at && status === 'connected' ? <Uptime key="up" since={connected_at} /> : 'no',
          ],
          ['Created', <Ago key="created" at={created_at} />],
        ]}
      />
    </Card>
  )
}

function Uptime({ since }: { since: string }) {
  const minutes = Math.floor((useNow() - Date.parse(since)) / 60_000)
  const [days, hours] = [Math.floor(minutes / 1_440), Math.floor((minutes % 1_440) / 60)]
  const parts = [days && `${days} d`, hours && `${hours} h`, `${minutes % 60} min`].filter(Boolean)
  return <span title={since}>for {parts.slice(0, 2).join(' ')}</span>
}

type StatusData = { status?: string; previous?: string; reason?: string | null }

/** Each change of state, from the events that told it to the webhooks. */
function Connections({ session: { id } }: { session: Session }) {
  const events = usePages(
    'listEvents',
    { session_id: id, type: 'session.status' },
    { every: 5_000, limit: 20 },
  )
  return (
    <Card flush title="Connection" description="Each change of state, with its reason.">
      <Listing
        read={events}
        count={events.items.length}
        rows={3}
        empty={<Empty title="Nothing has happened yet." />}
      >
        <ul className="max-h-80 divide-y divide-line overflow-y-auto">
          {events.items.map(({ id: event, timestamp, payload }) => {
            const { status = '', previous, reason } = (payload.data ?? {}) as StatusData
            return (
              <li key={event} className="flex flex-wrap items-baseline gap-x-3 px-4 py-2 text-sm">
                <span className="w-28 text-soft" title={timestamp}>
                  {exact(timestamp)}
                </span>
                <Link to="/live/$id" params={{ id: event }} className="font-medium hover:underline">
                  {previous ? `${previous} → ${status}` : status}
                </Link>
                <span className="min-w-0 flex-1 basis-48 text-soft">{reason}</span>
              </li>
            )
          })}
        </ul>
      </Listing>
    </Card>
  )
}

function Danger({ session: { id, name, status, phone } }: { session: Session }) {
  const navigate = useNavigate()
  const refresh = () =>
    Promise.all(stale.map(operation => queryClient.invalidateQueries({ queryKey: [operation] })))
  const linked = phone !== null && status !== 'logged_out'
  return (
    <Card title="Take it away">
      <div className="space-y-4">
        {linked && (
          <Option
            title="Log out"
            detail="The phone forgets this device. The session stays, to be linked again."
          >
            <ConfirmButton
              label="Log out"
              icon={<LogOut />}
              title={`Log ${name} out?`}
              action="Log out"
              run={async () => {
                await call('logoutSession', { params: { id } })
                await refresh()
              }}
            >
              Messages to {numberWord(phone)} no longer arrive here until a phone is linked again. Deliveries
              that wait still go out.
            </ConfirmButton>
          </Option>
        )}
        <Option title="Delete" detail="Logs out, then forgets the session with its keys. Its events stay.">
          <ConfirmButton
            label="Delete"
            icon={<Trash2 />}
            title={`Delete ${name}?`}
            action="Delete the session"
            typed={name}
            run={async () => {
              await call('deleteSession', { params: { id } })
              await navigate({ to: '/sessions' })
              await refresh()
            }}
          >
            The session and its keys are gone for good; one number{phone ? `, ${numberWord(phone)},` : ''} is
            no longer linked here.
          </ConfirmButton>
        </Option>
      </div>
    </Card>
  )
}
