import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { uuidv7 } from '@waxwing/events/event-id'
import { startTestApi, type TestApi } from './test-api.ts'

const MINUTE_MS = 60_000
/** One moment for all, well inside of its minute. */
const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - MINUTE_MS / 2

let api: TestApi
let webhookId: string
before(async () => {
  api = await startTestApi()
  const { json } = await api.call('POST /webhooks', {
    body: { webhook_url: 'https://example.com/hook', subscribed_events: ['*'] },
  })
  webhookId = json.id
})
after(() => api.stop())

type Attempted = { minutesAgo: number; status: number; ms: number; state?: string }

/** A delivery with one attempt that was recorded then. */
async function attempted({ minutesAgo, status, ms, state = 'delivered' }: Attempted): Promise<void> {
  const at = new Date(now - minutesAgo * MINUTE_MS)
  const [id, attempt] = [uuidv7(at), uuidv7(at)]
  await api.sql(
    `insert into webhook_deliveries (id, webhook_config_id, event_id, event_type, user_id, status, next_attempt_at, created_at)
     values ($1, $2, $1, 'call', $3, $4, case when $4 = 'pending' then now() end, $5)`,
    [id, webhookId, api.alice.profileId, state, at],
  )
  await api.sql(
    `insert into webhook_attempts (id, delivery_id, attempt, started_at, duration_ms, request_headers, response_status, error_class)
     values ($1, $2, 1, $3, $4, '{}', $5, case when $5 >= 400 then 'http_5xx' end)`,
    [attempt, id, at, ms, status],
  )
}

test('figures count attempts where they happened, by how they ended', async () => {
  for (const ms of [10, 20, 30, 400]) await attempted({ minutesAgo: 5, status: 200, ms })
  await attempted({ minutesAgo: 5, status: 503, ms: 50, state: 'failed' })
  await attempted({ minutesAgo: 30, status: 503, ms: 50, state: 'pending' })
  await attempted({ minutesAgo: 300, status: 200, ms: 1 })

  const { json } = await api.call('GET /overview?window=1h')
  assert.equal(json.slices.length * json.slice_s, 3_600)
  assert.deepEqual([json.totals.attempts, json.totals.succeeded], [6, 4])
  assert.equal(json.totals.p50_ms, 40)
  const busy = json.slices.filter(
    (slice: { succeeded: number; failed: number }) => slice.succeeded + slice.failed > 0,
  )
  assert.deepEqual(
    busy.map(({ succeeded, failed }: { succeeded: number; failed: number }) => [succeeded, failed]),
    [
      [0, 1],
      [4, 1],
    ],
  )
  assert.deepEqual(
    json.failures.map(({ webhook_id, response_status, count }: Record<string, unknown>) => [
      webhook_id,
      response_status,
      count,
    ]),
    [[webhookId, 503, 2]],
  )
  assert.deepEqual([json.backlog[0].pending, json.dead_letters], [1, 1])
  assert.equal((await api.call('GET /overview?window=24h')).json.totals.attempts, 7)
})

test('more than is looked at is reckoned from the part that is', async () => {
  const at = now - 20 * MINUTE_MS
  const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS
  // 900 attempts, evenly over one minute; a slice reads its first 500.
  await api.sql(
    `insert into webhook_attempts (id, delivery_id, attempt, started_at, duration_ms, request_headers, response_status)
     select (lpad(to_hex($1::bigint + n * 66), 12, '0') || '7' || lpad(to_hex(n), 3, '0') || '8000000000000000')::uuid,
       (select id from webhook_deliveries where status = 'delivered' limit 1), n, now(), 5, '{}', 200
     from generate_series(1, 900) n`,
    [minute],
  )
  const { json } = await api.call('GET /overview')
  const most = Math.max(...json.slices.map(({ succeeded }: { succeeded: number }) => succeeded))
  assert.ok(most > 850 && most < 950, `about 900, and not ${most}`)
})

test('nobody sees the figures of another profile', async () => {
  const { json } = await api.call('GET /overview?window=24h', { key: api.bob.key })
  assert.deepEqual(
    [json.totals.attempts, json.totals.success_percent, json.failures, json.backlog, json.dead_letters],
    [0, null, [], [], 0],
  )
  const other = await api.call(`GET /overview?window=24h&webhook_id=${webhookId}`, { key: api.bob.key })
  assert.equal(other.json.totals.attempts, 0)
})
