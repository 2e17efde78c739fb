import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Engine } from './engine/engine.ts'
import { newFigures } from './engine/figures.ts'
import { createMetrics, type Watched } from './metrics.ts'
import type { DueDelivery, RecordedOutcome } from './store/deliveries.ts'

type Held = ReturnType<Engine['sessions']>[number]

const quiet: Watched['backlog'] = {
  inboxes: async () => [],
  webhooks: async () => [],
  deadLetters: async () => 0,
  webhookStates: async () => ({ healthy: 0, paused: 0, degraded: 0, suspended: 0, disabled: 0, off: 0 }),
  sessions: async () => [],
  replays: async () => ({ running: 0, paused: 0 }),
  deadTuples: async () => [],
}

/** Metrics over sessions that the test changes, on a clock that moves far between two scrapes. */
function watching(backlog: Watched['backlog'] = quiet) {
  const held: Held[] = []
  let at = 0
  const metrics = createMetrics({
    version: '1.2.3',
    watched: () => ({ backlog, sessions: () => held }),
    now: () => at,
  })
  const scrape = async () => {
    at += 10_000
    return valuesOf(await metrics.scrape())
  }
  return { held, metrics, scrape }
}

/** `name{label="x"}` to value. */
function valuesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  )
}

function session(sessionId: string, status = 'connected'): Held {
  return { sessionId, status, since: new Date(0), figures: newFigures() }
}

test('a total counts what every session counts, and does not fall when one of them ends or starts anew', async () => {
  const { held, scrape } = watching()
  const [one, two] = [session('one'), session('two')]
  held.push(one, two)
  Object.assign(one.figures, { recovered: 3, gated: 2, gateMs: 500, longestGateMs: 400 })
  two.figures.recovered = 4
  const first = await scrape()
  assert.equal(first.get('waxwing_stanzas_recovered_total'), 7)
  assert.equal(first.get('waxwing_session_stanzas_recovered_total{session_id="one"}'), 3)
  assert.equal(first.get('waxwing_session_gate_wait_seconds_total{session_id="one"}'), 0.5)
  assert.equal(first.get('waxwing_session_gate_longest_seconds{session_id="one"}'), 0.4)

  one.figures.recovered = 5
  held.splice(1, 1)
  const second = await scrape()
  assert.equal(second.get('waxwing_stanzas_recovered_total'), 9)
  assert.equal(second.has('waxwing_session_stanzas_recovered_total{session_id="two"}'), false)

  const again = session('two')
  again.figures.recovered = 1
  held.push(again)
  const third = await scrape()
  assert.equal(third.get('waxwing_stanzas_recovered_total'), 10)
  assert.equal(third.get('waxwing_session_stanzas_recovered_total{session_id="two"}'), 1)
})

test('sessions are counted by status, and a status nobody has is 0', async () => {
  const { held, scrape } = watching()
  held.push(session('one'), session('two'), session('three', 'qr'))
  const values = await scrape()
  assert.equal(values.get('waxwing_sessions{status="connected"}'), 2)
  assert.equal(values.get('waxwing_sessions{status="qr"}'), 1)
  assert.equal(values.get('waxwing_sessions{status="reconnecting"}'), 0)
})

test('what the rooms have in their hands and have counted is shown, and a room that is elsewhere counts nothing', async () => {
  const dispatcher = { inFlight: 3, waiting: 4, held: 5, unrecorded: 6, rateLimited: 1 }
  const counts = { attempts: 9, fencedOut: 7, putBack: 8, reclaimed: 2 }
  const pool = { size: 10, total: 4, idle: 1, waiting: 2, acquired: 100, waitedMs: 2_500 }
  const watched: Watched = {
    backlog: quiet,
    dispatcher: () => ({ ...dispatcher, ...counts }),
    lane: () => ({ announced: 20, dropped: 1, waiting: 12, lagMs: 500 }),
    store: () => ({ pool, events: { committed: 30, known: 11 }, partitionsKept: 13 }),
  }
  const page = async (rooms: Watched) =>
    valuesOf(await createMetrics({ version: '1.2.3', watched: () => rooms }).scrape())
  const here = await page(watched)
  const elsewhere = await page({ backlog: quiet })
  for (const [name, value] of Object.entries({
    waxwing_attempts_in_flight: 3,
    waxwing_deliveries_waiting: 4,
    waxwing_deliveries_held: 5,
    waxwing_outcomes_unrecorded: 6,
    waxwing_webhooks_rate_limited: 1,
    waxwing_outcomes_fenced_out_total: 7,
    waxwing_deliveries_put_back_total: 8,
    waxwing_leases_reclaimed_total: 2,
    waxwing_stream_announced_total: 20,
    waxwing_stream_dropped_total: 1,
    waxwing_stream_waiting: 12,
    waxwing_stream_lag_seconds: 0.5,
    waxwing_database_pool_size: 10,
    waxwing_database_pool_open: 4,
    waxwing_database_pool_idle: 1,
    waxwing_database_pool_waiting: 2,
    waxwing_database_pool_acquired_total: 100,
    waxwing_database_pool_wait_seconds_total: 2.5,
    waxwing_events_committed_total: 30,
    waxwing_events_known_total: 11,
    waxwing_partitions_kept: 13,
  })) {
    assert.equal(here.get(name), value, name)
    assert.equal(elsewhere.get(name), 0, name)
  }
})

