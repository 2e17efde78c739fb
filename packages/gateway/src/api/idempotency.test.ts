import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertProblem, pointersOf } from './problem-checks.ts'
import { type Answer, startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(() => api.stop())

let made = 0
const newKey = () => `key-${made++}`

function post(path: string, key: string, body?: unknown, as = api.alice.key): Promise<Answer> {
  return api.call(`POST ${path}` as 'POST /', { key: as, body, headers: { 'idempotency-key': key } })
}

const wasReplayed = (answer: Answer) => answer.headers.get('idempotency-replayed') === 'true'

test('a repeated request gets the first answer and is done once', async () => {
  const key = newKey()
  const first = await post('/sessions', key, { name: 'once' })
  const again = await post('/sessions', key, { name: 'once' })
  assert.deepEqual([first.status, again.status], [201, 201])
  assert.equal(again.text, first.text)
  assert.deepEqual([wasReplayed(first), wasReplayed(again)], [false, true])
  assert.equal(again.headers.get('content-type'), first.headers.get('content-type'))
  assert.notEqual(again.headers.get('x-request-id'), first.headers.get('x-request-id'))
  const { json } = await api.call('GET /sessions')
  assert.equal(json.data.filter(({ name }: { name: string }) => name === 'once').length, 1)
})

test('the order of fields makes no other request', async () => {
  const key = newKey()
  const first = await api.call('POST /sessions', {
    raw: '{"name":"a","settings":{"x":1,"y":2}}',
    headers: { 'idempotency-key': key },
  })
  const again = await api.call('POST /sessions', {
    raw: '{ "settings": {"y":2, "x":1}, "name": "a" }',
    headers: { 'idempotency-key': `"${key}"` },
  })
  assert.equal(again.text, first.text)
  assert.ok(wasReplayed(again))
})

test('the key of one request is refused for another', async () => {
  const key = newKey()
  assert.equal((await post('/sessions', key, { name: 'one' })).status, 201)
  assertProblem(await post('/sessions', key, { name: 'other' }), 'idempotency_key_reused')
  assertProblem(
    await post('/webhooks', key, { webhook_url: 'https://example.com' }),
    'idempotency_key_reused',
  )
  assert.ok(wasReplayed(await post('/sessions', key, { name: 'one' })))
})

test('profiles do not share keys', async () => {
  const key = newKey()
  const hers = await post('/sessions', key, { name: 'same' })
  const his = await post('/sessions', key, { name: 'same' }, api.bob.key)
  assert.deepEqual([hers.status, his.status, wasReplayed(his)], [201, 201, false])
  assert.notEqual(his.json.id, hers.json.id)
})

test('while a request is carried out its repetition is told to wait, and it happens once', async () => {
  const { json: session } = await api.call('POST /sessions', { body: { name: 'a' } })
  const path = `/sessions/${session.id}/messages`
  const body = { to: '15550100', text: 'hello' }
  const key = newKey()
  const [reached, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let sends = 0
  api.engine({
    'message.send': async () => {
      sends++
      reached.resolve()
      await finish.promise
      return { ok: true, result: { messageId: '3EB0', to: 'x', timestamp: '2030-01-01T00:00:00.000Z' } }
    },
  })
  const first = post(path, key, body)
  await reached.promise
  assertProblem(await post(path, key, body), 'idempotent_request_running')
  finish.resolve()
  assert.equal((await first).status, 201)
  assert.equal((await post(path, key, body)).text, (await first).text)
  assert.equal(sends, 1)
})

test('many at once do it once', async () => {
  const key = newKey()
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => post('/sessions', key, { name: 'crowd' })),
  )
  const made = answers.filter(({ status }) => status === 201)
  assert.equal(new Set(made.map(({ text }) => text)).size, 1)
  assert.equal(made.filter(answer => !wasReplayed(answer)).length, 1)
  for (const answer of answers.filter(({ status }) => status !== 201))
    assertProblem(answer, 'idempotent_request_running')
  const { json } = await api.call('GET /sessions')
  assert.equal(json.data.filter(({ name }: { name: string }) => name === 'crowd').length, 1)
})

