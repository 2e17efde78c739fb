import { Link } from '@tanstack/react-router'
import type { Answer } from '../../api.ts'
import type { Webhook } from '../../operations.ts'
import { AttemptsChart } from '../../parts/attempts-chart.tsx'
import { DeliveryPill } from '../../parts/delivery-pill.tsx'
import { eventsWord, percent } from '../../parts/words.ts'
import { usePages, useRead } from '../../query.ts'
import { LinkButton } from '../../ui/button.tsx'
import { Empty, Failed, Listing } from '../../ui/list-states.tsx'
import { Card, Facts } from '../../ui/page.tsx'
import { Ago, duration } from '../../ui/time.tsx'
import { useWebhook } from './webhook.tsx'

/** How its receiver is doing, and why. */
export function WebhookHealth() {
  const webhook = useWebhook()
  const day = useRead('getOverview', { query: { window: '24h', webhook_id: webhook.id } }, { every: 10_000 })
  return (
    <div className="grid items-start gap-4 lg:grid-cols-3">
      <div className="space-y-4 lg:col-span-2">
        <Card title="Last 24 hours" description={day.data && dayWord(day.data)}>
          {day.isError ? (
            <Failed error={day.error} retry={day.refetch} />
          ) : day.data ? (
            <AttemptsChart overview={day.data} />
          ) : (
            <div className="skeleton h-36" />
          )}
        </Card>
        <Latest webhook={webhook} />
      </div>
      <Card title="State">
        <Facts
          rows={[
            ['Health', healthWord(webhook)],
            ...(webhook.health.paused_until
              ? [['Paused until', <Ago key="paused" at={webhook.health.paused_until} />] as const]
              : []),
            ['Since', <Ago key="since" at={webhook.health.since} />],
            [
              'Events',
              <span key="events" title={webhook.subscribed_events.join('\n')}>
                {eventsWord(webhook.subscribed_events)}
              </span>,
            ],
            ['Sessions', webhook.session_ids === null ? 'all' : `${webhook.session_ids.length} chosen`],
            ['Attempts', `up to ${webhook.retry_config.max_attempts}`],
            ['In order', webhook.ordered ? 'yes' : 'no'],
            ['Rate', webhook.rate_limit === null ? 'no limit' : `${webhook.rate_limit} a second`],
            ['Created', <Ago key="created" at={webhook.created_at} />],
          ]}
        />
      </Card>
    </div>
  )
}

function healthWord({ enabled, health }: Webhook): string {
  if (!enabled) return 'Paused by a person. Deliveries wait until somebody resumes it.'
  return health.reason ?? 'Its receiver answers.'
}

function dayWord({ totals }: Answer<'getOverview'>): string {
  if (totals.attempts === 0) return 'Nothing was sent.'
  const middle = totals.p50_ms === null ? '' : `, half within ${duration(totals.p50_ms)}`
  return `${totals.attempts.toLocaleString()} attempts, ${percent(totals.success_percent ?? 0)} answered${middle}`
}

function Latest({ webhook }: { webhook: Webhook }) {
  const list = usePages('listDeliveries', { webhook_id: webhook.id }, { every: 5_000, limit: 8 })
  return (
    <Card
      flush
      title="Latest deliveries"
      actions={
        <LinkButton to="/deliveries" search={{ webhook: webhook.id }} variant="quiet">
          All of them
        </LinkButton>
      }
    >
      <Listing
        read={list}
        count={list.items.length}
        rows={4}
        empty={
          <Empty
            title="Nothing was delivered yet."
            action={
              <LinkButton variant="solid" to="/webhooks/$id/test" params={{ id: webhook.id }}>
                Send a test
              </LinkButton>
            }
          >
            A test goes out at once. Real events come when something happens on a session.
          </Empty>
        }
      >
        <ul className="divide-y divide-line">
          {list.items.slice(0, 8).map(delivery => (
            <li
              key={delivery.id}
              className="relative flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 hover:bg-hover/50"
            >
              <span className="w-24">
                <DeliveryPill delivery={delivery} />
              </span>
              <Link
                to="/deliveries/$id"
                params={{ id: delivery.id }}
                className="min-w-0 flex-1 truncate font-mono text-sm after:absolute after:inset-0"
              >
                {delivery.event_type}
              </Link>
              <span className="text-sm text-soft">
                {delivery.response_status ?? delivery.error_class ?? ''}
              </span>
              <span className="relative text-sm">
                <Ago at={delivery.created_at} />
              </span>
            </li>
          ))}
        </ul>
      </Listing>
    </Card>
  )
}
