import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import type { Session } from '../../operations.ts'
import { SessionPill } from '../../parts/session-pill.tsx'
import { numberWord } from '../../parts/words.ts'
import { useRead } from '../../query.ts'
import { LinkButton } from '../../ui/button.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { PageState } from '../../ui/page-state.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { Segments } from '../../ui/tabs.tsx'
import { PairingCode } from './pairing-code.tsx'
import { ScanQr } from './scan-qr.tsx'
import { Steps } from './steps.tsx'

const route = getRouteApi('/sessions/$id/link')

/** Linking a phone, from the first code to the moment it is connected. */
export function LinkPage() {
  const { id } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/sessions/$id/link' })
  const session = useRead('getSession', { params: { id } }, { every: 1_000 })
  if (!session.data) return <PageState read={session} />
  const method = search.with ?? 'qr'
  return (
    <Page
      narrow
      title={`Link ${session.data.name}`}
      beside={<SessionPill status={session.data.status} />}
      back={
        <Link to="/sessions/$id" params={{ id }} className="hover:text-ink">
          ← {session.data.name}
        </Link>
      }
      actions={
        session.data.status !== 'connected' && (
          <Segments
            label="How to link"
            value={method}
            options={[
              ['qr', 'QR code'],
              ['code', 'Pairing code'],
            ]}
            onChange={value =>
              navigate({ search: { with: value === 'code' ? 'code' : undefined }, replace: true })
            }
          />
        )
      }
    >
      <Card>
        <Stage session={session.data} method={method} />
      </Card>
      {method === 'qr' ? (
        <SameWithApi operation="getSessionQr" input={{ params: { id } }} />
      ) : (
        <SameWithApi
          operation="createPairingCode"
          input={{ params: { id }, body: { phone: '+1 555 0100 000' } }}
        />
      )}
    </Page>
  )
}

function Stage({ session, method }: { session: Session; method: 'qr' | 'code' }) {
  switch (session.status) {
    case 'connected':
      return <Connected session={session} />
    case 'syncing':
      return (
        <Waiting title="Linked. Reading what the phone sends first…" detail="This takes a few seconds." />
      )
    case 'reconnecting':
      return <Waiting title="Linked. Connecting again…" detail={session.reason ?? ''} />
    default:
      return method === 'qr' ? <ScanQr session={session} /> : <PairingCode session={session} />
  }
}

function Waiting({ title, detail }: { title: string; detail: string }) {
  return (
    <div role="status" className="flex flex-col items-center gap-1 py-16 text-center">
      <Steps at={2} />
      <p className="mt-6 font-medium">{title}</p>
      <p className="text-sm text-soft">{detail}</p>
    </div>
  )
}

function Connected({ session }: { session: Session }) {
  const { id, name, phone, push_name } = session
  useEffect(() => {
    document.title = `${name} is connected · Waxwing`
  }, [name])
  return (
    <div role="status" className="flex flex-col items-center gap-1 py-12 text-center">
      <Steps at={3} />
      <p className="mt-6 text-lg font-semibold tracking-tight">Connected</p>
      <p className="text-soft">
        {push_name ? `${push_name}, ` : ''}
        {phone ? numberWord(phone) : ''}
      </p>
      <div className="mt-5 flex flex-wrap justify-center gap-2">
        <LinkButton variant="solid" to="/webhooks/new">
          Add a webhook
        </LinkButton>
        <LinkButton to="/sessions/$id" params={{ id }}>
          Open the session
        </LinkButton>
      </div>
    </div>
  )
}
