import { getRouteApi, Link } from '@tanstack/react-router'
import { Receivers } from '../../parts/receivers.tsx'
import { useRead } from '../../query.ts'
import { LinkButton } from '../../ui/button.tsx'
import { Json } from '../../ui/code.tsx'
import { Id } from '../../ui/copy.tsx'
import { Card, Facts, Page } from '../../ui/page.tsx'
import { PageState } from '../../ui/page-state.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { Ago } from '../../ui/time.tsx'

const route = getRouteApi('/live/$id')

/** One thing that happened, and who received it. */
export function EventPage() {
  const { id } = route.useParams()
  const event = useRead('getEvent', { params: { id } })
  if (!event.data) return <PageState read={event} />
  const { type, timestamp, committed_at, session_id, payload } = event.data
  return (
    <Page
      title={type}
      back={
        <Link to="/live" className="hover:text-ink">
          ← Live
        </Link>
      }
      description={<Id value={id} whole />}
      actions={
        <LinkButton to="/events" search={{ type }}>
          About this event
        </LinkButton>
      }
    >
      <div className="grid items-start gap-4 lg:grid-cols-[20rem_minmax(0,1fr)]">
        <div className="space-y-4">
          <Card title="Facts">
            <Facts
              rows={[
                ['Happened', <Ago key="at" at={timestamp} />],
                ['Committed', <Ago key="committed" at={committed_at} />],
                [
                  'Session',
                  session_id ? (
                    <Link
                      key="session"
                      to="/sessions/$id"
                      params={{ id: session_id }}
                      className="underline underline-offset-2"
                    >
                      open it
                    </Link>
                  ) : (
                    'none'
                  ),
                ],
              ]}
            />
          </Card>
          <Card title="Who received it" flush>
            <Receivers eventId={id} />
          </Card>
        </div>
        <Card title="What webhooks receive">
          <Json value={payload} label="Copy the event" />
        </Card>
      </div>
      <SameWithApi operation="getEvent" input={{ params: { id } }} />
    </Page>
  )
}
