import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertProblem } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
let path: `GET /${string}`
let id: string
before(async () => {
  api = await startTestApi()
  id = (await api.call('POST /sessions', { body: { name: 'Shop' } })).json.id
  path = `GET /sessions/${id}/figures`
})
after(() => api.stop())

const counted = {
  recovered: 1,
  remembered: 2,
  undecryptable: 3,
  refused: 0,
  asked: 4,
  gated: 4,
  gateMs: 10,
  longestGateMs: 6.25,
}

test('the figures of a session are what its engine counts, with the average wait of a frame', async () => {
  api.engine({ 'session.figures': async () => ({ ok: true, result: { figures: counted } }) })
  const answer = await api.call(path)
  assert.equal(answer.status, 200, answer.text)
  assert.deepEqual(answer.json, {
    figures: {
      recovered: 1,
      remembered: 2,
      undecryptable: 3,
      refused: 0,
      asked: 4,
      gate: { count: 4, average_ms: 2.5, longest_ms: 6.25 },
    },
    inbox_oldest_s: null,
  })
  assert.deepEqual(api.heard.at(-1), { name: 'session.figures', args: { sessionId: id } })
})

test('no frame that waited is no wait, and not a division by nothing', async () => {
  const figures = { ...counted, gated: 0, gateMs: 0, longestGateMs: 0 }
  api.engine({ 'session.figures': async () => ({ ok: true, result: { figures } }) })
  assert.deepEqual((await api.call(path)).json.figures.gate, { count: 0, average_ms: 0, longest_ms: 0 })
})

test('a session no engine holds has no figures, but its inbox has an age all the same', async () => {
  await api.sql(
    `insert into inbox (session_id, delivery, part, parts, value, received_at)
      values ($1, 'd', 0, 1, '\\x00', now() - interval '90 seconds')`,
    [id],
  )
  api.engine({ 'session.figures': async () => ({ ok: true, result: { figures: null } }) })
  const unheld = (await api.call(path)).json
  assert.equal(unheld.figures, null)
  assert.ok(unheld.inbox_oldest_s >= 90)

  api.engine({
    'session.figures': async () => ({ ok: false, code: 'engine_unavailable', detail: 'Nobody.' }),
  })
  assert.equal((await api.call(path)).json.figures, null)
})

test('figures of a session of somebody else are not found, and no engine is asked', async () => {
  const before = api.heard.length
  assertProblem(await api.call(path, { key: api.bob.key }), 'session_not_found')
  assert.equal(api.heard.length, before)
})

test('an engine that does not answer in time is said to be late', async () => {
  api.engine({ 'session.figures': async () => ({ ok: false, code: 'timeout', detail: 'Too late.' }) })
  assertProblem(await api.call(path), 'timeout')
})

test('metrics need no key, and are of the type Prometheus reads', async () => {
  const answer = await api.call('GET //metrics', { key: null })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(answer.text, 'test_metric 1\n')
})