test('attempts are counted by what came of them, and only an automatic first one says how late it was', async () => {
  const { metrics, scrape } = watching()
  const born = new Date('2026-11-24T10:00:00.000Z')
  const attempt = (delivery: Partial<DueDelivery>, outcome: Partial<RecordedOutcome>) =>
    metrics.attempted(
      { createdAt: born, manual: false, ...delivery } as DueDelivery,
      {
        attempt: 1,
        startedAt: new Date(born.getTime() + 40),
        durationMs: 20,
        errorClass: null,
        next: { kind: 'delivered' },
        ...outcome,
      } as RecordedOutcome,
    )
  attempt({}, {})
  attempt({}, { attempt: 2, errorClass: 'timeout', next: { kind: 'dead' } })
  attempt({ manual: true }, {})
  attempt({ trial: true }, { errorClass: 'http_5xx', next: { kind: 'retry', at: born } })

  const values = await scrape()
  assert.equal(values.get('waxwing_delivery_attempts_total{result="delivered"}'), 2)
  assert.equal(values.get('waxwing_delivery_attempts_total{result="timeout"}'), 1)
  assert.equal(values.get('waxwing_delivery_attempts_total{result="http_5xx"}'), 1)
  assert.equal(values.get('waxwing_delivery_attempts_total{result="dns"}'), 0)
  assert.equal(values.get('waxwing_deliveries_died_total'), 1)
  assert.equal(values.get('waxwing_delivery_attempt_duration_seconds_count'), 4)
  assert.equal(values.get('waxwing_event_to_first_attempt_seconds_count'), 1)
  assert.equal(values.get('waxwing_event_to_first_attempt_seconds_sum'), 0.04)
})

test('without a database the process still tells of itself, and says that the rest is not known', async () => {
  let away = true
  const { held, scrape } = watching({
    ...quiet,
    inboxes: async () => {
      if (away) throw new Error('the database is away')
      return [{ sessionId: 'one', oldestSeconds: 12 }]
    },
    webhooks: async () => [{ webhookId: 'hook', oldestSeconds: 34 }],
    deadLetters: async () => 5,
  })
  held.push(session('one'))
  const blind = await scrape()
  assert.equal(blind.get('waxwing_database_up'), 0)
  assert.equal(blind.get('waxwing_sessions{status="connected"}'), 1)
  assert.ok(Number.isNaN(blind.get('waxwing_dead_letters')))
  away = false
  const seeing = await scrape()
  assert.equal(seeing.get('waxwing_database_up'), 1)
  assert.equal(seeing.get('waxwing_dead_letters'), 5)
  assert.equal(seeing.get('waxwing_inbox_oldest_seconds'), 12)
  assert.equal(seeing.get('waxwing_session_inbox_oldest_seconds{session_id="one"}'), 12)
  assert.equal(seeing.get('waxwing_webhook_oldest_undelivered_seconds{webhook_id="hook"}'), 34)
  away = true
  const blindAgain = await scrape()
  assert.equal(blindAgain.has('waxwing_session_inbox_oldest_seconds{session_id="one"}'), false)
})

test('however often the page is asked for, the database is asked once a second at most', async () => {
  let asked = 0
  let at = 0
  const backlog = {
    ...quiet,
    inboxes: async () => {
      asked++
      return []
    },
  }
  const metrics = createMetrics({ version: '1.2.3', watched: () => ({ backlog }), now: () => at })
  const pages = await Promise.all([metrics.scrape(), metrics.scrape(), metrics.scrape()])
  assert.equal(new Set(pages).size, 1)
  at = 999
  await metrics.scrape()
  assert.equal(asked, 1)
  at = 1_000
  await metrics.scrape()
  assert.equal(asked, 2)
})

test('a database that hangs is asked once, and the page is drawn without it', async () => {
  let asked = 0
  let answer: (rows: []) => void = () => {}
  const backlog = {
    ...quiet,
    inboxes: () => {
      asked++
      return new Promise<[]>(resolve => {
        answer = resolve
      })
    },
  }
  let at = 0
  const metrics = createMetrics({
    version: '1.2.3',
    watched: () => ({ backlog }),
    now: () => at,
    withinMs: 10,
  })
  // The pause does not hold the process, as a gateway's own socket would.
  const alive = setInterval(() => {}, 1_000)
  for (; at < 3_000; at += 1_000) assert.equal(valuesOf(await metrics.scrape()).get('waxwing_database_up'), 0)
  assert.equal(asked, 1)
  answer([])
  await new Promise(setImmediate)
  at += 1_000
  await metrics.scrape()
  assert.equal(asked, 2)
  clearInterval(alive)
})
