import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Fastify from 'fastify'
import type { Api } from './api.ts'
import { assertProblem } from './problem-checks.ts'
import { limitRate } from './rate-limit.ts'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi({ rateLimit: 5 })
})
after(() => api.stop())

/** The structured field as its parameters. */
function field(text: string | null): Record<string, number> {
  const [name, ...parameters] = (text ?? '').split(';')
  assert.equal(name, '"default"')
  return Object.fromEntries(
    parameters.map(part => part.split('=')).map(([key = '', value]) => [key, Number(value)]),
  )
}

test('every answer says what is left, and what is more is refused until the minute is over', async () => {
  const left: number[] = []
  for (let i = 0; i < 5; i++) {
    // Refusals count as well: a program that fails in a loop is the usual reason to need a limit.
    const answer = await api.call(i === 2 ? 'GET /sessions/none' : 'GET /sessions')
    assert.ok(answer.status === (i === 2 ? 404 : 200))
    assert.deepEqual(field(answer.headers.get('ratelimit-policy')), { q: 5, w: 60 })
    const { r = -1, t = -1 } = field(answer.headers.get('ratelimit'))
    left.push(r)
    assert.ok(t >= 1 && t <= 60)
  }
  assert.deepEqual(left, [4, 3, 2, 1, 0])
  const refused = await api.call('GET /sessions')
  assertProblem(refused, 'rate_limited')
  assert.equal(Number(refused.headers.get('retry-after')), field(refused.headers.get('ratelimit')).t)
  assert.equal(field(refused.headers.get('ratelimit')).r, 0)
})

test('one key does not use up what another has, and health is not counted', async () => {
  assert.equal((await api.call('GET /sessions', { key: api.bob.key })).status, 200)
  const health = await api.call('GET //health')
  assert.deepEqual([health.status, health.headers.get('ratelimit')], [200, null])
})

test('when the minute is over everything is there again; a limit of 0 is none', async () => {
  let now = 1_000_000
  const counted = await server(2, () => now)
  assert.deepEqual([await counted(), await counted(), await counted()], [200, 200, 500])
  now += 59_999
  assert.equal(await counted(), 500)
  now += 1
  assert.deepEqual([await counted(), await counted(), await counted()], [200, 200, 500])
  const free = await server(0, () => now)
  for (let i = 0; i < 10; i++) assert.equal(await free(), 200)
})

/** The hook alone, with a clock; a refusal is a plain error there. */
async function server(limit: number, now: () => number): Promise<() => Promise<number>> {
  const app = Fastify()
  app.decorateRequest('caller')
  app.addHook('onRequest', async request => {
    Object.assign(request, { caller: { id: 'one' } })
  })
  limitRate(app as unknown as Api, { limit, now })
  app.get('/', async () => 'ok')
  return async () => (await app.inject('/')).statusCode
}
