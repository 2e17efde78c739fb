import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertProblem, pointersOf } from './problem-checks.ts'
import { scopes } from './scopes.ts'
import { type Answer, startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(() => api.stop())

const nobody = '019ab0b7-5c00-7d4e-9f00-112233445566'

async function keyWith(...given: string[]): Promise<Answer['json']> {
  const { status, json } = await api.call('POST /api-keys', { body: { name: 'a key', scopes: given } })
  assert.equal(status, 201)
  return json
}

test('a key is shown once, kept as a hash, listed without it, and dead when it is revoked', async () => {
  const made = await keyWith('read', 'write')
  assert.match(made.key, /^wx_[\w-]{43}$/)
  assert.ok(made.key.startsWith(made.prefix) && made.prefix.length < 10)
  assert.deepEqual([made.scopes, made.expires_at, made.last_used_at], [['read', 'write'], null, null])
  assert.equal((await api.call('GET /sessions', { key: made.key })).status, 200)

  const listed = await api.call('GET /api-keys')
  const row = listed.json.data.find(({ id }: { id: string }) => id === made.id)
  const { key: _shown, last_used_at: _before, ...rest } = made
  const { last_used_at: used, ...kept } = row
  assert.deepEqual(kept, rest)
  assert.ok(Date.parse(used) > 0)
  assert.ok(!listed.text.includes(made.key))
  const stored = await api.sql('select k::text as row, encode(hash, $1) as hash from api_keys k', ['escape'])
  assert.ok(!JSON.stringify(stored).includes(made.key.slice(8)))

  assert.equal((await api.call(`DELETE /api-keys/${made.id}`)).status, 204)
  assertProblem(await api.call('GET /sessions', { key: made.key }), 'api_key_invalid')
  assertProblem(await api.call(`DELETE /api-keys/${made.id}`), 'api_key_not_found')
})

test('a key ends with its time', async () => {
  const body = { name: 'short', scopes: ['read'], expires_at: new Date(Date.now() + 60_000).toISOString() }
  const { json } = await api.call('POST /api-keys', { body })
  assert.equal(json.expires_at, body.expires_at)
  await api.sql(`update api_keys set expires_at = now() - interval '1 second' where id = $1`, [json.id])
  assertProblem(await api.call('GET /sessions', { key: json.key }), 'api_key_invalid')
})

test('a key that could do nothing, or ended before it began, is refused by its field', async () => {
  const body = { name: 'x', scopes: ['read'] }
  for (const [pointer, change] of [
    ['/scopes', { scopes: [] }],
    ['/scopes', { scopes: undefined }],
    ['/scopes/0', { scopes: ['*'] }],
    ['/scopes/1', { scopes: ['read', 'root'] }],
    ['/expires_at', { expires_at: '2020-01-01T00:00:00Z' }],
    ['/expires_at', { expires_at: 'tomorrow' }],
    ['/name', { name: ' ' }],
  ] as const) {
    const answer = await api.call('POST /api-keys', { body: { ...body, ...change } })
    assert.deepEqual(pointersOf(answer), [pointer])
  }
})

test('every route takes the scope its document names, and those above it, and no other', async () => {
  const { json: document } = await api.call('GET //openapi.json')
  const keys = await Promise.all(scopes.map(scope => keyWith(scope)))
  const none = await api.store.apiKeys.create({ profileId: api.alice.profileId, name: 'none', scopes: ['?'] })
  const needed = new Map<string, number>()
  for (const [path, methods] of Object.entries<object>(document.paths)) {
    if (!path.startsWith('/api/v1/')) continue
    for (const [method, operation] of Object.entries(methods)) {
      if (operation.security.length === 0) continue
      const scope = operation['x-required-scope']
      assert.deepEqual(operation.security, [{ bearer: [scope] }, { apiKey: [scope] }, { cookie: [scope] }])
      needed.set(scope, (needed.get(scope) ?? 0) + 1)
      const url = path
        .slice('/api/v1'.length)
        .replace('{number}', '15550101')
        .replaceAll(/\{\w+\}/g, nobody)
      // A parameter that no route has: whoever may ask is told so, and nothing is done.
      const route = `${method.toUpperCase()} ${url}?no_such_parameter=1` as const
      for (const [index, { key }] of [none, ...keys].entries()) {
        const answer = await api.call(route as 'GET /', { key, body: method === 'get' ? undefined : {} })
        if (index > scopes.indexOf(scope)) {
          assertProblem(answer, 'validation_failed')
          continue
        }
        assertProblem(answer, 'insufficient_scope')
        assert.equal(answer.json.required_scope, scope)
        assert.match(
          answer.headers.get('www-authenticate') ?? '',
          new RegExp(`error="insufficient_scope", scope="${scope}"`),
        )
      }
    }
  }
  assert.deepEqual([...needed.keys()].sort(), [...scopes].sort())
})

test('the first key may do everything', async () => {
  await api.store.apiKeys.ensure({ profileId: api.alice.profileId, key: 'x'.repeat(32), name: 'API_KEY' })
  const { json } = await api.call('GET /api-keys', { key: 'x'.repeat(32) })
  const own = json.data.find(({ name }: { name: string }) => name === 'API_KEY')
  assert.deepEqual(own.scopes, [...scopes])
})

test('keys are listed in pages, newest first', async () => {
  const first = await api.call('GET /api-keys?limit=2')
  assert.equal(first.json.data.length, 2)
  const { next_cursor } = first.json.pagination
  const second = await api.call(`GET /api-keys?limit=2&cursor=${next_cursor}`)
  const ids = [...first.json.data, ...second.json.data].map(({ id }: { id: string }) => id)
  assert.deepEqual(ids, [...ids].sort().reverse())
})
