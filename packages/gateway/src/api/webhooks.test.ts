import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { verifySignature } from '@waxwing/events'
import { assertProblem, pointersOf } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
let receiver: Receiver
before(async () => {
  api = await startTestApi()
  receiver = await startReceiver()
})
after(async () => {
  await api.stop()
  receiver.server.close()
})

const url = 'https://example.com/hook'

async function newWebhook(body: object = {}) {
  const answer = await api.call('POST /webhooks', { body: { webhook_url: url, ...body } })
  assert.equal(answer.status, 201, answer.text)
  return answer.json
}

test('a URL is enough: the rest has the defaults of the contract, and the secret is shown once', async () => {
  const { id, secret, created_at, updated_at, health, ...rest } = await newWebhook()
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  assert.equal(health.state, 'healthy')
  assert.deepEqual(rest, {
    name: 'example.com',
    webhook_url: url,
    session_ids: null,
    enabled: true,
    subscribed_events: ['messages.received'],
    retry_config: { preset: 'quick', max_attempts: 3, backoff_ms: 1000, delays_ms: null },
    headers: {},
    ordered: false,
    rate_limit: null,
  })
  for (const answer of [await api.call(`GET /webhooks/${id}`), await api.call('GET /webhooks')]) {
    assert.ok(!answer.text.includes('whsec_'), 'reading a webhook does not show its secret')
  }
  assert.deepEqual((await api.call(`GET /webhooks/${id}/secret`)).json, { secret, previous: [] })
})

test('a change keeps what it does not name, also inside retry_config', async () => {
  const { id } = await newWebhook({ headers: { 'X-Team': 'blue' }, retry_config: { max_attempts: 5 } })
  const { json } = await api.call(`PATCH /webhooks/${id}`, {
    body: { name: 'Blue', retry_config: { backoff_ms: 200 }, subscribed_events: ['messages.*', 'call'] },
  })
  assert.equal(json.name, 'Blue')
  assert.deepEqual(json.retry_config, {
    preset: 'custom',
    max_attempts: 5,
    backoff_ms: 200,
    delays_ms: null,
  })
  assert.deepEqual(json.subscribed_events, ['messages.*', 'call'])
  assert.deepEqual(json.headers, { 'X-Team': 'blue' })
  assert.equal(json.webhook_url, url)
})

test('a rate limit is set, kept by other changes, and taken away', async () => {
  const { id, rate_limit } = await newWebhook({ rate_limit: 1_000 })
  const change = async (body: object) => (await api.call(`PATCH /webhooks/${id}`, { body })).json.rate_limit
  assert.deepEqual(
    [
      rate_limit,
      await change({ rate_limit: 1 }),
      await change({ name: 'Other' }),
      await change({ rate_limit: null }),
    ],
    [1_000, 1, 1, null],
  )
})

test('everything wrong with a webhook is said at once, each with its place', async () => {
  const answer = await api.call('POST /webhooks', {
    body: {
      webhook_url: 'http://10.0.0.1/hook',
      session_ids: ['019ab0b7-5c00-7d4e-9f00-112233445566'],
      subscribed_events: ['messages.received', 'mesages.received'],
      headers: { Host: 'evil', 'X-Ok': 'yes', 'X-Split': 'a\r\nb' },
    },
  })
  assert.deepEqual(pointersOf(answer).sort(), [
    '/headers/Host',
    '/headers/X-Split',
    '/session_ids/0',
    '/subscribed_events/1',
    '/webhook_url',
  ])
  const details = assertProblem(answer).map(error => error.detail)
  assert.ok(
    details.some(detail => detail.includes('"messages.received"')),
    'the nearest name is offered',
  )
})

test('a URL that may not be called is refused with the reason', async () => {
  for (const bad of [
    'nonsense',
    'ftp://example.com',
    'https://user:pass@example.com/',
    'http://169.254.169.254/latest/meta-data',
    'http://[fd00::1]/',
    'http://0x0a000001/',
    'javascript:alert(1)',
    '',
  ]) {
    assert.deepEqual(
      pointersOf(await api.call('POST /webhooks', { body: { webhook_url: bad } })),
      ['/webhook_url'],
      bad,
    )
  }
})

