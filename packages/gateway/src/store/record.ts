import { plainArray, textArray, timeArray } from './array-parameter.ts'
import { type Batcher, createBatcher } from './batcher.ts'
import { type Database, isFaultOfOneRow, json, retryingConflicts, sqlState, storable } from './database.ts'
import type { RecordedOutcome } from './deliveries.ts'
import type { Partitions } from './partitions.ts'

/**
 * Nobody waits for an outcome to be written, so batches may be larger, and fewer, than those of commits: what is unwritten when
 * the process is killed is sent again, and a hundredth of a second more of that is little.
 */
const recordPace = { enough: 256, paceMs: 10 }

/**
 * Hop 6 of the river: the attempt is written down, and the delivery moves on if this claim still holds it. Attempts of
 * a claim that was taken over are written all the same, for they did happen. Results: was the outcome taken?
 */
export function createRecord(db: Database, partitions: Partitions): Batcher<RecordedOutcome, boolean> {
  return createBatcher({ run: recordBatch, isolate: isFaultOfOneRow, ...recordPace })

  async function recordBatch(outcomes: readonly RecordedOutcome[]): Promise<boolean[]> {
    // The claim as it is sent: it may be renewed while the statement is under way, and is not what was refused then.
    const rows = outcomes.map(outcome => ({ claimId: outcome.delivery.claimId, outcome }))
    const refused = await write(rows)
    if (refused.length === 0) return rows.map(() => true)
    const keys = new Set(refused.map(row => `${row.id} ${row.claimId}`))
    const isRefused = ({ claimId, outcome }: Row) => keys.has(`${outcome.delivery.deliveryId} ${claimId}`)
    const again = new Set(refused.filter(row => row.again).map(row => row.id))
    const earlier = await takenEarlier(outcomes.filter(({ delivery }) => again.has(delivery.deliveryId)))
    return rows.map(row => !isRefused(row) || earlier.has(row.outcome))
  }

  /** Resolves to the claims that were refused, `again`: of attempts that were on record already. */
  async function write(rows: readonly Row[]): Promise<Refusal[]> {
    await partitions.ensureFor(rows.slice(0, 1).map(row => row.outcome.id))
    const values = columnsOf(rows)
    const writeIn = (table: string) =>
      retryingConflicts(() =>
        db.query<Refusal>({
          name: `record-outcomes in ${table}`,
          text: recordIn(table),
          values,
        }),
      )
    const deliveries = rows.map(row => row.outcome.delivery.deliveryId)
    return writeIn(partitions.tableOf('webhook_deliveries', deliveries)).catch(error => {
      if (sqlState(error) !== noSuchTable) throw error
      return writeIn('webhook_deliveries')
    })
  }

  /** Those that an earlier try had written, though its answer was lost with the connection: the last thing that happened to their deliveries. */
  async function takenEarlier(outcomes: readonly RecordedOutcome[]): Promise<Set<RecordedOutcome>> {
    if (outcomes.length === 0) return new Set()
    const last = await db.query<{ id: string; at: Date | null }>({
      text: `select id, last_attempt_at as at from webhook_deliveries where id = any($1::uuid[]) and claim_id is null`,
      values: [outcomes.map(outcome => outcome.delivery.deliveryId)],
    })
    const lastAt = new Map(last.map(row => [row.id, row.at?.getTime()]))
    return new Set(
      outcomes.filter(({ delivery, startedAt }) => lastAt.get(delivery.deliveryId) === startedAt.getTime()),
    )
  }
}

/** `id` is the delivery's. */
type Refusal = { id: string; claimId: string; again: boolean }
type Row = { claimId: string; outcome: RecordedOutcome }

/** SQLSTATE of a table that is not there: retention took the day away. */
const noSuchTable = '42P01'

const statusOf = { delivered: 'delivered', retry: 'pending', dead: 'failed' } as const

/** One array a column, as the statement's unnest wants them. */
function columnsOf(rows: readonly Row[]): unknown[] {
  const column = <T>(value: (outcome: RecordedOutcome) => T) => rows.map(row => value(row.outcome))
  return [
    plainArray(column(o => o.id)),
    plainArray(column(o => o.delivery.deliveryId)),
    plainArray(rows.map(row => row.claimId)),
    plainArray(column(o => o.attempt)),
    timeArray(column(o => o.startedAt)),
    plainArray(column(o => Math.round(o.durationMs))),
    textArray(column(o => (o.timings === null ? null : json(o.timings)))),
    textArray(column(o => json(o.requestHeaders))),
    plainArray(column(o => o.responseStatus)),
    textArray(column(o => (o.responseHeaders === null ? null : json(o.responseHeaders)))),
    textArray(column(o => (o.responseBody === null ? null : storable(o.responseBody)))),
    plainArray(column(o => o.errorClass)),
    textArray(column(o => (o.errorMessage === null ? null : storable(o.errorMessage)))),
    plainArray(column(o => statusOf[o.next.kind])),
    timeArray(column(o => (o.next.kind === 'retry' ? o.next.at : null))),
    plainArray(column(o => (o.unspent ? o.attempt - 1 : o.attempt))),
  ]
}

// Rows are locked in the order of their ids, so that two batches never wait for one another in a circle. The join of `moved`
// has no `= any` beside it: an index is then searched for all ids anew for each row.
const recordIn = (table: string) => `with given as materialized (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::timestamptz[], $6::int[], $7::text[],
    $8::text[], $9::int[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::timestamptz[],
    $16::int[])
  as given (id, delivery_id, claim_id, attempt, started_at, duration_ms, timings, request_headers, response_status,
    response_headers, response_body, error_class, error_message, status, next_attempt_at, spent)
), logged as (
  insert into webhook_attempts (id, delivery_id, attempt, started_at, duration_ms, timings, request_headers,
    response_status, response_headers, response_body, error_class, error_message)
  select id, delivery_id, attempt, started_at, duration_ms, timings::json, request_headers::json,
    response_status, response_headers::json, response_body, error_class, error_message from given
  on conflict do nothing returning id
), locked as materialized (
  select id, claim_id from ${table}
  where id = any($2::uuid[]) order by id for update
), moved as (
  update ${table} d
  set status = given.status, attempts = given.spent, next_attempt_at = given.next_attempt_at, claim_id = null,
    last_attempt_at = given.started_at, manual = false, response_status = given.response_status, response_body = given.response_body,
    error_class = given.error_class, error_message = given.error_message,
    delivered_at = case when given.status = 'delivered' then now() end
  from locked join given on given.delivery_id = locked.id and given.claim_id = locked.claim_id
  where d.id = locked.id and d.status = 'pending'
  returning d.id, given.claim_id
)
select given.delivery_id as id, given.claim_id as "claimId", given.id not in (select id from logged) as again from given
where not exists (select from moved where moved.id = given.delivery_id and moved.claim_id = given.claim_id)`
