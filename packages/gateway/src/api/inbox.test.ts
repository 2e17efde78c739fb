import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
let url: string
before(async () => {
  api = await startTestApi()
  url = (await api.call('GET /inbox')).json.url
})
after(() => api.stop())
beforeEach(async () => {
  await api.call('DELETE /inbox')
  await api.call('PATCH /inbox', { body: { status: 200, delay_ms: 0 } })
})

const requests = async () => (await api.call('GET /inbox')).json.requests
const post = (body: string, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body, headers })

test('a test sent to the inbox verifies with the secret of the webhook that points there', async () => {
  const webhook = await api.call('POST /webhooks', { body: { webhook_url: url } })
  const sent = await api.call(`POST /webhooks/${webhook.json.id}/test`)
  assert.equal(sent.json.error_class, null, sent.text)
  const [got] = await requests()
  assert.deepEqual(got.verdict, { ok: true, scheme: 'standard-webhooks', detail: null })
  assert.equal(got.body, sent.json.request.body, 'the bytes as they were sent')
  assert.equal(got.headers['x-event-type'], 'webhook.ping')
})

test('what nobody signed is shown with the reason, whatever it is', async () => {
  for (const body of ['{"not": "ours"}', 'not even JSON \0', ''])
    await post(body, { 'content-type': 'text/odd' })
  const got = await requests()
  assert.deepEqual(
    got.map(({ verdict }: { verdict: { ok: boolean; detail: string | null } }) => [
      verdict.ok,
      verdict.detail !== null,
    ]),
    [
      [false, true],
      [false, true],
      [false, true],
    ],
  )
})

test('it answers as it is told, and the attempt fails as it would at a real receiver', async () => {
  await api.call('PATCH /inbox', { body: { status: 503 } })
  assert.equal((await post('{}')).status, 503)
  const [got] = await requests()
  assert.equal(got.answered, 503)
})

test('it remembers the last fifty and no large body, and a stranger has no inbox', async () => {
  for (let at = 0; at < 55; at++) await post(`{"at":${at}}`)
  const got = await requests()
  assert.deepEqual([got.length, got[0].body], [50, '{"at":54}'])
  await post('x'.repeat(100_000))
  assert.equal((await requests())[0].body.length, 65_536)
  assert.equal((await post('x'.repeat(1_100_000))).status, 413)
  const nobody = url.replace(/[^/]+$/, crypto.randomUUID())
  assert.equal((await fetch(nobody, { method: 'POST', body: '{}' })).status, 404)
  assert.equal((await fetch(url.replace(/[^/]+$/, 'x'), { method: 'POST', body: '{}' })).status, 404)
})

test('the inbox of one profile is not that of another', async () => {
  await post('{}')
  const other = await api.call('GET /inbox', { key: api.bob.key })
  assert.notEqual(other.json.url, url)
  assert.deepEqual(other.json.requests, [])
})