test('bounds hold, and what this version does not do is not accepted', async () => {
  const long = 'v'.repeat(2_000)
  const faults: [string, object][] = [
    ['/retry_config/max_attempts', { retry_config: { max_attempts: 0 } }],
    ['/retry_config/max_attempts', { retry_config: { max_attempts: 32 } }],
    ['/retry_config/backoff_ms', { retry_config: { backoff_ms: 99 } }],
    ['/retry_config/backoff_ms', { retry_config: { backoff_ms: 86_400_001 } }],
    ['/retry_config/backoff_ms', { retry_config: { backoff_ms: '1000' } }],
    ['/subscribed_events', { subscribed_events: [] }],
    ['/subscribed_events', { subscribed_events: 'messages.received' }],
    ['/ordered', { ordered: 'yes' }],
    ['/rate_limit', { rate_limit: 0 }],
    ['/rate_limit', { rate_limit: 1_001 }],
    ['/rate_limit', { rate_limit: 1.5 }],
    ['/rate_limit', { rate_limit: '5' }],
    ['/secret', { secret: 'whsec_short' }],
    ['/secret', { secret: 'no prefix' }],
    ['/name', { name: ' ' }],
    ['/headers', { headers: ['X-A'] }],
    ['/headers', { headers: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`X-${i}`, 'v'])) }],
    ['/headers', { headers: { 'X-A': long, 'X-B': long, 'X-C': long, 'X-D': long } }],
    ['/headers/X-A', { headers: { 'X-A': `${long}${'v'.repeat(49)}` } }],
    ['/enabled', { enabled: 'yes' }],
    ['/health', { health: { state: 'healthy' } }],
  ]
  const count = await api.sql('select count(*) from webhook_configs')
  for (const [pointer, body] of faults) {
    assert.deepEqual(pointersOf(await api.call('POST /webhooks', { body: { webhook_url: url, ...body } })), [
      pointer,
    ])
  }
  assert.deepEqual(await api.sql('select count(*) from webhook_configs'), count)
})

test('a refused change changes nothing', async () => {
  const { id, secret: _shown, ...before } = await newWebhook()
  const bad = { name: 'New', webhook_url: 'http://192.168.0.1' }
  assert.deepEqual(pointersOf(await api.call(`PATCH /webhooks/${id}`, { body: bad })), ['/webhook_url'])
  const { id: _same, ...now } = (await api.call(`GET /webhooks/${id}`)).json
  assert.deepEqual(now, before)
})

test('sessions of another profile cannot be named', async () => {
  const other = await api.store.sessions.create({
    profileId: api.bob.profileId,
    name: 'b',
    network: 'whatsapp',
  })
  const own = await api.store.sessions.create({
    profileId: api.alice.profileId,
    name: 'a',
    network: 'whatsapp',
  })
  const body = { webhook_url: url, session_ids: [own.id, other.id] }
  assert.deepEqual(pointersOf(await api.call('POST /webhooks', { body })), ['/session_ids/1'])
  assert.deepEqual((await newWebhook({ session_ids: [own.id] })).session_ids, [own.id])
})

test('a webhook is disabled, enabled and deleted', async () => {
  const { id } = await newWebhook()
  assert.equal((await api.call(`POST /webhooks/${id}/disable`)).json.enabled, false)
  assert.equal((await api.call(`POST /webhooks/${id}/enable`)).json.enabled, true)
  assert.equal((await api.call(`DELETE /webhooks/${id}`)).status, 204)
  assertProblem(await api.call(`DELETE /webhooks/${id}`), 'webhook_not_found')
})

test('a webhook shows how its receiver is doing, and enabling it lifts a suspension', async () => {
  const { id } = await newWebhook()
  const since = new Date(Date.now() - 3_600_000)
  const reason = 'It answered 410 Gone.'
  await api.store.webhookHealth.change(id, before => ({
    health: { ...before, state: 'suspended', since, reason, gateAt: new Date(), downSince: since },
    notice: null,
  }))
  const { enabled, health } = (await api.call(`GET /webhooks/${id}`)).json
  assert.deepEqual(
    [enabled, health],
    [true, { state: 'suspended', since: since.toISOString(), reason, paused_until: null }],
  )
  const lifted = (await api.call(`POST /webhooks/${id}/enable`)).json.health
  assert.deepEqual([lifted.state, lifted.reason], ['healthy', null])
  assert.ok(Date.parse(lifted.since) > since.getTime())
})

test('a webhook shows until when its receiver asked for patience, and enabling ends the pause', async () => {
  const { id, health: before } = await newWebhook()
  assert.equal(before.paused_until, null)
  const until = new Date(Date.now() + 3_600_000)
  const reason = 'It answered 429 and asked for patience.'
  await api.store.webhookHealth.change(id, health => ({
    health: { ...health, pausedAt: new Date(), pausedUntil: until, gateAt: until, reason },
    notice: null,
  }))
  const { health } = (await api.call(`GET /webhooks/${id}`)).json
  assert.deepEqual(
    [health.state, health.reason, health.paused_until],
    ['healthy', reason, until.toISOString()],
  )
  const lifted = (await api.call(`POST /webhooks/${id}/enable`)).json.health
  assert.deepEqual([lifted.state, lifted.reason, lifted.paused_until], ['healthy', null, null])
})

test('a secret is rotated with an overlap, and may be the user’s own', async () => {
  const own = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const { id, secret } = await newWebhook({ secret: own })
  assert.equal(secret, own)
  const { json } = await api.call(`POST /webhooks/${id}/secret/rotate`, { body: { overlap: '1h' } })
  assert.notEqual(json.secret, own)
  const left = Date.parse(json.previous_valid_until) - Date.now()
  assert.ok(left > 3_590_000 && left <= 3_600_000)
  const { secret: newest, previous } = (await api.call(`GET /webhooks/${id}/secret`)).json
  assert.deepEqual([newest, previous.length, previous[0].secret], [json.secret, 1, own])
  const apart = Date.parse(previous[0].valid_until) - Date.parse(json.previous_valid_until)
  assert.ok(Math.abs(apart) < 10_000, 'the answer of the rotation and the list say the same time')
  assert.deepEqual((await api.store.webhooks.get(api.alice.profileId, id))?.secrets, [json.secret, own])
  assert.deepEqual(
    pointersOf(await api.call(`POST /webhooks/${id}/secret/rotate`, { body: { overlap: '2h' } })),
    ['/overlap'],
  )
})

