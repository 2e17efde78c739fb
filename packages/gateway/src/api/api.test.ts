import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { assertProblem, pointersOf } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(() => api.stop())

const nobody = '019ab0b7-5c00-7d4e-9f00-112233445566'

/** How one comes in. */
const withoutKey = ['GET /auth', 'POST /auth/sign-in', 'POST /auth/sign-in/link', 'POST /auth/sign-out']

/** Every route of the document under /api/v1, as `METHOD /path`. */
async function routes(): Promise<`${string} /${string}`[]> {
  const { json } = await api.call('GET //openapi.json')
  return Object.entries<object>(json.paths)
    .filter(([path]) => path.startsWith('/api/v1/'))
    .flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method.toUpperCase()} ${path.slice('/api/v1'.length)}` as const),
    ) as `${string} /${string}`[]
}

test('every route under /api/v1 refuses a request without a key and one with a wrong key', async () => {
  const all = await routes()
  assert.ok(all.length >= 38, `found ${all.length} routes`)
  for (const route of all.filter(one => !withoutKey.includes(one))) {
    const path = route.replaceAll(/\{\w+\}/g, nobody) as `${string} /${string}`
    assertProblem(await api.call(path, { key: null }), 'api_key_missing')
    const wrong = await api.call(path, { key: 'wx_wrong' })
    assertProblem(wrong, 'api_key_invalid')
    assert.match(wrong.headers.get('www-authenticate') ?? '', /^Bearer/)
  }
})

test('keys that no key can be are refused without a look into the database', async () => {
  for (const key of ['x'.repeat(300), 'wx_é', "' or 1=1 --"]) {
    assertProblem(
      await api.call('GET /sessions', { key: null, headers: { 'x-api-key': encodeURI(key) } }),
      'api_key_invalid',
    )
  }
  assertProblem(
    await api.call('GET /sessions', { key: null, headers: { authorization: 'Basic abc' } }),
    'api_key_missing',
  )
})

test('a key works in either header', async () => {
  const { key } = api.alice
  assert.equal((await api.call('GET /sessions', { key: null, headers: { 'x-api-key': key } })).status, 200)
  assert.equal(
    (await api.call('GET /sessions', { key: null, headers: { authorization: `bearer ${key}` } })).status,
    200,
  )
})

test('what does not exist is a 404, whether the id is a UUID, a word or a novel', async () => {
  const missing = { sessions: 'session', webhooks: 'webhook', events: 'event', deliveries: 'delivery' }
  for (const [resource, name] of Object.entries(missing)) {
    for (const id of [nobody, 'one', '0', "'", '%00', '%F0%9F%90%A6', 'x'.repeat(90)]) {
      assertProblem(await api.call(`GET /${resource}/${id}`), `${name}_not_found`)
    }
    assertProblem(await api.call(`GET /${resource}/${'x'.repeat(5_000)}`), 'route_not_found')
  }
  assertProblem(await api.call('GET /events/catalog/no.such'), 'event_type_not_found')
})

test('a route that does not exist and a path that is no path are problems too', async () => {
  assertProblem(await api.call('GET /nothing'), 'route_not_found')
  assertProblem(await api.call('POST /nothing?a=%00', { raw: '{' }), 'route_not_found')
  assertProblem(await api.call('GET //nothing/at/all'), 'route_not_found')
  assertProblem(await api.call('GET /sessions/%E0%A4%A'), 'malformed_request')
})

test('a method that a route does not have is a 405 that lists those it has', async () => {
  for (const [call, allowed] of [
    ['PUT /sessions', 'GET, HEAD, POST'],
    [`POST /sessions/${nobody}?a=b`, 'DELETE, GET, HEAD, PATCH'],
    ['DELETE /events/catalog', 'GET, HEAD'],
    [`GET /sessions/${nobody}/connect`, 'POST'],
    ['POST //health', 'GET, HEAD'],
    ['DELETE //', 'GET, HEAD'],
  ] as const) {
    // Refused before a key is looked for and before the body is judged, as a route that does not exist is.
    const answer = await api.call(call, { key: null, ...(call.startsWith('GET') ? {} : { raw: '{' }) })
    assertProblem(answer, 'method_not_allowed')
    assert.equal(answer.headers.get('allow'), allowed, call)
  }
  for (const call of ['POST /sessions/a/b/c', 'PUT /sessions/', 'POST //api/v1'] as const) {
    const answer = await api.call(call, { body: {} })
    assertProblem(answer, 'route_not_found')
    assert.equal(answer.headers.get('allow'), null)
  }
})

test('malformed bodies are refused by what is wrong with them', async () => {
  const json = { 'content-type': 'application/json' }
  for (const raw of [
    '{',
    '{"name":}',
    'nonsense',
    '{"name":"a"} x',
    '{"__proto__":{"a":1}}',
    new Uint8Array([0x22, 0xff, 0x22]),
  ]) {
    assertProblem(await api.call('POST /sessions', { raw, headers: json }), 'malformed_json')
  }
  for (const type of [
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'nonsense',
  ]) {
    assertProblem(
      await api.call('POST /sessions', { raw: '{}', headers: { 'content-type': type } }),
      'unsupported_media_type',
    )
  }
  for (const raw of ['', '[]', '"text"', '1', 'null', 'true']) {
    assert.deepEqual(pointersOf(await api.call('POST /sessions', { raw, headers: json })), [''])
  }
})

test('a body over one mebibyte is refused, announced or streamed, and one of 10 MB does not hang', async () => {
  const raw = JSON.stringify({ name: 'x'.repeat(10_000_000) })
  assertProblem(await api.call('POST /sessions', { raw }), 'body_too_large')
  const streamed = await fetch(`${api.url}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'x-api-key': api.alice.key, 'content-type': 'application/json' },
    body: new Blob([raw]).stream(),
    duplex: 'half',
  })
  assert.equal(streamed.status, 413)
  assert.match(await streamed.text(), /"code":"body_too_large"/)
  const nearly = JSON.stringify({ name: 'x'.repeat(1_000_000) })
  assert.deepEqual(pointersOf(await api.call('POST /sessions', { raw: nearly })), ['/name'])
})

