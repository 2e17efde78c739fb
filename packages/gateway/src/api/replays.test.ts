import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sealEvent } from '@waxwing/events/event-id'
import { assertProblem } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
let webhookId: string
before(async () => {
  api = await startTestApi()
  const body = { webhook_url: 'https://example.com/hook', subscribed_events: ['webhook.ping'] }
  webhookId = (await api.call('POST /webhooks', { body })).json.id
})
after(() => api.stop())

/** Commits one event of Alice whose delivery is dead, and returns the delivery's id. */
async function deadLetter(): Promise<string> {
  const [due] = await api.store.events.commit([
    sealEvent({
      type: 'webhook.ping',
      at: new Date(),
      sessionId: null,
      profileId: api.alice.profileId,
      chat: null,
      naturalKey: null,
      data: { webhookId, message: 'hello' },
    }),
  ])
  assert.ok(due)
  await api.sql(`update webhook_deliveries set status = 'failed', next_attempt_at = null where id = $1`, [
    due.deliveryId,
  ])
  return due.deliveryId
}

const since = '2020-01-01T00:00:00.000Z'

test('a replay is started, watched, paused, resumed and cancelled', async () => {
  const dead = await deadLetter()
  // The next millisecond: `until` is the moment of asking, and what happens in it is left out.
  await new Promise(resolve => setTimeout(resolve, 2))
  const started = await api.call('POST /deliveries/replay', {
    body: { webhook_id: webhookId, since, rate: 7 },
  })
  assert.equal(started.status, 202, started.text)
  const { id, until, created_at, updated_at, ...shown } = started.json
  assert.ok(Date.parse(until) && Date.parse(created_at) && Date.parse(updated_at))
  assert.deepEqual(shown, {
    webhook_id: webhookId,
    status: 'running',
    waiting_reason: null,
    since,
    delivery_status: null,
    event_type: null,
    force: false,
    rate: 7,
    handled: 0,
    replayed: 0,
    progress: 0,
    reached_at: null,
  })
  assert.equal((await api.call(`POST /replays/${id}/pause`)).json.status, 'paused')
  assert.equal(await api.store.replays.takeTurn(), null)
  assert.equal((await api.call(`POST /replays/${id}/resume`)).json.status, 'running')
  await api.store.replays.takeTurn()

  const { json } = await api.call(`GET /replays/${id}`)
  assert.deepEqual([json.status, json.handled, json.replayed, json.progress], ['finished', 1, 1, 1])
  assert.equal((await api.call(`GET /deliveries/${dead}`)).json.status, 'pending')
  assertProblem(await api.call(`POST /replays/${id}/cancel`), 'replay_ended')

  const other = await api.call('POST /dead-letters/replay', {
    body: { webhook_id: webhookId, event_type: 'webhook.*' },
  })
  assert.equal(other.status, 202, other.text)
  assert.deepEqual([other.json.delivery_status, other.json.since], ['failed', '1970-01-01T00:00:00.000Z'])
  assert.equal((await api.call(`POST /replays/${other.json.id}/cancel`)).json.status, 'cancelled')
  const { data } = (await api.call(`GET /replays?webhook_id=${webhookId}`)).json
  assert.deepEqual(
    data.map((row: { id: string }) => row.id),
    [other.json.id, id],
  )
})

test('what could never send anything is refused with the reason', async () => {
  const asked = (body: object) =>
    api.call('POST /deliveries/replay', { body: { webhook_id: webhookId, since, ...body } })
  for (const [body, pointer] of [
    [{ until: '2019-01-01T00:00:00Z' }, '/since'],
    [{ status: 'delivered' }, '/force'],
    [{ event_type: 'mesages.received' }, '/event_type'],
    [{ rate: 501 }, '/rate'],
    [{ status: 'pending' }, '/status'],
  ] as const) {
    const answer = await asked(body)
    assertProblem(answer, 'validation_failed')
    assert.equal(answer.json.errors[0].pointer, pointer)
  }
  assertProblem(await asked({ webhook_id: crypto.randomUUID() }), 'webhook_not_found')
  await api.call(`POST /webhooks/${webhookId}/disable`)
  assertProblem(await asked({}), 'webhook_disabled')
  await api.call(`POST /webhooks/${webhookId}/enable`)
})

test('a dead letter put away is none any more, and keeps its history', async () => {
  const id = await deadLetter()
  assert.equal((await api.call(`DELETE /dead-letters/${id}`)).status, 204)
  assert.equal((await api.call(`GET /deliveries/${id}`)).json.status, 'cancelled')
  const { data } = (await api.call('GET /dead-letters?limit=250')).json
  assert.ok(data.every((row: { id: string }) => row.id !== id))
  assertProblem(await api.call(`DELETE /dead-letters/${id}`), 'delivery_not_found')
})

test('replays and dead letters of another profile do not exist', async () => {
  const dead = await deadLetter()
  const body = { webhook_id: webhookId, since }
  const { id } = (await api.call('POST /deliveries/replay', { body })).json
  const key = api.bob.key
  assertProblem(await api.call('POST /deliveries/replay', { key, body }), 'webhook_not_found')
  assertProblem(
    await api.call('POST /dead-letters/replay', { key, body: { webhook_id: webhookId } }),
    'webhook_not_found',
  )
  assertProblem(await api.call(`GET /replays/${id}`, { key }), 'replay_not_found')
  for (const verb of ['pause', 'resume', 'cancel'] as const)
    assertProblem(await api.call(`POST /replays/${id}/${verb}`, { key }), 'replay_not_found')
  assertProblem(await api.call(`DELETE /dead-letters/${dead}`, { key }), 'delivery_not_found')
  assert.deepEqual((await api.call('GET /replays', { key })).json.data, [])
  assert.equal((await api.call(`GET /replays/${id}`)).json.status, 'running')
})
