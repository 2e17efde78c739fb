import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertProblem } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(() => api.stop())

/** A delivery that is due, and that nobody has begun. */
async function waiting(): Promise<string> {
  await api.store.webhooks.create({
    profileId: api.alice.profileId,
    name: 'hook',
    webhookUrl: 'https://example.com/hook',
    sessionIds: null,
    enabled: true,
    subscribedEvents: ['*'],
    retryConfig: { maxAttempts: 3, backoffMs: 1_000 },
    headers: {},
  })
  const id = crypto.randomUUID()
  const event = '01900000-0000-7000-8000-000000000001'
  await api.sql(
    `insert into webhook_deliveries (id, webhook_config_id, event_id, event_type, user_id, next_attempt_at)
     select $1, id, $2, 'messages.received', $3, now() from webhook_configs limit 1`,
    [id, event, api.alice.profileId],
  )
  return id
}

test('a delivery that waits is cancelled once, and by its owner only', async () => {
  const id = await waiting()
  assertProblem(await api.call(`POST /deliveries/${id}/cancel`, { key: api.bob.key }), 'delivery_not_found')
  const answer = await api.call(`POST /deliveries/${id}/cancel`)
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual([answer.json.status, answer.json.next_attempt_at], ['cancelled', null])
  assertProblem(await api.call(`POST /deliveries/${id}/cancel`), 'delivery_finished')
  assertProblem(await api.call('POST /deliveries/nothing/cancel'), 'delivery_not_found')
})

test('an attempt that has begun is not cancelled from under its maker; an abandoned one is', async () => {
  const id = await waiting()
  const hold = (seconds: number) =>
    api.sql(
      `update webhook_deliveries set claim_id = gen_random_uuid(), next_attempt_at = now() + $2 * interval '1 second' where id = $1`,
      [id, seconds],
    )
  await hold(60)
  assertProblem(await api.call(`POST /deliveries/${id}/cancel`), 'delivery_in_flight')
  await hold(-1)
  assert.equal((await api.call(`POST /deliveries/${id}/cancel`)).json.status, 'cancelled')
})
