import { getRouteApi, Link } from '@tanstack/react-router'
import { Ban, RotateCw } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api.ts'
import type { DeliveryDetail } from '../../operations.ts'
import { DeliveryPill } from '../../parts/delivery-pill.tsx'
import { counted } from '../../parts/words.ts'
import { queryClient, useChange, useRead } from '../../query.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmButton } from '../../ui/confirm.tsx'
import { Id } from '../../ui/copy.tsx'
import { Complaint } from '../../ui/list-states.tsx'
import { Card, Facts, Page } from '../../ui/page.tsx'
import { PageState } from '../../ui/page-state.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { Ago } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { AttemptView } from './attempt-view.tsx'
import { Timeline } from './timeline.tsx'

const route = getRouteApi('/deliveries/$id')
const stale = ['getDelivery', 'listDeliveries', 'listDeadLetters'] as const

/** The whole story of one event on its way to one webhook. */
export function DeliveryPage() {
  const { id } = route.useParams()
  const delivery = useRead(
    'getDelivery',
    { params: { id } },
    { every: answer => (answer?.status === 'pending' ? 1_500 : 15_000) },
  )
  if (!delivery.data) return <PageState read={delivery} />
  return <Story key={id} delivery={delivery.data} />
}

function Story({ delivery }: { delivery: DeliveryDetail }) {
  const { id, event_type, attempt_log } = delivery
  const event = useRead('getEvent', { params: { id: delivery.event_id } })
  const webhook = useRead('getWebhook', { params: { id: delivery.webhook_id } })
  const redeliver = useChange('redeliver', { stale, done: () => toast('It goes out again now') })
  const [chosen, setChosen] = useState<number | null>(null)
  const attempt = attempt_log.find(one => one.attempt === chosen) ?? attempt_log.at(-1)
  return (
    <Page
      title={event_type}
      beside={<DeliveryPill delivery={delivery} />}
      back={
        <Link to="/deliveries" className="hover:text-ink">
          ← Deliveries
        </Link>
      }
      description={
        <span className="flex flex-wrap items-center gap-x-2">
          to{' '}
          <Link
            to="/webhooks/$id"
            params={{ id: delivery.webhook_id }}
            className="text-ink underline underline-offset-2"
          >
            {webhook.data?.name ?? 'its webhook'}
          </Link>
          <Id value={id} whole />
        </span>
      }
      actions={
        <>
          <Button
            icon={<RotateCw />}
            variant={delivery.status === 'failed' ? 'solid' : 'plain'}
            busy={redeliver.isPending}
            onClick={() => redeliver.mutate({ params: { id } })}
          >
            Redeliver
          </Button>
          {delivery.status === 'pending' && (
            <ConfirmButton
              label="Cancel"
              icon={<Ban />}
              title="Make no further attempt?"
              action="Cancel the delivery"
              run={async () => {
                await call('cancelDelivery', { params: { id } })
                await Promise.all(stale.map(name => queryClient.invalidateQueries({ queryKey: [name] })))
              }}
            >
              This one delivery is given up after {counted(delivery.attempts, 'attempt')}. Its event stays,
              and a redelivery brings it back.
            </ConfirmButton>
          )}
          {delivery.status === 'failed' && (
            <ConfirmButton
              label="Put away"
              icon={<Ban />}
              title="Put this dead letter away?"
              action="Put it away"
              run={async () => {
                await call('dismissDeadLetter', { params: { id } })
                await Promise.all(stale.map(name => queryClient.invalidateQueries({ queryKey: [name] })))
              }}
            >
              It becomes cancelled, and no replay takes it unless it is asked for cancelled ones. Its attempts
              stay.
            </ConfirmButton>
          )}
        </>
      }
    >
      <div className="space-y-4">
        <Complaint error={redeliver.error} />
        <div className="grid items-start gap-4 lg:grid-cols-[20rem_minmax(0,1fr)]">
          <div className="space-y-4">
            <Card title="What happened">
              <Timeline
                delivery={delivery}
                committedAt={event.data?.committed_at ?? null}
                chosen={attempt?.attempt ?? null}
                choose={setChosen}
              />
            </Card>
            <Card title="Facts">
              <Facts
                rows={[
                  [
                    'Event',
                    <Link
                      key="event"
                      to="/live/$id"
                      params={{ id: delivery.event_id }}
                      className="font-mono text-xs underline underline-offset-2"
                    >
                      …{delivery.event_id.slice(-8)}
                    </Link>,
                  ],
                  ['webhook-id', <Id key="webhook-id" value={delivery.event_id} />],
                  [
                    'Session',
                    delivery.session_id ? (
                      <Link
                        key="session"
                        to="/sessions/$id"
                        params={{ id: delivery.session_id }}
                        className="font-mono text-xs underline underline-offset-2"
                      >
                        …{delivery.session_id.slice(-8)}
                      </Link>
                    ) : (
                      'none'
                    ),
                  ],
                  ['Happened', <Ago key="at" at={delivery.created_at} />],
                  [
                    'Delivered',
                    delivery.delivered_at ? <Ago key="delivered" at={delivery.delivered_at} /> : 'not yet',
                  ],
                ]}
              />
            </Card>
          </div>
          <AttemptView delivery={delivery} attempt={attempt} url={webhook.data?.webhook_url ?? ''} />
        </div>
      </div>
      <SameWithApi operation="redeliver" input={{ params: { id } }} />
    </Page>
  )
}
