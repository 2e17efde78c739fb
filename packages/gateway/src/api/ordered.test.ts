import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EventDraft, sealEvent } from '@waxwing/events/event-id'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(() => api.stop())

test('a webhook is ordered when asked to, and no longer when asked not to', async () => {
  const body = { webhook_url: 'https://example.com/hook', ordered: true }
  const { json: made } = await api.call('POST /webhooks', { body })
  assert.equal(made.ordered, true)
  const change = { body: { name: 'still ordered' } }
  assert.equal((await api.call(`PATCH /webhooks/${made.id}`, change)).json.ordered, true)
  const { json: changed } = await api.call(`PATCH /webhooks/${made.id}`, { body: { ordered: false } })
  assert.equal(changed.ordered, false)
  await api.call(`DELETE /webhooks/${made.id}`)
})

test('a delivery that waits for its turn says for which one, and when it is its turn for none', async () => {
  const subscribed_events = ['webhook.ping']
  const body = { webhook_url: 'https://example.com/hook', ordered: true, subscribed_events }
  const { json: hook } = await api.call('POST /webhooks', { body })
  const events = [0, 1].map(n => sealEvent(pingIn('a chat', n)))
  for (const event of events) assert.deepEqual(await api.store.events.commit([event]), [])
  const { json: list } = await api.call(`GET /deliveries?webhook_id=${hook.id}`)
  const [first, second] = events.map(event => list.data.find((row: Row) => row.event_id === event.id))
  assert.deepEqual([second.status, second.next_attempt_at], ['pending', null])
  assert.equal((await api.call(`GET /deliveries/${first.id}`)).json.waiting_for, null)
  assert.equal((await api.call(`GET /deliveries/${second.id}`)).json.waiting_for, first.id)
  const [head] = await api.store.deliveries.claimDue({ limit: 9, perWebhook: 9, leaseMs: 60_000 })
  assert.equal(head?.deliveryId, first.id)
  await api.call(`DELETE /webhooks/${hook.id}`)
  assert.equal((await api.call(`GET /deliveries/${second.id}`)).json.waiting_for, null, 'it is cancelled')
})

type Row = { event_id: string }

function pingIn(chat: string, n: number): EventDraft {
  return {
    type: 'webhook.ping',
    at: new Date(),
    sessionId: null,
    profileId: api.alice.profileId,
    chat,
    naturalKey: `ping ${n}`,
    data: { webhookId: 'w', message: 'hello' },
  }
}