test('a refusal that changed nothing leaves the key free, one that may have done something is kept', async () => {
  const { json: session } = await api.call('POST /sessions', { body: { name: 'a' } })
  const path = `/sessions/${session.id}/messages`
  const body = { to: '15550100', text: 'hello' }
  const answering = (code: 'session_not_connected' | 'timeout') =>
    api.engine({ 'message.send': async () => ({ ok: false, code, detail: 'as this test says' }) })
  const key = newKey()
  answering('session_not_connected')
  assertProblem(await post(path, key, body), 'session_not_connected')
  answering('timeout')
  assertProblem(await post(path, key, body), 'timeout')
  answering('session_not_connected')
  const again = await post(path, key, body)
  assert.equal(again.json.code, 'timeout')
  assert.ok(wasReplayed(again))
  assert.equal(again.headers.get('content-type'), 'application/problem+json')
  // A body that does not fit uses no key up.
  const fresh = newKey()
  assert.deepEqual(pointersOf(await post('/sessions', fresh, { name: '' })), ['/name'])
  assert.equal((await post('/sessions', fresh, { name: 'right' })).status, 201)
})

test('a secret that is shown once is shown again to who repeats, and is nowhere in clear', async () => {
  const key = newKey()
  const body = { webhook_url: 'https://example.com/hook' }
  const first = await post('/webhooks', key, body)
  assert.match(first.json.secret, /^whsec_/)
  assert.equal((await post('/webhooks', key, body)).json.secret, first.json.secret)
  const api_key = await post('/api-keys', newKey(), { name: 'k', scopes: ['read'] })
  const kept = await api.sql(
    `select key, encode(answer, 'escape') as answer, fingerprint from idempotency_keys`,
  )
  assert.ok(kept.length > 2)
  const text = JSON.stringify(kept)
  for (const secret of [first.json.secret, api_key.json.key, 'example.com']) assert.ok(!text.includes(secret))
})

test('a key is forgotten after a day, and one whose request was cut off is free after a minute', async () => {
  const [old, cut] = [newKey(), newKey()]
  await post('/sessions', old, { name: 'old' })
  await api.sql(`update idempotency_keys set expires_at = now() - interval '1 second' where key = $1`, [old])
  assert.equal(wasReplayed(await post('/sessions', old, { name: 'another' })), false)
  await post('/sessions', cut, { name: 'cut' })
  await api.sql('update idempotency_keys set answer = null where key = $1', [cut])
  assertProblem(await post('/sessions', cut, { name: 'cut' }), 'idempotent_request_running')
  await api.sql(`update idempotency_keys set claimed_until = now() - interval '1 second' where key = $1`, [
    cut,
  ])
  assertProblem(await post('/sessions', cut, { name: 'other' }), 'idempotency_key_reused')
  assert.equal((await post('/sessions', cut, { name: 'cut' })).status, 201)
  await api.sql(`update idempotency_keys set expires_at = now() - interval '1 second' where key = $1`, [cut])
  await api.store.idempotency.expire()
  assert.deepEqual(await api.sql('select from idempotency_keys where key = $1', [cut]), [])
})

test('a key that is none is refused, and other methods have none', async () => {
  for (const key of ['', '""', 'a b', 'x'.repeat(256), 'é'])
    assert.deepEqual(pointersOf(await post('/sessions', key, { name: 'a' })), ['Idempotency-Key'])
  const { json } = await api.call('POST /sessions', { body: { name: 'before' } })
  for (const name of ['one', 'two']) {
    const headers = { 'idempotency-key': 'patch' }
    const { status } = await api.call(`PATCH /sessions/${json.id}`, { body: { name }, headers })
    assert.equal(status, 200)
  }
})

test('an answer without a body is repeated without one', async () => {
  const owner = { profileId: api.alice.profileId, key: 'x', fingerprint: Buffer.alloc(32) }
  const begun = await api.store.idempotency.begin(owner)
  assert.equal(begun.kind, 'yours')
  if (begun.kind !== 'yours') return
  const answer = { status: 204, contentType: null, body: '' }
  await api.store.idempotency.keep(begun.claim, answer)
  await api.store.idempotency.release(begun.claim)
  assert.deepEqual(await api.store.idempotency.begin(owner), { kind: 'answered', answer })
})
