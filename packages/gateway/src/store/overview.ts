/** What happened lately, in figures: attempts over time, how they ended, and what waits. */
import { timeOf } from '@waxwing/events/event-id'
import type { Database } from './database.ts'
import { lowestIdAt } from './page.ts'

/**
 * Attempts looked at in one slice of time. A question costs the same however much is sent: a slice with more is judged by
 * its first ones, and its counts are stretched by the share of its time that they cover.
 */
const perSlice = 500
/** What is counted one by one; more is "so many or more". */
const countTo = 10_000

export type OverviewRequest = {
  profileId: string
  webhookId?: string
  since: Date
  /** Of equal length, from `since`. */
  slices: number
  sliceMs: number
}

/** Durations in milliseconds; null without an attempt. */
type Quantiles = { p50: number | null; p95: number | null }
export type Slice = Quantiles & { succeeded: number; failed: number }

export type OverviewRow = {
  slices: Slice[]
  total: Quantiles
  /** One entry a slice each. */
  webhooks: { webhookId: string; succeeded: number[]; failed: number[] }[]
  /** Failed attempts by where and why, the most frequent first. */
  failures: {
    webhookId: string
    errorClass: string
    responseStatus: number | null
    count: number
    lastAt: string
  }[]
  /** `countTo` or more are counted as that many. */
  pending: { webhookId: string; count: number; oldestAt: Date }[]
  deadLetters: number
}

export type Overview = { of(request: OverviewRequest): Promise<OverviewRow> }

export function createOverview(db: Database): Overview {
  return {
    async of(request) {
      const [attempts, pending, deadLetters] = await Promise.all([
        attemptsOf(db, request),
        pendingOf(db, request),
        deadLettersOf(db, request),
      ])
      return { ...attempts, pending, deadLetters }
    },
  }
}

type Found = {
  looked: { n: number; count: number; lastId: string }[] | null
  slices: (Quantiles & { n: number })[] | null
  webhooks: { webhookId: string; n: number; succeeded: number; failed: number }[] | null
  failures: (OverviewRow['failures'][number] & { n: number })[] | null
  total: Quantiles
}

/** The deliveries are looked up one by one, in the partition of their id: a join might read every one there is. */
const sampled = `with raw as materialized (
    select s.n, a.* from unnest($1::uuid[], $2::uuid[]) with ordinality as s (low, high, n)
    cross join lateral (
      select id, delivery_id, started_at, duration_ms, error_class, response_status from webhook_attempts
      where id >= s.low and id < s.high order by id limit ${perSlice}
    ) a
  ), sample as materialized (
    select raw.*, d.webhook_config_id as webhook_id from raw cross join lateral (
      select webhook_config_id from webhook_deliveries
      where id = raw.delivery_id and user_id = $3 and ($4::uuid is null or webhook_config_id = $4) limit 1
    ) d
  )`
const quantiles = `percentile_cont(0.5) within group (order by duration_ms) as p50,
  percentile_cont(0.95) within group (order by duration_ms) as p95`

async function attemptsOf(db: Database, request: OverviewRequest) {
  const { profileId, webhookId, since, slices, sliceMs } = request
  const bound = (n: number) => lowestIdAt(new Date(since.getTime() + n * sliceMs))
  const numbers = Array.from({ length: slices }, (_, n) => n)
  const [found] = await db.query<Found>({
    text: `${sampled} select
      (select json_agg(x) from (select n, count(*)::int as count, (array_agg(id order by id desc))[1] as "lastId"
        from raw group by n) x) as looked,
      (select json_agg(x) from (select n, ${quantiles} from sample group by n) x) as slices,
      (select json_agg(x) from (select webhook_id as "webhookId", n, count(*) filter (where error_class is null)::int as succeeded,
        count(*) filter (where error_class is not null)::int as failed from sample group by webhook_id, n) x) as webhooks,
      (select json_agg(x) from (select webhook_id as "webhookId", error_class as "errorClass", n,
        response_status as "responseStatus", count(*)::int as count, max(started_at) as "lastAt" from sample
        where error_class is not null group by 1, 2, 3, 4) x) as failures,
      (select row_to_json(x) from (select ${quantiles} from sample) x) as total`,
    values: [numbers.map(bound), numbers.map(n => bound(n + 1)), profileId, webhookId ?? null],
  })
  return stretched(found, request)
}

