import { uuidv7 } from '@waxwing/events/event-id'
import { type Batcher, createBatcher } from './batcher.ts'
import { type Database, isFaultOfOneRow, json, retryingConflicts, storable } from './database.ts'
import type { RecordedOutcome } from './deliveries.ts'
import type { Partitions } from './partitions.ts'

/**
 * Hop 6 of the river: the attempt is written down, and the delivery moves on if this claim still holds it. Attempts of
 * a claim that was taken over are written all the same, for they did happen. Results: was the outcome taken?
 */
export function createRecord(db: Database, partitions: Partitions): Batcher<RecordedOutcome, boolean> {
  return createBatcher({ run: recordBatch, isolate: isFaultOfOneRow })

  async function recordBatch(outcomes: readonly RecordedOutcome[]): Promise<boolean[]> {
    const rows = outcomes.map(outcome => ({ id: uuidv7(), outcome }))
    await partitions.ensureFor(rows.slice(0, 1).map(row => row.id))
    const values = columnsOf(rows)
    const taken = await retryingConflicts(() =>
      db.query<{ id: string; claimId: string }>({ name: 'record-outcomes', text: recordStatement, values }),
    )
    const keys = new Set(taken.map(row => `${row.id} ${row.claimId}`))
    return outcomes.map(({ delivery }) => keys.has(`${delivery.deliveryId} ${delivery.claimId}`))
  }
}

const statusOf = { delivered: 'delivered', retry: 'pending', dead: 'failed' } as const

/** One array a column, as the statement's unnest wants them. */
function columnsOf(rows: readonly { id: string; outcome: RecordedOutcome }[]): unknown[] {
  const column = (value: (outcome: RecordedOutcome) => unknown) => rows.map(row => value(row.outcome))
  return [
    rows.map(row => row.id),
    column(o => o.delivery.deliveryId),
    column(o => o.delivery.claimId),
    column(o => o.attempt),
    column(o => o.startedAt),
    column(o => Math.round(o.durationMs)),
    column(o => (o.timings === null ? null : json(o.timings))),
    column(o => json(o.requestHeaders)),
    column(o => o.responseStatus),
    column(o => (o.responseHeaders === null ? null : json(o.responseHeaders))),
    column(o => (o.responseBody === null ? null : storable(o.responseBody))),
    column(o => o.errorClass),
    column(o => (o.errorMessage === null ? null : storable(o.errorMessage))),
    column(o => statusOf[o.next.kind]),
    column(o => (o.next.kind === 'retry' ? o.next.at : null)),
    column(o => (o.unspent ? o.attempt - 1 : o.attempt)),
  ]
}

// Rows are locked in the order of their ids, so that two batches never wait for one another in a circle.
const recordStatement = `with given as materialized (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::timestamptz[], $6::int[], $7::text[],
    $8::text[], $9::int[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::timestamptz[],
    $16::int[])
  as given (id, delivery_id, claim_id, attempt, started_at, duration_ms, timings, request_headers, response_status,
    response_headers, response_body, error_class, error_message, status, next_attempt_at, spent)
), logged as (
  insert into webhook_attempts (id, delivery_id, attempt, started_at, duration_ms, timings, request_headers,
    response_status, response_headers, response_body, error_class, error_message)
  select id, delivery_id, attempt, started_at, duration_ms, timings::jsonb, request_headers::jsonb,
    response_status, response_headers::jsonb, response_body, error_class, error_message from given
  on conflict (id) do nothing
), locked as materialized (
  select id, claim_id from webhook_deliveries where id = any($2::uuid[]) order by id for update
), moved as (
  update webhook_deliveries d
  set status = given.status, attempts = given.spent, next_attempt_at = given.next_attempt_at, claim_id = null,
    last_attempt_at = given.started_at, manual = false, response_status = given.response_status, response_body = given.response_body,
    error_class = given.error_class, error_message = given.error_message,
    delivered_at = case when given.status = 'delivered' then now() end
  from locked join given on given.delivery_id = locked.id and given.claim_id = locked.claim_id
  where d.id = locked.id and d.id = any($2::uuid[]) and d.status = 'pending'
  returning d.id, given.claim_id
)
select id, claim_id as "claimId" from moved`
