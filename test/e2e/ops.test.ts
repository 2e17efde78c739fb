/** The board and the alerts that ship: everything they ask Prometheus for is on the page of a running gateway. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { parser } from '@prometheus-io/lezer-promql'
import { parse } from 'yaml'
import { eventually, type Journey, startJourney } from './journey.ts'

type Target = { expr: string; datasource: { uid: string } }
type Place = { x: number; y: number; w: number; h: number }
type Panel = {
  id: number
  type: string
  title: string
  description?: string
  gridPos: Place
  targets?: Target[]
}
type Board = { panels: Panel[]; templating: { list: { name: string; definition?: string }[] } }
type Rule = {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: Record<'summary' | 'description' | 'action', string>
}

const ops = join(import.meta.dirname, '../../ops')
const board: Board = JSON.parse(await readFile(join(ops, 'grafana/waxwing.json'), 'utf8'))
const alerts: { groups: { rules: Rule[] }[] } = parse(
  await readFile(join(ops, 'prometheus/alerts.yml'), 'utf8'),
)
const rules = alerts.groups.flatMap(group => group.rules)
const targets = board.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ where: `panel “${title}”`, expr })),
)
const asked = [...targets, ...rules.map(({ alert, expr }) => ({ where: `alert ${alert}`, expr }))]

/** What an expression selects: metrics, and the labels it matches or groups by. Fails on what is no PromQL. */
function selectedBy({ where, expr }: { where: string; expr: string }): {
  metrics: string[]
  labels: string[]
} {
  const text = expr.replaceAll('$__rate_interval', '5m')
  const metrics: string[] = []
  const labels: string[] = []
  parser.parse(text).iterate({
    enter(node) {
      const word = text.slice(node.from, node.to)
      assert.ok(!node.type.isError, `${where}: no PromQL at “${text.slice(node.from)}”`)
      if (node.name === 'Identifier' && node.node.parent?.name === 'VectorSelector') metrics.push(word)
      if (node.name === 'LabelName') labels.push(word)
    },
  })
  assert.ok(metrics.length > 0, `${where} selects nothing`)
  return { metrics, labels }
}

/** The names a page has samples for, and the labels of each. */
function samplesOf(page: string): Map<string, Set<string>> {
  const samples = new Map<string, Set<string>>()
  for (const line of page.split('\n').filter(one => one !== '' && !one.startsWith('#'))) {
    const [, name = '', labels = ''] = /^([^{ ]+)(?:\{(.*)\})? /.exec(line) ?? []
    const known = samples.get(name) ?? new Set()
    for (const [, label = ''] of labels.matchAll(/([a-z_]+)="/g)) known.add(label)
    samples.set(name, known)
  }
  return samples
}

let journey: Journey
let samples: Map<string, Set<string>>

before(async () => {
  journey = await startJourney({ webhook: { retry_config: { max_attempts: 2, backoff_ms: 60_000 } } })
  const contact = journey.whatsapp.contact({ number: '15550123', name: 'Contact' })
  // One that waits, so that what is shown only of those that are behind is shown.
  journey.receiver.answer = () => 500
  await contact.say(journey.phone, 'waits')
  samples = await eventually('a delivery that waits is on the page', async () => {
    const page = samplesOf(await (await fetch(`${journey.gateway.url}/metrics`)).text())
    return page.has('waxwing_webhook_oldest_undelivered_seconds') && page
  })
})
after(() => journey?.end())

/** Shown only of what is in trouble, which this gateway is not. */
const onlyInTrouble = new Set(['waxwing_session_inbox_oldest_seconds'])

test('every metric and label of the board and the alerts is one a running gateway has', () => {
  /** Prometheus adds them. */
  const added = ['instance', 'job', 'le']
  for (const one of asked) {
    const { metrics, labels } = selectedBy(one)
    for (const name of metrics)
      if (!onlyInTrouble.has(name)) assert.ok(samples.has(name), `${one.where}: there is no ${name}`)
    const had = new Set([...added, ...metrics.flatMap(name => [...(samples.get(name) ?? [])]), 'session_id'])
    for (const label of labels) assert.ok(had.has(label), `${one.where}: ${metrics} has no label ${label}`)
  }
})

test('what law 19 promises is on the board', () => {
  const shown = new Set(targets.flatMap(target => selectedBy(target).metrics))
  const promised = {
    'oldest undelivered age per endpoint': 'waxwing_webhook_oldest_undelivered_seconds',
    'event-to-first-attempt histogram': 'waxwing_event_to_first_attempt_seconds_bucket',
    'attempts by class': 'waxwing_delivery_attempts_total',
    'in flight': 'waxwing_attempts_in_flight',
    'lease reclaims': 'waxwing_leases_reclaimed_total',
    'duplicates averted, at the commit': 'waxwing_events_known_total',
    'duplicates averted, at the record': 'waxwing_outcomes_fenced_out_total',
    'dead letters': 'waxwing_dead_letters',
    'stream pending': 'waxwing_stream_waiting',
    'stream lag': 'waxwing_stream_lag_seconds',
    'stream dropped': 'waxwing_stream_dropped_total',
    'pool waits': 'waxwing_database_pool_wait_seconds_total',
    'who waits for the pool': 'waxwing_database_pool_waiting',
    'dead tuples': 'waxwing_dead_tuples',
    'partitions kept': 'waxwing_partitions_kept',
    'event loop delay': 'nodejs_eventloop_lag_p99_seconds',
    memory: 'process_resident_memory_bytes',
    cpu: 'process_cpu_seconds_total',
    'sessions by status': 'waxwing_known_sessions',
    'webhooks by state': 'waxwing_webhooks',
    'webhooks at their rate limit': 'waxwing_webhooks_rate_limited',
    replays: 'waxwing_replays',
  }
  assert.deepEqual(
    Object.entries(promised).filter(([, metric]) => !shown.has(metric)),
    [],
  )
})

test('no panel of the board hides another, each says what it shows, and all ask the chosen Prometheus', () => {
  const { panels } = board
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const shows = panels.filter(({ type }) => type !== 'row')
  for (const { title, description, targets = [] } of shows) {
    assert.ok(description, `${title} has no description`)
    for (const { expr, datasource } of targets) {
      assert.equal(datasource.uid, '$' + '{datasource}', title)
      assert.match(expr, /\{instance=~"\$instance"/, `${title} ignores the chosen processes`)
    }
  }
  for (const [at, { gridPos: one, title }] of panels.entries()) {
    assert.ok(one.x + one.w <= 24, `${title} is beyond the edge`)
    for (const { gridPos: other } of panels.slice(at + 1)) {
      const apart =
        one.x + one.w <= other.x ||
        other.x + other.w <= one.x ||
        one.y + one.h <= other.y ||
        other.y + other.h <= one.y
      assert.ok(apart, `${title} lies under another panel`)
    }
  }
})

test('every alert says what it means and what to do', () => {
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  for (const { alert, labels, annotations } of rules) {
    assert.match(labels.severity, /^(critical|warning|info)$/, alert)
    for (const part of ['summary', 'description', 'action'] as const)
      assert.match(annotations[part], /^\S.*\.$/, `${alert} has no sentence for ${part}`)
  }
})
