/**
 * What the gateway tells Prometheus. The rooms count for themselves; this file reads them when somebody asks, so a
 * gateway nobody watches pays nothing. Every process tells of itself; what it reads in the database (ages, dead
 * letters) is the same in all of them. Of sessions and webhooks only their ids appear, never a name, number or URL.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client'
import { errorClasses } from '@waxwing/events'
import type { DispatcherStats } from './dispatcher/dispatcher.ts'
import type { Engine } from './engine/engine.ts'
import { sessionReading } from './session-metrics.ts'
import type { Backlog } from './store/backlog.ts'
import type { DueDelivery, RecordedOutcome } from './store/deliveries.ts'

/** The rooms of this process, as far as they run in it. */
export type Watched = {
  backlog: Omit<Backlog, 'inboxOf'>
  sessions?: Engine['sessions']
  dispatcher?: () => DispatcherStats
}

export type Metrics = {
  /** One attempt was made. The dispatcher calls it. */
  attempted(delivery: DueDelivery, outcome: RecordedOutcome): void
  /** The Prometheus text format. Never rejects: without a database `waxwing_database_up` is 0 and what only it knows is left out or NaN. */
  scrape(): Promise<string>
}

/** Series with an id of a webhook or an inbox, each: the worst 50, so that many customers do not drown a server. */
const worst = 50
/** Counting stops here; who has so many dead letters needs no exact number. */
const deadLettersAtMost = 10_000
/** The page is open to whoever reaches the port, so it is not drawn more often than this. */
const keptMs = 1_000
/** How long the database may take. Prometheus gives up after ten seconds. */
const defaultWithinMs = 3_000
/** From a healthy delivery (milliseconds) to the hours of a retry. */
const latencyBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800]
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** What the dispatcher says it has in its hands, and what it has counted since it was started. */
const dispatcherGauges = [
  { key: 'inFlight', name: 'waxwing_attempts_in_flight', help: 'Attempts under way.' },
  {
    key: 'waiting',
    name: 'waxwing_deliveries_waiting',
    help: 'Deliveries that wait in memory for their turn.',
  },
  { key: 'held', name: 'waxwing_deliveries_held', help: 'Deliveries this process has a lease on.' },
  { key: 'unrecorded', name: 'waxwing_outcomes_unrecorded', help: 'Outcomes of attempts not written yet.' },
] as const
const dispatcherCounters = [
  {
    key: 'fencedOut',
    name: 'waxwing_outcomes_fenced_out_total',
    help: 'Attempts whose delivery another process had taken over before they were recorded.',
  },
  {
    key: 'putBack',
    name: 'waxwing_deliveries_put_back_total',
    help: 'Deliveries given back unattempted: no room, an endpoint in trouble, a lease about to end, stop.',
  },
] as const

export function createMetrics(a: {
  watched: () => Watched
  version: string
  now?: () => number
  withinMs?: number
}): Metrics {
  const { watched, version, now = Date.now, withinMs = defaultWithinMs } = a
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  new Gauge({ name: 'waxwing_build_info', help: 'Always 1.', labelNames: ['version'], registers }).set(
    { version },
    1,
  )

  const attempts = attemptMetrics(registers)
  const readings = [sessionReading(registers), dispatcherReading(registers)]
  const readDatabase = databaseReading(registers, withinMs)

  async function draw(): Promise<string> {
    const rooms = watched()
    for (const read of readings) read(rooms)
    await readDatabase(rooms)
    return registry.metrics()
  }

  /** The last page, or the one being drawn: two at a time would mix their readings. `at` is when it was finished. */
  let page: { at: number; text: Promise<string> } | null = null
  return {
    attempted: attempts,
    scrape() {
      if (page !== null && now() - page.at < keptMs) return page.text
      const drawn = { at: Number.POSITIVE_INFINITY, text: draw() }
      page = drawn
      return drawn.text.finally(() => {
        drawn.at = now()
      })
    },
  }
}

