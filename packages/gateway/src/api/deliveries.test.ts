import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { definitionOf } from '@waxwing/events'
import { type EventDraft, sealEvent, uuidv7 } from '@waxwing/events/event-id'
import type { DueDelivery } from '../store/deliveries.ts'
import { assertProblem } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
let webhookId: string
before(async () => {
  api = await startTestApi()
  const { json } = await api.call('POST /webhooks', { body: { webhook_url: 'https://example.com/hook' } })
  webhookId = json.id
})
after(() => api.stop())

/** Commits one event of Alice and hands back its delivery. */
async function somethingHappens(text: string): Promise<DueDelivery> {
  const sample = Object.values(definitionOf('messages.received').samples)[0]
  const draft = {
    type: 'messages.received',
    at: new Date(),
    sessionId: null,
    profileId: api.alice.profileId,
    chat: null,
    naturalKey: null,
    data: { ...sample, body: text },
  } as EventDraft
  const [due] = await api.store.events.commit([sealEvent(draft)])
  assert.ok(due)
  return due
}

async function fails(due: DueDelivery): Promise<void> {
  await api.store.deliveries.record([
    {
      id: uuidv7(),
      delivery: due,
      attempt: due.attempt,
      startedAt: new Date(),
      durationMs: 12,
      timings: { dnsMs: 1, connectMs: 2, tlsMs: null, firstByteMs: 8, bodyMs: 1 },
      requestHeaders: { 'x-event-type': due.eventType },
      responseStatus: 503,
      responseHeaders: { 'content-type': 'text/plain' },
      responseBody: 'busy',
      errorClass: 'http_5xx',
      errorMessage: 'the receiver answered 503',
      next: { kind: 'dead' },
    },
  ])
}

test('an event is listed, read and filtered with the envelope that webhooks receive', async () => {
  const due = await somethingHappens('one')
  const { json } = await api.call(`GET /events/${due.eventId}`)
  assert.equal(json.type, 'messages.received')
  assert.equal(JSON.stringify(json.payload), due.body, 'the payload is what is signed')
  assert.equal(json.timestamp, json.payload.timestamp)
  const list = await api.call('GET /events?type=messages.received&since=2020-01-01T00:00:00Z')
  assert.ok(list.json.data.some((row: { id: string }) => row.id === due.eventId))
  assert.deepEqual((await api.call('GET /events?type=call')).json.data, [])
  assert.deepEqual((await api.call('GET /events?until=2020-01-01T00:00:00%2B02:00')).json.data, [])
})

test('a delivery is shown with its payload and every attempt', async () => {
  const due = await somethingHappens('two')
  const pending = (await api.call(`GET /deliveries/${due.deliveryId}`)).json
  assert.equal(pending.status, 'pending')
  assert.deepEqual(pending.attempt_log, [])
  assert.deepEqual(pending.payload, JSON.parse(due.body))
  await fails(due)
  const { json } = await api.call(`GET /deliveries/${due.deliveryId}`)
  assert.equal(json.status, 'failed')
  assert.equal(json.attempts, 1)
  assert.equal(json.next_attempt_at, null)
  assert.equal(json.response_status, 503)
  const [{ id, started_at, hint, ...attempt }] = json.attempt_log
  assert.ok(id && Date.parse(started_at) && hint)
  assert.deepEqual(attempt, {
    attempt: 1,
    duration_ms: 12,
    timings: { dns_ms: 1, connect_ms: 2, tls_ms: null, first_byte_ms: 8, body_ms: 1 },
    request_headers: { 'x-event-type': 'messages.received' },
    response_status: 503,
    response_headers: { 'content-type': 'text/plain' },
    response_body: 'busy',
    error_class: 'http_5xx',
    error_message: 'the receiver answered 503',
  })
})

