import { getRouteApi, Link, Navigate, useNavigate } from '@tanstack/react-router'
import type { Overview as Figures, Session, Webhook } from '../../operations.ts'
import { AttemptsChart, sliceTitle } from '../../parts/attempts-chart.tsx'
import { causeWord } from '../../parts/cause-word.ts'
import { sessionWords } from '../../parts/session-pill.tsx'
import { counted, percent, sum } from '../../parts/words.ts'
import { usePages, useRead } from '../../query.ts'
import { LinkButton } from '../../ui/button.tsx'
import { Lines } from '../../ui/lines.tsx'
import { Empty, Failed } from '../../ui/list-states.tsx'
import { Card, Page } from '../../ui/page.tsx'
import { Pill } from '../../ui/pill.tsx'
import { SameWithApi } from '../../ui/same-with-api.tsx'
import { Segments } from '../../ui/tabs.tsx'
import { Ago, duration } from '../../ui/time.tsx'
import { hasSkippedWelcome } from '../welcome/noted.ts'
import { Figure } from './figure.tsx'
import { Problems } from './problems.tsx'

const windows = [
  ['1h', '1 h'],
  ['24h', '24 h'],
  ['7d', '7 d'],
  ['30d', '30 d'],
] as const
const route = getRouteApi('/')

/** Is everything well? If not, what, and where to go. */
export function Overview() {
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/' })
  const window = windows.find(([name]) => name === search.window)?.[0] ?? '1h'
  const figures = useRead('getOverview', { query: { window } }, { every: 5_000, keep: true })
  const sessions = usePages('listSessions', {}, { every: 10_000, limit: 250 })
  const webhooks = usePages('listWebhooks', {}, { every: 10_000, limit: 250 })
  const isNew =
    sessions.isSuccess && webhooks.isSuccess && sessions.items.length === 0 && webhooks.items.length === 0
  if (isNew && !hasSkippedWelcome()) return <Navigate to="/welcome" replace />
  return (
    <Page
      title="Overview"
      actions={
        <Segments
          label="Window"
          value={window}
          options={windows}
          onChange={next => navigate({ search: { window: next === '1h' ? undefined : next }, replace: true })}
        />
      }
    >
      <div className="space-y-4">
        <Problems sessions={sessions.items} webhooks={webhooks.items} figures={figures.data} />
        {figures.isError ? (
          <Card flush>
            <Failed error={figures.error} retry={figures.refetch} />
          </Card>
        ) : (
          <>
            <Row figures={figures.data} />
            <div className="grid gap-4 lg:grid-cols-2">
              <Card title="Attempts">
                {figures.data ? <AttemptsChart overview={figures.data} /> : <div className="skeleton h-34" />}
              </Card>
              <Card title="Time to answer">
                {figures.data ? (
                  <Lines
                    names={['half within', '95 % within']}
                    points={figures.data.slices.map(({ at, p50_ms, p95_ms }) => ({
                      title: sliceTitle(at, figures.data.slice_s),
                      low: p50_ms,
                      high: p95_ms,
                    }))}
                  />
                ) : (
                  <div className="skeleton h-34" />
                )}
              </Card>
            </div>
            <div className="grid items-start gap-4 lg:grid-cols-2">
              <Failing figures={figures.data} webhooks={webhooks.items} />
              <Numbers sessions={sessions.items} loaded={sessions.isSuccess} />
            </div>
          </>
        )}
      </div>
      <SameWithApi operation="getOverview" input={{ query: { window } }} />
    </Page>
  )
}