function attemptMetrics(registers: Registry[]): Metrics['attempted'] {
  const attempts = new Counter({
    name: 'waxwing_delivery_attempts_total',
    help: 'Attempts by what came of them: delivered, or the error class.',
    labelNames: ['result'],
    registers,
  })
  for (const result of ['delivered', ...errorClasses]) attempts.inc({ result }, 0)
  const died = new Counter({
    name: 'waxwing_deliveries_died_total',
    help: 'Deliveries whose last attempt failed here.',
    registers,
  })
  const duration = new Histogram({
    name: 'waxwing_delivery_attempt_duration_seconds',
    help: 'How long an attempt took.',
    buckets: durationBuckets,
    registers,
  })
  const first = new Histogram({
    name: 'waxwing_event_to_first_attempt_seconds',
    help: 'From the commit of a delivery (with its event, or by a replay) to its first attempt. Without what a person asked for and trials of an endpoint in trouble.',
    buckets: latencyBuckets,
    registers,
  })
  return (delivery, { attempt, startedAt, durationMs, errorClass, next }) => {
    attempts.inc({ result: errorClass ?? 'delivered' })
    duration.observe(durationMs / 1_000)
    if (next.kind === 'dead') died.inc()
    // The clocks of the database and of this machine may differ by a moment.
    const ageMs = Math.max(0, startedAt.getTime() - delivery.createdAt.getTime())
    if (attempt === 1 && !delivery.manual && !delivery.trial) first.observe(ageMs / 1_000)
  }
}

function dispatcherReading(registers: Registry[]): (rooms: Watched) => void {
  const gauges = dispatcherGauges.map(({ key, ...about }) => ({
    key,
    gauge: new Gauge({ ...about, registers }),
  }))
  const counters = dispatcherCounters.map(({ key, ...about }) => ({
    key,
    counter: new Counter({ ...about, registers }),
  }))
  return ({ dispatcher }) => {
    const stats = dispatcher?.()
    if (stats === undefined) return
    for (const { key, gauge } of gauges) gauge.set(stats[key])
    for (const { key, counter } of counters) {
      counter.reset()
      counter.inc(stats[key])
    }
  }
}

function databaseReading(registers: Registry[], withinMs: number): (rooms: Watched) => Promise<void> {
  const up = new Gauge({
    name: 'waxwing_database_up',
    help: '1 when the database answered this scrape.',
    registers,
  })
  const inbox = new Gauge({
    name: 'waxwing_session_inbox_oldest_seconds',
    help: `Age of the oldest stanza that is not told yet, of the ${worst} sessions that are most behind.`,
    labelNames: ['session_id'],
    registers,
  })
  const oldestInbox = new Gauge({
    name: 'waxwing_inbox_oldest_seconds',
    help: 'Age of the oldest stanza that is not told yet, over all sessions; 0 without one.',
    registers,
  })
  const undelivered = new Gauge({
    name: 'waxwing_webhook_oldest_undelivered_seconds',
    help: `Age of the oldest undelivered delivery, of the ${worst} webhooks that are most behind.`,
    labelNames: ['webhook_id'],
    registers,
  })
  const dead = new Gauge({
    name: 'waxwing_dead_letters',
    help: `Dead letters in the database; counting stops at ${deadLettersAtMost}.`,
    registers,
  })

  /** What was asked and is not answered yet. A database that hangs is not asked again and again. */
  let asking: Promise<Answers> | null = null
  const ask = (backlog: Watched['backlog']) => {
    asking ??= askOneByOne(backlog).finally(() => {
      asking = null
    })
    return asking
  }

  return async ({ backlog }) => {
    const answers = await answeredWithin(withinMs, ask(backlog))
    up.set(answers === null ? 0 : 1)
    for (const gauge of [inbox, oldestInbox, undelivered, dead]) gauge.reset()
    if (answers === null) {
      // An unlabelled gauge is 0 after a reset, which would say that all is well.
      oldestInbox.set(Number.NaN)
      dead.set(Number.NaN)
      return
    }
    const { inboxes, webhooks, deadLetters } = answers
    for (const { sessionId, oldestSeconds } of inboxes) inbox.set({ session_id: sessionId }, oldestSeconds)
    oldestInbox.set(inboxes[0]?.oldestSeconds ?? 0)
    for (const { webhookId, oldestSeconds } of webhooks)
      undelivered.set({ webhook_id: webhookId }, oldestSeconds)
    dead.set(deadLetters)
  }
}

type Answers = Awaited<ReturnType<typeof askOneByOne>>

/** One connection at a time: deliveries need the others. */
async function askOneByOne(backlog: Watched['backlog']) {
  const inboxes = await backlog.inboxes(worst)
  const webhooks = await backlog.webhooks(worst)
  return { inboxes, webhooks, deadLetters: await backlog.deadLetters(deadLettersAtMost) }
}

/** Null when it failed or took longer. */
function answeredWithin<T>(ms: number, work: Promise<T>): Promise<T | null> {
  return Promise.race([work.catch(() => null), pause(ms, null, { ref: false })])
}
