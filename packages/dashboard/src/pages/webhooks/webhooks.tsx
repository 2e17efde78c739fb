import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import type { Answer } from '../../api.ts'
import type { Webhook } from '../../operations.ts'
import { WebhookPill, webhookWord } from '../../parts/webhook-pill.tsx'
import { counted, eventsWord, percent, sum } from '../../parts/words.ts'
import { usePages, useRead } from '../../query.ts'
import { LinkButton } from '../../ui/button.tsx'
import { Id } from '../../ui/copy.tsx'
import { Choice, TextField } from '../../ui/field.tsx'
import { Empty, Listing } from '../../ui/list-states.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'

const route = getRouteApi('/webhooks')

/** Where events go. */
export function Webhooks() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/webhooks' })
  const list = usePages('listWebhooks', {}, { every: 10_000, limit: 250 })
  const overview = useRead('getOverview', { query: { window: '24h' } }, { every: 30_000 })
  const set = (change: Partial<typeof search>) =>
    navigate({ search: { ...search, ...change }, replace: true })
  const shown = list.items.filter(webhook => fits(webhook, search))

  return (
    <Page
      title="Webhooks"
      description="Each webhook is a URL that receives events as signed requests."
      actions={
        <LinkButton variant="solid" icon={<Plus />} to="/webhooks/new">
          New webhook
        </LinkButton>
      }
    >
      <div className="mb-3 flex flex-wrap gap-2">
        <div className="w-full sm:w-64">
          <TextField
            label="Search webhooks"
            silent
            type="search"
            placeholder="Name or URL"
            value={search.q ?? ''}
            onChange={event => set({ q: event.target.value || undefined })}
          />
        </div>
        <div className="w-40">
          <Choice
            label="State"
            silent
            value={search.state ?? ''}
            onChange={event => set({ state: event.target.value || undefined })}
            options={[
              ['', 'Any state'],
              ...['Active', 'Paused', 'Degraded', 'Suspended', 'Disabled'].map(word => [word, word] as const),
            ]}
          />
        </div>
      </div>
      <Card flush>
        <Listing
          read={list}
          count={list.items.length}
          shown={shown.length}
          clear={() => set({ q: undefined, state: undefined })}
          empty={
            <Empty
              title="No event goes anywhere yet."
              action={
                <>
                  <LinkButton variant="solid" icon={<Plus />} to="/webhooks/new">
                    New webhook
                  </LinkButton>
                  <LinkButton to="/inbox">Use the built-in inbox</LinkButton>
                </>
              }
            >
              Give a URL of yours, tick the events you want, and send a test. No receiver yet? The built-in
              inbox shows what one would get.
            </Empty>
          }
        >
          <ul className="divide-y divide-line">
            {shown.map(webhook => (
              <Row key={webhook.id} webhook={webhook} overview={overview.data} />
            ))}
          </ul>
        </Listing>
      </Card>
      <SameWithApi operation="listWebhooks" input={{}} />
    </Page>
  )
}

function fits(webhook: Webhook, { state, q = '' }: { state?: string; q?: string }): boolean {
  if (state !== undefined && webhookWord(webhook).text !== state) return false
  return `${webhook.name} ${webhook.webhook_url} ${webhook.id}`.toLowerCase().includes(q.toLowerCase())
}

function Row({ webhook, overview }: { webhook: Webhook; overview: Answer<'getOverview'> | undefined }) {
  const { id, name, webhook_url, subscribed_events, session_ids } = webhook
  const day = overview?.webhooks.find(({ webhook_id }) => webhook_id === id)
  return (
    <li className="relative flex flex-wrap items-center gap-x-5 gap-y-2 px-4 py-3 hover:bg-hover/50">
      <div className="min-w-0 flex-1 basis-64">
        <div className="flex flex-wrap items-center gap-2">
          <Link to="/webhooks/$id" params={{ id }} className="font-medium after:absolute after:inset-0">
            {name}
          </Link>
          <WebhookPill webhook={webhook} />
        </div>
        <p className="truncate font-mono text-xs text-soft">{webhook_url}</p>
      </div>
      <p className="w-40 text-sm text-soft" title={subscribed_events.join('\n')}>
        {eventsWord(subscribed_events)}
        <br />
        <span className="text-faint">
          {session_ids === null ? 'all sessions' : counted(session_ids.length, 'session')}
        </span>
      </p>
      <Day day={day} />
      <span className="relative hidden sm:block">
        <Id value={id} />
      </span>
    </li>
  )
}

function Day({ day }: { day: Answer<'getOverview'>['webhooks'][number] | undefined }) {
  const total = day ? sum(day.succeeded) + sum(day.failed) : 0
  if (!day || total === 0) return <p className="w-40 text-sm text-faint">quiet for 24 h</p>
  const rate = (100 * sum(day.succeeded)) / total
  return (
    <div className="flex w-40 items-center gap-2.5">
      <div className="w-24">
        <Sparkline
          good={day.succeeded}
          bad={day.failed}
          label={`${total} attempts in 24 hours, ${sum(day.failed)} failed`}
        />
      </div>
      <span className="text-sm text-soft">{percent(rate)}</span>
    </div>
  )
}