/** The sample as counts of everything. Slices are numbered from 1 by SQL. */
function stretched(found: Found | undefined, { slices, since, sliceMs }: OverviewRequest) {
  const factors = new Map(
    found?.looked?.map(({ n, count, lastId }) => {
      const passed = timeOf(lastId).getTime() - (since.getTime() + (n - 1) * sliceMs)
      return [n, count < perSlice ? 1 : sliceMs / Math.max(1, passed)]
    }),
  )
  const scaled = (n: number, count: number) => Math.round(count * (factors.get(n) ?? 1))
  const series = () => new Array<number>(slices).fill(0)
  const webhooks = new Map<string, { webhookId: string; succeeded: number[]; failed: number[] }>()
  for (const { webhookId, n, succeeded, failed } of found?.webhooks ?? []) {
    const one = webhooks.get(webhookId) ?? { webhookId, succeeded: series(), failed: series() }
    one.succeeded[n - 1] = scaled(n, succeeded)
    one.failed[n - 1] = scaled(n, failed)
    webhooks.set(webhookId, one)
  }
  const sumAt = (at: number, kind: 'succeeded' | 'failed') =>
    [...webhooks.values()].reduce((sum, one) => sum + (one[kind][at] ?? 0), 0)
  const quantilesOf = new Map(found?.slices?.map(slice => [slice.n, slice]))
  return {
    slices: series().map((_, at) => ({
      succeeded: sumAt(at, 'succeeded'),
      failed: sumAt(at, 'failed'),
      p50: quantilesOf.get(at + 1)?.p50 ?? null,
      p95: quantilesOf.get(at + 1)?.p95 ?? null,
    })),
    total: found?.total ?? { p50: null, p95: null },
    webhooks: [...webhooks.values()],
    failures: failuresOf(found?.failures ?? [], scaled),
  }
}

function failuresOf(
  rows: NonNullable<Found['failures']>,
  scaled: (n: number, count: number) => number,
): OverviewRow['failures'] {
  const groups = Map.groupBy(rows, row => `${row.webhookId} ${row.errorClass} ${row.responseStatus}`)
  return [...groups.values()]
    .flatMap(([first, ...others]) => {
      if (!first) return []
      const { n: _, ...kind } = first
      const all = [first, ...others]
      const count = all.reduce((sum, row) => sum + scaled(row.n, row.count), 0)
      const [lastAt = first.lastAt] = all.map(row => row.lastAt).sort((a, b) => b.localeCompare(a))
      return [{ ...kind, count, lastAt }]
    })
    .sort((a, b) => b.count - a.count)
}

function pendingOf(db: Database, { profileId, webhookId }: OverviewRequest): Promise<OverviewRow['pending']> {
  return db.query({
    name: 'pending-of-webhooks',
    text: `select w.id as "webhookId", mine.count, mine.oldest as "oldestAt"
      from webhook_configs w cross join lateral (
        select count(*)::int as count, min(created_at) as oldest from (
          select created_at from webhook_deliveries
          where webhook_config_id = w.id and status = 'pending' order by next_attempt_at limit ${countTo}
        ) due_first
      ) mine
      where w.user_id = $1 and ($2::uuid is null or w.id = $2) and mine.count > 0`,
    values: [profileId, webhookId ?? null],
  })
}

async function deadLettersOf(db: Database, { profileId, webhookId }: OverviewRequest): Promise<number> {
  const [row] = await db.query<{ count: number }>({
    name: 'dead-letters-of-profile',
    text: `select count(*)::int as count from (
        select from webhook_deliveries
        where user_id = $1 and status = 'failed' and ($2::uuid is null or webhook_config_id = $2) limit ${countTo}
      ) dead`,
    values: [profileId, webhookId ?? null],
  })
  return row?.count ?? 0
}
