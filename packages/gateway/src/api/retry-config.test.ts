/** Law 11 at the door: every way to say a schedule ends as one, is shown as it is kept, and can be sent back as it was shown. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { presetOf, type RetryConfig } from '../delivery/retry-schedule.ts'
import { assertProblem, pointersOf } from './problem-checks.ts'
import { type RetryInput, retryInput, retryOf, showRetry } from './retry-config.ts'
import { startTestApi, type TestApi } from './test-api.ts'

const standard = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map(
  seconds => seconds * 1_000,
)
const minute = 60_000

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(() => api.stop())

const create = (retry_config?: object) =>
  api.call('POST /webhooks', { body: { webhook_url: 'https://example.com/hook', retry_config } })
const preview = (retry_config: object) => api.call('POST /webhooks/retry-preview', { body: { retry_config } })

describe('a schedule', () => {
  const quick = { preset: 'quick', max_attempts: 3, backoff_ms: 1_000, delays_ms: null }
  const long = { preset: 'standard', max_attempts: 10, backoff_ms: 5_000, delays_ms: standard }
  const rows: [string, object | undefined, object][] = [
    ['is quick when nothing is said', undefined, quick],
    ['is quick by name', { preset: 'quick' }, quick],
    ['is quick in numbers, as the specification writes it', { max_attempts: 3, backoff_ms: 1_000 }, quick],
    ['is quick as a list of its waits', { delays_ms: [1_000, 2_000] }, quick],
    ['is standard by name', { preset: 'standard' }, long],
    ['is standard as a list of its waits', { preset: 'custom', delays_ms: standard }, long],
    ['is standard when all of it is spelt out', long, long],
    ['has numbers of its own', { max_attempts: 5 }, { ...quick, preset: 'custom', max_attempts: 5 }],
    [
      'has a list of its own',
      { delays_ms: [minute, 5 * minute] },
      { preset: 'custom', max_attempts: 3, backoff_ms: minute, delays_ms: [minute, 5 * minute] },
    ],
  ]
  for (const [name, given, expected] of rows)
    test(name, async () => {
      const { status, json } = await create(given)
      assert.equal(status, 201)
      assert.deepEqual(json.retry_config, expected)
      assert.deepEqual((await api.call(`GET /webhooks/${json.id}`)).json.retry_config, expected)
    })

  test('is stored under the keys of the specification, which are true for a list, too', async () => {
    const { id } = (await create({ delays_ms: [minute, 5 * minute] })).json
    const [row] = await api.sql(`select retry_config from webhook_configs where id = '${id}'`)
    assert.deepEqual(row?.retry_config, {
      max_attempts: 3,
      backoff_ms: minute,
      delays_ms: [minute, 5 * minute],
    })
  })

  test('is changed by what a change names, from one kind to any other', async () => {
    const { id } = (await create()).json
    const change = async (retry_config: object) =>
      (await api.call(`PATCH /webhooks/${id}`, { body: { retry_config } })).json.retry_config
    assert.deepEqual(await change({ preset: 'standard' }), long)
    assert.deepEqual(await change({}), long)
    assert.deepEqual(await change({ preset: 'custom' }), long, 'it may be called so, and stays what it is')
    const own = await change({ delays_ms: [minute] })
    assert.deepEqual(own, { preset: 'custom', max_attempts: 2, backoff_ms: minute, delays_ms: [minute] })
    assert.deepEqual(await change({ delays_ms: null, max_attempts: 4 }), {
      ...own,
      max_attempts: 4,
      delays_ms: null,
    })
    assert.deepEqual(await change({ max_attempts: 3, backoff_ms: 1_000 }), quick)
    assert.deepEqual(
      (await api.call(`PATCH /webhooks/${id}`, { body: { name: 'Other' } })).json.retry_config,
      quick,
    )
  })

  test('of which half is a list and half is not is refused, and the answer says what to send', async () => {
    const { id } = (await create({ preset: 'standard' })).json
    const answer = await api.call(`PATCH /webhooks/${id}`, { body: { retry_config: { max_attempts: 5 } } })
    assert.deepEqual(pointersOf(answer), ['/retry_config/backoff_ms'])
    assert.match(assertProblem(answer)[0]?.detail ?? '', /Send backoff_ms too/)
    assert.equal((await api.call(`GET /webhooks/${id}`)).json.retry_config.preset, 'standard')
  })
})

test('what cannot be is refused with the place and the way out, in a webhook and in a preview', async () => {
  const thirtyOne = Array.from({ length: 31 }, () => 1_000)
  const rows: [object, string[], RegExp][] = [
    [{ preset: 'fast' }, ['/retry_config/preset'], /quick/],
    [{ delays_ms: [100, 100, 100, 99] }, ['/retry_config/delays_ms/3'], /at least 100 ms/],
    [{ delays_ms: [0, 5_000] }, ['/retry_config/delays_ms/0'], /the first attempt needs none/],
    [{ delays_ms: [86_400_001] }, ['/retry_config/delays_ms/0'], /at most 86400000 ms \(24 h\)/],
    [{ delays_ms: [1.5] }, ['/retry_config/delays_ms/0'], /whole milliseconds/],
    [{ delays_ms: ['1000'] }, ['/retry_config/delays_ms/0'], /whole milliseconds/],
    [{ delays_ms: [] }, ['/retry_config/delays_ms'], /max_attempts 1/],
    [{ delays_ms: thirtyOne }, ['/retry_config/delays_ms'], /At most 30/],
    [{ max_attempts: 32 }, ['/retry_config/max_attempts'], /31/],
    [{ backoff_ms: 99 }, ['/retry_config/backoff_ms'], /at least 100 ms/],
    [{ delays_ms: [1_000], max_attempts: 5 }, ['/retry_config/max_attempts'], /It is 2 .*Leave it out/],
    [{ delays_ms: [1_000], backoff_ms: 5_000 }, ['/retry_config/backoff_ms'], /It is 1000 .*Leave it out/],
    [
      { preset: 'standard', max_attempts: 3 },
      ['/retry_config/max_attempts'],
      /It is 10 with the preset standard/,
    ],
    [{ preset: 'quick', delays_ms: [5_000] }, ['/retry_config/delays_ms'], /choose the preset custom/],
    [{ delay_ms: [5_000] }, ['/retry_config/delay_ms'], /not known/],
  ]
  for (const [given, pointers, fix] of rows)
    for (const answer of [await create(given), await preview(given)]) {
      assert.deepEqual(pointersOf(answer), pointers, JSON.stringify(given))
      assert.match(assertProblem(answer)[0]?.detail ?? '', fix)
    }
})

test('a preview shows when each attempt would be made, from now on, and stores nothing', async () => {
  const count = await api.sql('select count(*) from webhook_configs')
  const before = Date.now()
  const { json, status } = await preview({ preset: 'standard' })
  assert.equal(status, 200)
  assert.equal(json.retry_config.preset, 'standard')
  assert.deepEqual(
    json.attempts.map((attempt: { number: number }) => attempt.number),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  )
  assert.deepEqual(
    json.attempts.map((attempt: { wait_ms: number }) => attempt.wait_ms),
    [0, ...standard],
  )
  const start = Date.parse(json.attempts[0].earliest)
  assert.ok(start >= before && start <= Date.now())
  const least = standard.reduce((sum, wait) => sum + wait, 0)
  assert.deepEqual(json.total_ms, { least, most: least * 1.2 })
  assert.equal(Date.parse(json.attempts[9].earliest) - start, least)
  assert.equal(Date.parse(json.attempts[9].latest) - start, least * 1.2)
  assert.deepEqual(await api.sql('select count(*) from webhook_configs'), count)
  assert.deepEqual((await preview({ max_attempts: 1 })).json.total_ms, { least: 0, most: 0 })
  assertProblem(await api.call('POST /webhooks/retry-preview', { key: null, body: {} }), 'api_key_missing')
  const { key } = await api.store.apiKeys.create({
    profileId: api.alice.profileId,
    name: 'Reader',
    scopes: ['read'],
  })
  const asReader = await api.call('POST /webhooks/retry-preview', { key, body: { retry_config: {} } })
  assert.equal(asReader.status, 200, 'it only reckons')
})

const wait = fc.integer({ min: 100, max: 86_400_000 })
const given: fc.Arbitrary<RetryInput> = fc.record(
  {
    preset: fc.constantFrom('quick' as const, 'standard' as const, 'custom' as const),
    max_attempts: fc.integer({ min: 1, max: 31 }),
    backoff_ms: fc.oneof(wait, fc.constant(1_000)),
    delays_ms: fc.oneof(
      fc.constant(null),
      fc.array(wait, { minLength: 1, maxLength: 30 }),
      fc.constant(standard),
    ),
  },
  { requiredKeys: [] },
)

test('whatever is taken is shown as something that is taken again, and means the same', () => {
  const resaid = (retry: RetryConfig, before?: RetryConfig) =>
    retryOf(retryInput.parse(JSON.parse(JSON.stringify(showRetry(retry)))), before)
  fc.assert(
    fc.property(given, given, (first, second) => {
      const made = retryOf(first)
      const changed = retryOf(second, made.retry)
      for (const { retry, faults } of [made, changed]) {
        if (faults.length > 0) continue
        assert.deepEqual(resaid(retry), { retry, faults: [] })
        assert.deepEqual(resaid(retry, made.retry), { retry, faults: [] })
        assert.equal(retry.delaysMs?.length ?? retry.maxAttempts - 1, retry.maxAttempts - 1)
        assert.equal(showRetry(retry).preset, presetOf(retry))
      }
    }),
    { numRuns: 1_000 },
  )
})
