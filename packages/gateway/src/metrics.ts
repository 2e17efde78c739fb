/**
 * What the gateway tells Prometheus. The rooms count for themselves; this file reads them when somebody asks, so a
 * gateway nobody watches pays nothing. Every process tells of itself; what it reads in the database (ages, dead
 * letters) is the same in all of them. Of sessions and webhooks only their ids appear, never a name, number or URL.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client'
import { errorClasses, sessionStatuses } from '@waxwing/events'
import type { DispatcherStats } from './dispatcher/dispatcher.ts'
import type { Engine } from './engine/engine.ts'
import type { Figures } from './engine/figures.ts'
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
/** Prometheus gives up after ten seconds. */
const databaseWithinMs = 3_000
/** From a healthy delivery (milliseconds) to the hours of a retry. */
const latencyBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800]
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** What a session counts, by the name it has outside. A figure without a line here does not compile. */
const counted = {
  recovered: {
    name: 'stanzas_recovered',
    help: 'Stanzas told from the inbox after a crash or a lost connection.',
  },
  remembered: {
    name: 'ciphertexts_remembered',
    help: 'Ciphertexts that came again and were answered from memory.',
  },
  undecryptable: {
    name: 'messages_undecryptable',
    help: 'Messages that could not be decrypted when they came.',
  },
  refused: {
    name: 'messages_refused',
    help: 'Messages refused on the wire, which WhatsApp forgets. Should stay 0.',
  },
  asked: { name: 'messages_asked', help: 'Messages the phone was asked for.' },
  uncorrelated: { name: 'parts_uncorrelated', help: 'Parts decrypted without being kept. Should stay 0.' },
  gated: { name: 'frames_gated', help: 'Frames that waited for what was told before them to be stored.' },
  gateMs: {
    name: 'gate_wait_seconds',
    help: 'How long frames waited for the store, altogether.',
    scale: 1e-3,
  },
} as const satisfies Record<
  Exclude<keyof Figures, 'longestGateMs'>,
  { name: string; help: string; scale?: number }
>

/** What the dispatcher says it has in its hands, and what it has counted since it was started. */
const dispatcherGauges = {
  inFlight: { name: 'waxwing_attempts_in_flight', help: 'Attempts under way.' },
  waiting: { name: 'waxwing_deliveries_waiting', help: 'Deliveries that wait in memory for their turn.' },
  held: { name: 'waxwing_deliveries_held', help: 'Deliveries this process has a lease on.' },
  unrecorded: { name: 'waxwing_outcomes_unrecorded', help: 'Outcomes of attempts that are not written yet.' },
} as const satisfies Partial<Record<keyof DispatcherStats, object>>
const dispatcherCounters = {
  fencedOut: {
    name: 'waxwing_outcomes_fenced_out_total',
    help: 'Attempts whose delivery another process had taken over before they were recorded.',
  },
  putBack: {
    name: 'waxwing_deliveries_put_back_total',
    help: 'Deliveries given back unattempted: no room, an endpoint in trouble, a lease about to end, stop.',
  },
} as const satisfies Partial<Record<keyof DispatcherStats, object>>

export function createMetrics(a: { watched: () => Watched; version: string; now?: () => number }): Metrics {
  const { watched, version, now = Date.now } = a
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  new Gauge({ name: 'waxwing_build_info', help: 'Always 1.', labelNames: ['version'], registers }).set(
    { version },
    1,
  )

  const attempts = attemptMetrics(registers)
  const readings = [engineReading(registers), dispatcherReading(registers)]
  const readDatabase = databaseReading(registers)

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

type Registers = Registry[]

function attemptMetrics(registers: Registers): Metrics['attempted'] {
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

function engineReading(registers: Registers): (rooms: Watched) => void {
  const byStatus = new Gauge({
    name: 'waxwing_sessions',
    help: 'Sessions this process holds, by status.',
    labelNames: ['status'],
    registers,
  })
  const kinds = (Object.keys(counted) as (keyof typeof counted)[]).map(figure => {
    const { name, help } = counted[figure]
    const scale = figure === 'gateMs' ? counted.gateMs.scale : 1
    const total = new Counter({ name: `waxwing_${name}_total`, help, registers })
    const each = new Counter({
      name: `waxwing_session_${name}_total`,
      help: `${help} By session, since it was started here.`,
      labelNames: ['session_id'],
      registers,
    })
    return { figure, scale, total, each }
  })
  const longest = new Gauge({
    name: 'waxwing_session_gate_longest_seconds',
    help: 'The longest a frame waited for the store since the session was started here.',
    labelNames: ['session_id'],
    registers,
  })
  // A session that ends takes its figures with it; a total may not fall, so what was seen of it stays counted.
  const seen = new WeakMap<Figures, Figures>()

  return ({ sessions }) => {
    const held = sessions?.() ?? []
    byStatus.reset()
    for (const status of sessionStatuses)
      byStatus.set({ status }, held.filter(session => session.status === status).length)
    longest.reset()
    for (const { figure, scale, total, each } of kinds) {
      each.reset()
      for (const { sessionId, figures } of held) {
        each.inc({ session_id: sessionId }, figures[figure] * scale)
        total.inc((figures[figure] - (seen.get(figures)?.[figure] ?? 0)) * scale)
      }
    }
    for (const { sessionId, figures } of held) {
      longest.set({ session_id: sessionId }, figures.longestGateMs / 1_000)
      seen.set(figures, { ...figures })
    }
  }
}

function dispatcherReading(registers: Registers): (rooms: Watched) => void {
  const gauges = (Object.keys(dispatcherGauges) as (keyof typeof dispatcherGauges)[]).map(key => ({
    key,
    gauge: new Gauge({ ...dispatcherGauges[key], registers }),
  }))
  const counters = (Object.keys(dispatcherCounters) as (keyof typeof dispatcherCounters)[]).map(key => ({
    key,
    counter: new Counter({ ...dispatcherCounters[key], registers }),
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

function databaseReading(registers: Registers): (rooms: Watched) => Promise<void> {
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
    const answers = await answeredWithin(databaseWithinMs, ask(backlog))
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
async function answeredWithin<T>(ms: number, work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined
  const enough = new Promise<null>(resolve => {
    timer = setTimeout(resolve, ms, null)
  })
  try {
    return await Promise.race([work.catch(() => null), enough])
  } finally {
    clearTimeout(timer)
  }
}