test('text that the database cannot keep, and values nested without end, are refused by their place', async () => {
  const before = await api.sql('select count(*) from sessions')
  assert.deepEqual(pointersOf(await api.call('POST /sessions', { body: { name: 'a\0b' } })), ['/name'])
  assert.deepEqual(pointersOf(await api.call('POST /sessions', { raw: '{"name":"\\ud800"}' })), ['/name'])
  assert.deepEqual(
    pointersOf(await api.call('POST /sessions', { body: { name: 'a', settings: { 'x\0': 1 } } })),
    ['/settings'],
  )
  assert.deepEqual(pointersOf(await api.call('GET /events?type=a%00b')), ['?type'])
  const deep = `{"name":"a","settings":{"x":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`
  assert.match(pointersOf(await api.call('POST /sessions', { raw: deep }))[0] ?? '', /^\/settings\/x\/0/)
  assert.deepEqual(await api.sql('select count(*) from sessions'), before)
})

test('every fault of a body is named with its place, and unknown fields are faults', async () => {
  const answer = await api.call('POST /sessions', { body: { nam: 'a', network: 'telegram', settings: [] } })
  assert.deepEqual(pointersOf(answer).sort(), ['/nam', '/name', '/network', '/settings'])
  assert.ok(assertProblem(answer).some(error => error.detail === 'This is required.'))
})

test('unknown, repeated and impossible query parameters are refused by name', async () => {
  const faults: Record<string, string> = {
    'limit=0': '?limit',
    'limit=251': '?limit',
    'limit=-1': '?limit',
    'limit=1.5': '?limit',
    'limit=many': '?limit',
    'limit=1&limit=2': '?limit',
    'cursor=broken': '?cursor',
    'cursor=': '?cursor',
    'webhok_id=x': '?webhok_id',
    'status=lost': '?status',
    'webhook_id=1': '?webhook_id',
    'since=yesterday': '?since',
    'since=0000-01-01T00:00:00Z': '?since',
    'error_class=none': '?error_class',
    'response_status=99': '?response_status',
  }
  for (const [query, pointer] of Object.entries(faults)) {
    assert.deepEqual(pointersOf(await api.call(`GET /deliveries?${query}`)), [pointer], query)
  }
  assert.deepEqual(pointersOf(await api.call(`GET /sessions/${nobody}?verbose=1`)), ['?verbose'])
})

test('a request id is echoed when it is harmless and replaced when it is not', async () => {
  const given = async (id: string) =>
    (await api.call('GET /sessions', { headers: { 'x-request-id': id } })).headers.get('x-request-id')
  assert.equal(await given('trace-1:2.3_4'), 'trace-1:2.3_4')
  for (const id of ['a b', '<script>', 'x'.repeat(65), ''])
    assert.match((await given(id)) ?? '', /^[0-9a-f-]{36}$/)
})

test('answers cannot be framed, sniffed, cached or read by other origins', async () => {
  const { headers } = await api.call('GET /sessions', { headers: { origin: 'https://evil.example' } })
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.equal(headers.get('x-frame-options'), 'DENY')
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('access-control-allow-origin'), null)
  assertProblem(
    await api.call('OPTIONS /sessions', { headers: { origin: 'https://evil.example' } }),
    'method_not_allowed',
  )
})

test('headers beyond the limit and bytes that are no HTTP are answered as problems', async () => {
  assertProblem(
    await api.call('GET /sessions', { headers: { 'x-long': 'x'.repeat(20_000) } }),
    'headers_too_large',
  )
  const { port, hostname } = new URL(api.url)
  const socket = connect(Number(port), hostname).end('GARBAGE\r\n\r\n')
  let answer = ''
  for await (const chunk of socket) answer += chunk
  assert.match(answer, /^HTTP\/1.1 400 Bad Request\r\n/)
  assert.match(answer, /"code":"malformed_request"/)
})

test('liveness, readiness and version answer without a key', async () => {
  const health = await api.call('GET //health', { key: null })
  assert.equal(health.status, 200)
  assert.equal(health.json.status, 'ok')
  assert.equal(health.json.database.ok, true)
  assert.equal((await api.call('GET //health/ready', { key: null })).status, 200)
  assert.deepEqual((await api.call('GET //health/live', { key: null })).json, { status: 'ok' })
  assert.deepEqual((await api.call('GET //version', { key: null })).json, {
    name: 'waxwing',
    version: '0.0.0-test',
  })
})