function Row({ figures }: { figures: Figures | undefined }) {
  const { totals, backlog = [], dead_letters = 0, slices = [], slice_s = 60 } = figures ?? {}
  const pending = sum(backlog.map(({ pending }) => pending))
  const [oldest] = backlog.map(({ oldest_at }) => oldest_at).sort()
  const perMinute = totals ? totals.attempts / ((slices.length * slice_s) / 60) : 0
  return (
    <div className="grid grid-cols-2 gap-px overflow-hidden rounded-xl border border-line bg-line sm:grid-cols-3 lg:grid-cols-5">
      <Figure
        name="Attempts a minute"
        value={totals && (perMinute < 10 ? perMinute.toFixed(1) : Math.round(perMinute).toLocaleString('en'))}
      >
        {totals && `${counted(totals.attempts, 'attempt')} in all`}
      </Figure>
      <Figure
        name="Answered with 2xx"
        value={totals && (totals.success_percent === null ? '–' : percent(totals.success_percent))}
        tone={(totals?.success_percent ?? 100) < 95 ? 'bad' : undefined}
      >
        {totals && `${(totals.attempts - totals.succeeded).toLocaleString('en')} failed`}
      </Figure>
      <Figure name="Half within" value={totals && (totals.p50_ms === null ? '–' : duration(totals.p50_ms))}>
        {totals && (totals.p95_ms === null ? 'nothing sent' : `95 % within ${duration(totals.p95_ms)}`)}
      </Figure>
      <Figure name="Waiting" value={figures && pending.toLocaleString('en')}>
        {oldest ? (
          <>
            oldest <Ago at={oldest} />
          </>
        ) : (
          figures && 'no backlog'
        )}
      </Figure>
      <Figure
        name="Dead letters"
        value={figures && dead_letters.toLocaleString('en')}
        tone={dead_letters > 0 ? 'bad' : undefined}
        className="col-span-2 sm:col-span-1"
      >
        {dead_letters > 0 ? (
          <Link to="/dead-letters" className="text-accent hover:underline">
            look at them
          </Link>
        ) : (
          figures && 'none'
        )}
      </Figure>
    </div>
  )
}

function Failing({ figures, webhooks }: { figures: Figures | undefined; webhooks: readonly Webhook[] }) {
  return (
    <Card flush title="What fails" description="By where and why, the most frequent first.">
      {figures?.failures.length === 0 ? (
        <Empty title="Nothing failed." />
      ) : (
        <ul className="max-h-80 divide-y divide-line overflow-y-auto">
          {figures?.failures
            .slice(0, 20)
            .map(({ webhook_id, error_class, response_status, count, last_at }) => (
              <li
                key={`${webhook_id} ${error_class} ${response_status}`}
                className="relative flex flex-wrap items-center gap-x-3 gap-y-0.5 px-4 py-2.5 hover:bg-hover/50"
              >
                <div className="min-w-0 flex-1 basis-40">
                  <Link
                    to="/deliveries"
                    search={{
                      webhook: webhook_id,
                      ...(response_status ? { code: response_status } : { error: error_class as never }),
                    }}
                    className="font-medium after:absolute after:inset-0"
                  >
                    {causeWord(String(response_status ?? error_class))}
                  </Link>
                  <p className="truncate text-sm text-soft">
                    {webhooks.find(({ id }) => id === webhook_id)?.name ?? 'a deleted webhook'}
                  </p>
                </div>
                <span className="text-sm">{count.toLocaleString('en')}×</span>
                <span className="relative w-20 text-right text-sm">
                  <Ago at={last_at} />
                </span>
              </li>
            ))}
        </ul>
      )}
    </Card>
  )
}

function Numbers({ sessions, loaded }: { sessions: readonly Session[]; loaded: boolean }) {
  const states = [...Map.groupBy(sessions, ({ status }) => status)]
  return (
    <Card
      title="Sessions"
      description={counted(sessions.length, 'number')}
      actions={
        <LinkButton to="/sessions" variant="quiet">
          All of them
        </LinkButton>
      }
    >
      {loaded && sessions.length === 0 ? (
        <p className="text-sm text-soft">
          No number is linked.{' '}
          <Link to="/sessions" search={{ new: 1 }} className="text-accent underline underline-offset-2">
            Link one
          </Link>
        </p>
      ) : (
        <ul className="flex flex-wrap gap-x-6 gap-y-3">
          {states.map(([status, mine]) => (
            <li key={status}>
              <Link to="/sessions" search={{ status }} className="flex items-center gap-2 hover:underline">
                <span className="text-lg font-semibold">{mine.length}</span>
                <Pill tone={sessionWords[status].tone}>{sessionWords[status].text}</Pill>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
