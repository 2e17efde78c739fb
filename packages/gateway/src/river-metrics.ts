/** What the rooms of the river say they have in their hands and have counted, for the page of metrics: one table of both. */
import { Counter, Gauge, type Registry } from '@prometheus-io/client'
import type { DispatcherStats } from './dispatcher/dispatcher.ts'
import type { StoreStats } from './store/store.ts'
import type { LaneStats } from './stream/lane.ts'

type Rooms = { store?: () => StoreStats; lane?: () => LaneStats; dispatcher?: () => DispatcherStats }
/** What the rooms say at one moment; a room that does not run in this process says nothing, which counts as 0. */
type Stats = { store?: StoreStats; lane?: LaneStats; dispatcher?: DispatcherStats }
type Row = { name: string; help: string; of: (stats: Stats) => number | null | undefined }

const gauges: readonly Row[] = [
  {
    name: 'waxwing_attempts_in_flight',
    help: 'Attempts under way.',
    of: ({ dispatcher }) => dispatcher?.inFlight,
  },
  {
    name: 'waxwing_deliveries_waiting',
    help: 'Deliveries that wait in memory for their turn.',
    of: ({ dispatcher }) => dispatcher?.waiting,
  },
  {
    name: 'waxwing_deliveries_held',
    help: 'Deliveries this process has a lease on.',
    of: ({ dispatcher }) => dispatcher?.held,
  },
  {
    name: 'waxwing_webhooks_rate_limited',
    help: 'Webhooks with deliveries in memory that wait for their rate limit.',
    of: ({ dispatcher }) => dispatcher?.rateLimited,
  },
  {
    name: 'waxwing_outcomes_unrecorded',
    help: 'Outcomes of attempts not written yet.',
    of: ({ dispatcher }) => dispatcher?.unrecorded,
  },
  {
    name: 'waxwing_stream_waiting',
    help: 'Announcements in this process that no dispatcher has heard yet.',
    of: ({ lane }) => lane?.waiting,
  },
  {
    name: 'waxwing_stream_lag_seconds',
    help: 'How long the first announcement that waits has been waiting; 0 without one.',
    of: ({ lane }) => lane && lane.lagMs / 1_000,
  },
  {
    name: 'waxwing_database_pool_size',
    help: 'Connections the pool may open.',
    of: ({ store }) => store?.pool.size,
  },
  {
    name: 'waxwing_database_pool_open',
    help: 'Connections of the pool that are open.',
    of: ({ store }) => store?.pool.total,
  },
  {
    name: 'waxwing_database_pool_idle',
    help: 'Open connections of the pool that nobody uses.',
    of: ({ store }) => store?.pool.idle,
  },
  {
    name: 'waxwing_database_pool_waiting',
    help: 'Statements and transactions that wait for a connection of the pool.',
    of: ({ store }) => store?.pool.waiting,
  },
  {
    name: 'waxwing_partitions_kept',
    help: 'Partitions past retention that were kept, at the last hourly look, because deliveries of theirs are unfinished.',
    of: ({ store }) => store?.partitionsKept,
  },
]

const counters: readonly Row[] = [
  {
    name: 'waxwing_outcomes_fenced_out_total',
    help: 'Attempts whose delivery another process had taken over before they were recorded.',
    of: ({ dispatcher }) => dispatcher?.fencedOut,
  },
  {
    name: 'waxwing_deliveries_put_back_total',
    help: 'Deliveries given back unattempted: no room, an endpoint in trouble, a lease about to end, stop.',
    of: ({ dispatcher }) => dispatcher?.putBack,
  },
  {
    name: 'waxwing_leases_reclaimed_total',
    help: 'Deliveries claimed after the lease of another claim had run out: it was never announced or heard, or its process died.',
    of: ({ dispatcher }) => dispatcher?.reclaimed,
  },
  {
    name: 'waxwing_stream_announced_total',
    help: 'Deliveries announced to the dispatchers.',
    of: ({ lane }) => lane?.announced,
  },
  {
    name: 'waxwing_stream_dropped_total',
    help: 'Announcements dropped because nobody heard them in time. Nothing is lost: their deliveries are claimed when their leases have run out.',
    of: ({ lane }) => lane?.dropped,
  },
  {
    name: 'waxwing_events_committed_total',
    help: 'Events written.',
    of: ({ store }) => store?.events.committed,
  },
  {
    name: 'waxwing_events_known_total',
    help: 'Events told again that were written already: duplicates that no webhook got.',
    of: ({ store }) => store?.events.known,
  },
  {
    name: 'waxwing_database_pool_acquired_total',
    help: 'How often a connection of the pool was taken.',
    of: ({ store }) => store?.pool.acquired,
  },
  {
    name: 'waxwing_database_pool_wait_seconds_total',
    help: 'How long connections of the pool were waited for, altogether.',
    of: ({ store }) => store && store.pool.waitedMs / 1_000,
  },
]

/** Reads the rooms of this process; called once for each page. */
export function riverReading(registers: Registry[]): (rooms: Rooms) => void {
  const shown = gauges.map(({ of, ...about }) => ({ of, gauge: new Gauge({ ...about, registers }) }))
  const counted = counters.map(({ of, ...about }) => ({ of, counter: new Counter({ ...about, registers }) }))
  return ({ store, lane, dispatcher }) => {
    const stats = { store: store?.(), lane: lane?.(), dispatcher: dispatcher?.() }
    for (const { of, gauge } of shown) gauge.set(of(stats) ?? 0)
    for (const { of, counter } of counted) {
      counter.reset()
      counter.inc(of(stats) ?? 0)
    }
  }
}
