/**
 * What the gateway tells Prometheus. The rooms count for themselves; this file reads them when somebody asks, so a
 * gateway nobody watches pays nothing. Every process tells of itself; what it reads in the database (ages, dead
 * letters) is the same in all of them. Of sessions and webhooks only their ids appear, never a name, number or URL.
 */
import { collectDefaultMetrics, Gauge, Registry } from '@prometheus-io/client'
import { attemptMetrics } from './attempt-metrics.ts'
import { databaseReading } from './database-metrics.ts'
import type { DispatcherStats } from './dispatcher/dispatcher.ts'
import type { Engine } from './engine/engine.ts'
import { riverReading } from './river-metrics.ts'
import { sessionReading } from './session-metrics.ts'
import type { Backlog } from './store/backlog.ts'
import type { DueDelivery, RecordedOutcome } from './store/deliveries.ts'
import type { StoreStats } from './store/store.ts'
import type { LaneStats } from './stream/lane.ts'

/** The rooms of this process, as far as they run in it. */
export type Watched = {
  backlog: Omit<Backlog, 'inboxOf'>
  store?: () => StoreStats
  lane?: () => LaneStats
  sessions?: Engine['sessions']
  dispatcher?: () => DispatcherStats
}

/** A metric, as the reference describes it. */
export type DescribedMetric = { name: string; type: string; help: string; labels: readonly string[] }

export type Metrics = {
  /** One attempt was made. The dispatcher calls it. */
  attempted(delivery: DueDelivery, outcome: RecordedOutcome): void
  /** The Prometheus text format. Never rejects: without a database `waxwing_database_up` is 0 and what only it knows is left out or NaN. */
  scrape(): Promise<string>
  /** Those of ours, by name; the ones of the process and of Node.js are the client library's to describe. */
  describe(): DescribedMetric[]
}

/** The page is open to whoever reaches the port, so it is not drawn more often than this. */
const keptMs = 1_000
/** How long the database may take. Prometheus gives up after ten seconds. */
const defaultWithinMs = 3_000

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
  const readings = [sessionReading(registers), riverReading(registers)]
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
    describe: () => describe(registry),
  }
}

function describe(registry: Registry): DescribedMetric[] {
  return registry
    .getMetricsAsArray()
    .filter(({ name }) => name.startsWith('waxwing_'))
    .map(metric => {
      const { name, help, type, labelNames = [] } = metric as typeof metric & { labelNames?: string[] }
      return { name, help, type: String(type), labels: labelNames }
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}