test('each filter keeps what fits and drops the rest', async () => {
  const due = await somethingHappens('three')
  await fails(due)
  const found = async (query: string) =>
    (await api.call(`GET /deliveries?limit=250&${query}`)).json.data.some(
      (row: { id: string }) => row.id === due.deliveryId,
    )
  const other = '019ab0b7-5c00-7d4e-9f00-112233445566'
  for (const [fits, misses] of [
    ['status=failed', 'status=delivered'],
    [`webhook_id=${webhookId}`, `webhook_id=${other}`],
    ['event_type=messages.received', 'event_type=call'],
    [`event_id=${due.eventId}`, `event_id=${other}`],
    ['error_class=http_5xx', 'error_class=dns'],
    ['response_status=503', 'response_status=200'],
    ['since=2020-01-01T00:00:00Z', 'since=2100-01-01T00:00:00Z'],
    ['until=2100-01-01T00:00:00Z', 'until=2020-01-01T00:00:00Z'],
  ] as const) {
    assert.equal(await found(fits), true, fits)
    assert.equal(await found(misses), false, misses)
  }
  assert.equal(await found(`session_id=${other}`), false)
})

test('dead letters are the failed deliveries, and nothing else', async () => {
  const alive = await somethingHappens('four')
  const dead = await somethingHappens('five')
  await fails(dead)
  const { data } = (await api.call('GET /dead-letters?limit=250')).json
  const ids = data.map((row: { id: string }) => row.id)
  assert.ok(ids.includes(dead.deliveryId) && !ids.includes(alive.deliveryId))
  assert.ok(data.every((row: { status: string }) => row.status === 'failed'))
})

test('a redelivery is announced at once with a new claim, and refused while it is being attempted', async () => {
  const due = await somethingHappens('six')
  await fails(due)
  const before = api.announced.length
  const answer = await api.call(`POST /deliveries/${due.deliveryId}/redeliver`)
  assert.equal(answer.status, 202, answer.text)
  assert.equal(answer.json.status, 'pending')
  // The lane hands over on a later turn of the loop.
  for (let turn = 0; turn < 1_000 && api.announced.length === before; turn++)
    await new Promise(resolve => setTimeout(resolve, 10))
  const announced = api.announced.at(-1)
  assert.equal(api.announced.length, before + 1)
  assert.equal(announced?.deliveryId, due.deliveryId)
  assert.equal(announced?.body, due.body)
  assert.equal(announced?.manual, true)
  assert.notEqual(announced?.claimId, due.claimId)
  assertProblem(await api.call(`POST /deliveries/${due.deliveryId}/redeliver`), 'delivery_in_flight')
})

test('events and deliveries of another profile do not exist', async () => {
  const due = await somethingHappens('seven')
  await fails(due)
  const key = api.bob.key
  assertProblem(await api.call(`GET /events/${due.eventId}`, { key }), 'event_not_found')
  assertProblem(await api.call(`GET /deliveries/${due.deliveryId}`, { key }), 'delivery_not_found')
  assertProblem(await api.call(`POST /deliveries/${due.deliveryId}/redeliver`, { key }), 'delivery_not_found')
  for (const list of ['events', 'deliveries', 'dead-letters'] as const) {
    assert.deepEqual((await api.call(`GET /${list}`, { key })).json.data, [])
  }
  assert.equal((await api.call(`GET /deliveries/${due.deliveryId}`)).json.status, 'failed')
})

test('the catalog names every type with its schema, its samples and how to type it', async () => {
  const { json } = await api.call('GET /events/catalog')
  assert.ok(json.data.length >= 37)
  const shelved = json.categories.flatMap((category: { types: string[] }) => category.types)
  assert.deepEqual(shelved.sort(), json.data.map((row: { type: string }) => row.type).sort())
  assert.deepEqual(
    json.data.filter((row: { default: boolean }) => row.default).map((row: { type: string }) => row.type),
    ['messages.received'],
  )
  for (const { type } of json.data) {
    const detail = (await api.call(`GET /events/catalog/${type}`)).json
    assert.equal(detail.type, type)
    assert.equal(detail.json_schema.type, 'object', type)
    assert.ok(Object.keys(detail.samples).length > 0, type)
    assert.match(detail.typescript, new RegExp(`Envelope<'${type}'>`))
  }
})