test('the Test button sends one signed event and shows request, response and timings', async () => {
  const { id, secret } = await newWebhook({ webhook_url: receiver.url, headers: { 'X-Team': 'blue' } })
  receiver.answer = { status: 202, body: 'thanks' }
  const { json, status } = await api.call(`POST /webhooks/${id}/test`)
  assert.equal(status, 200)
  assert.equal(json.status, 202)
  assert.equal(json.error_class, null)
  assert.equal(json.hint, null)
  assert.equal(json.response.body, 'thanks')
  assert.ok(json.duration_ms >= 0 && json.timings.first_byte_ms >= 0)
  const got = receiver.requests.at(-1)
  assert.ok(got)
  assert.equal(got.headers['x-event-type'], 'webhook.ping')
  assert.equal(got.headers['x-team'], 'blue')
  assert.equal(got.body, json.request.body, 'the body that is shown is the body that was sent')
  assert.equal((await verifySignature({ headers: got.headers, body: got.body, secret })).ok, true)
})

test('any event of the catalog can be tested, with the sample or with data of the caller that fits', async () => {
  const { id } = await newWebhook({ webhook_url: receiver.url })
  const catalog = (await api.call('GET /events/catalog')).json.data
  for (const { type } of catalog) {
    const { json } = await api.call(`POST /webhooks/${id}/test`, { body: { event_type: type } })
    assert.equal(json.status, 202, type)
    assert.equal(JSON.parse(receiver.requests.at(-1)?.body ?? '').type, type)
  }
  const { json: detail } = await api.call('GET /events/catalog/messages.received')
  const data = { ...Object.values<object>(detail.samples)[0], body: 'edited' }
  await api.call(`POST /webhooks/${id}/test`, { body: { event_type: 'messages.received', data } })
  assert.equal(JSON.parse(receiver.requests.at(-1)?.body ?? '').data.body, 'edited')
  const wrong = { event_type: 'messages.received', data: { ...data, body: 7 } }
  assert.deepEqual(pointersOf(await api.call(`POST /webhooks/${id}/test`, { body: wrong })), ['/data/body'])
  assert.deepEqual(pointersOf(await api.call(`POST /webhooks/${id}/test`, { body: { event_type: 'x' } })), [
    '/event_type',
  ])
})

test('a receiver that fails is a result with a hint, not an error of this API', async () => {
  const { id } = await newWebhook({ webhook_url: receiver.url })
  receiver.answer = { status: 500, body: 'boom' }
  const failed = (await api.call(`POST /webhooks/${id}/test`)).json
  assert.deepEqual([failed.status, failed.error_class], [500, 'http_5xx'])
  assert.ok(failed.hint.length > 10)
  const { id: closed } = await newWebhook({ webhook_url: 'http://127.0.0.1:9/' })
  const refused = (await api.call(`POST /webhooks/${closed}/test`)).json
  assert.equal(refused.status, null)
  assert.equal(refused.response, null)
  assert.ok(refused.error_class)
})

test('the webhooks of another profile do not exist', async () => {
  const { id, secret: _shown, ...before } = await newWebhook()
  const key = api.bob.key
  const attempts = {
    [`GET /webhooks/${id}`]: undefined,
    [`PATCH /webhooks/${id}`]: { name: 'stolen' },
    [`DELETE /webhooks/${id}`]: undefined,
    [`POST /webhooks/${id}/enable`]: undefined,
    [`POST /webhooks/${id}/disable`]: undefined,
    [`POST /webhooks/${id}/test`]: {},
    [`GET /webhooks/${id}/secret`]: undefined,
    [`POST /webhooks/${id}/secret/rotate`]: { overlap: '0' },
  }
  for (const [route, body] of Object.entries(attempts)) {
    assertProblem(await api.call(route as 'GET /', { key, body }), 'webhook_not_found')
  }
  assert.deepEqual((await api.call('GET /webhooks', { key })).json.data, [])
  const { id: _same, ...now } = (await api.call(`GET /webhooks/${id}`)).json
  assert.deepEqual(now, before)
})

type Receiver = {
  url: string
  server: Server
  requests: { headers: Record<string, string | string[] | undefined>; body: string }[]
  answer: { status: number; body: string }
}

async function startReceiver(): Promise<Receiver> {
  const receiver: Omit<Receiver, 'url' | 'server'> = { requests: [], answer: { status: 202, body: '' } }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    receiver.requests.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
    response.writeHead(receiver.answer.status).end(receiver.answer.body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(receiver, { server, url: `http://127.0.0.1:${port}/hook` })
}
