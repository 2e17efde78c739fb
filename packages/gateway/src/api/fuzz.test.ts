import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { assertProblem } from './problem-checks.ts'
import { type Answer, startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
let sessionId: string
let webhookId: string
before(async () => {
  api = await startTestApi()
  sessionId = (await api.call('POST /sessions', { body: { name: 'a' } })).json.id
  // Nothing listens there: the Test button gets a quick refusal and nobody is bothered.
  webhookId = (await api.call('POST /webhooks', { body: { webhook_url: 'http://127.0.0.1:9/' } })).json.id
})
after(() => api.stop())

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)
const runs = 150

/** Never a fault of ours: either it worked, or the refusal is a complete problem document. */
function assertHandled(answer: Answer, what: string): void {
  assert.ok(answer.status < 500, `${what} -> ${answer.status} ${answer.text.slice(0, 300)}`)
  if (answer.status >= 400) assertProblem(answer)
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '\0',
    '\ud800',
    '🐦',
    '../..',
    "' or 1=1",
    'x'.repeat(3_000),
    '-1',
    '1e999',
    '__proto__',
    'null',
  ),
)
const value = fc.oneof(fc.jsonValue({ maxDepth: 4 }), text, fc.constantFrom(-1, 0, 1e308, true, null, []))
const names = [
  'name',
  'network',
  'settings',
  'phone',
  'to',
  'type',
  'text',
  'webhook_url',
  'session_ids',
  'enabled',
  'subscribed_events',
  'retry_config',
  'headers',
  'ordered',
  'rate_limit',
  'secret',
  'overlap',
  'event_type',
  'data',
  'webhook_id',
  'since',
  'until',
  'status',
  'rate',
  'force',
  'scopes',
  'expires_at',
  'subject',
  'contacts',
  'session_id',
]
/** Objects made of the words of the contract and of others, so that many pass the first checks. */
const body = fc.oneof(
  value,
  fc.dictionary(
    fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: text }),
    value,
    {
      maxKeys: 6,
    },
  ),
)

test(`no body makes any route fail (FUZZ_SEED=${seed})`, async () => {
  const routes = fc.constantFrom(
    'POST /sessions',
    `PATCH /sessions/${sessionId}`,
    `POST /sessions/${sessionId}/messages`,
    `POST /sessions/${sessionId}/pairing-code`,
    `POST /sessions/${sessionId}/connect`,
    'POST /webhooks',
    `PATCH /webhooks/${webhookId}`,
    `POST /webhooks/${webhookId}/secret/rotate`,
    `POST /webhooks/${webhookId}/test`,
    'POST /deliveries/replay',
    'POST /dead-letters/replay',
    'POST /api-keys',
    'POST /sandbox/contacts',
    'POST /sandbox/groups',
    `POST /sandbox/sessions/${sessionId}/link`,
    `POST /sandbox/sessions/${sessionId}/messages`,
  )
  await fc.assert(
    fc.asyncProperty(routes, body, async (route, sent) => {
      const answer = await api.call(route as 'POST /', { body: sent })
      assertHandled(answer, `${route} ${JSON.stringify(sent)}`)
    }),
    { seed, numRuns: runs * 3 },
  )
})

test(`a nearly right webhook is stored as it was sent or refused (FUZZ_SEED=${seed})`, async () => {
  const nearly = fc.record(
    {
      webhook_url: fc.oneof(fc.webUrl(), text),
      name: fc.oneof(fc.string({ minLength: 1 }), value),
      subscribed_events: fc.array(fc.oneof(fc.constantFrom('*', 'messages.*', 'call'), text), {
        maxLength: 4,
      }),
      retry_config: fc.record(
        {
          preset: fc.constantFrom('quick', 'standard', 'custom', 'fast'),
          max_attempts: fc.integer({ min: -1, max: 34 }),
          backoff_ms: fc.oneof(fc.double(), fc.integer({ min: 90, max: 90_000_000 })),
          delays_ms: fc.oneof(fc.constant(null), fc.array(fc.integer({ min: 90, max: 90_000_000 }))),
        },
        { requiredKeys: [] },
      ),
      headers: fc.dictionary(fc.oneof(fc.constantFrom('X-A', 'Host'), text), fc.oneof(fc.string(), value), {
        maxKeys: 3,
      }),
      enabled: fc.oneof(fc.boolean(), value),
    },
    { requiredKeys: ['webhook_url'] },
  )
  await fc.assert(
    fc.asyncProperty(nearly, async sent => {
      const answer = await api.call('POST /webhooks', { body: sent })
      assertHandled(answer, JSON.stringify(sent))
      if (answer.status !== 201) return
      assert.equal(answer.json.webhook_url, sent.webhook_url)
      assert.deepEqual(answer.json.headers, JSON.parse(JSON.stringify(sent.headers ?? {})))
      const { secret: _shown, ...stored } = answer.json
      assert.deepEqual((await api.call(`GET /webhooks/${stored.id}`)).json, stored)
    }),
    { seed, numRuns: runs },
  )
})

test(`no path and no query makes any route fail (FUZZ_SEED=${seed})`, async () => {
  const wellFormed = text.map(part => encodeURIComponent(part.toWellFormed()))
  const paths = fc.oneof(
    fc.constantFrom(
      '/sessions',
      '/webhooks',
      '/events',
      '/deliveries',
      '/dead-letters',
      '/replays',
      '/events/catalog',
    ),
    wellFormed.map(id => `/sessions/${id}`),
    wellFormed.map(id => `/webhooks/${id}/secret`),
    wellFormed.map(type => `/events/catalog/${type}`),
    fc.string({ maxLength: 20 }).map(part => `/${part.replaceAll(/[^!-~]/g, '')}`),
  )
  const keys = [
    'limit',
    'cursor',
    'type',
    'status',
    'since',
    'until',
    'webhook_id',
    'event_type',
    'response_status',
    'x',
  ]
  const query = fc.array(
    fc.tuple(
      fc.constantFrom(...keys),
      fc.oneof(
        wellFormed,
        fc.integer().map(String),
        fc.date({ noInvalidDate: true }).map(d => d.toISOString()),
      ),
    ),
    { maxLength: 3 },
  )
  await fc.assert(
    fc.asyncProperty(paths, query, async (path, parts) => {
      const route = `GET ${path}?${parts.map(pair => pair.join('=')).join('&')}`
      assertHandled(await api.call(route as 'GET /'), route)
    }),
    { seed, numRuns: runs * 2 },
  )
})

test(`no bytes make the JSON routes fail (FUZZ_SEED=${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async raw => {
      assertHandled(await api.call('POST /webhooks', { raw: new Uint8Array(raw) }), `${raw}`)
    }),
    { seed, numRuns: runs },
  )
})
