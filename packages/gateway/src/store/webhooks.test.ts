/** The law: a webhook is what its owner last said, its secrets are valid as long as was promised, and keys open what they should. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from './store.ts'
import { addWebhook, onEveryServer, type TestBench } from './test-stores.ts'

onEveryServer('webhooks and keys are what their owner said', fresh => {
  let bench: TestBench
  let store: Store
  let other: Store
  let profileId: string
  const stranger = '01a20c20-4c7b-7644-9124-6d47166a60bb'
  before(async () => {
    bench = await fresh()
    store = await bench.open()
    other = await bench.open()
    profileId = (await store.profiles.first()).id
  })
  after(() => bench.close())

  test('there is one first profile, however many processes ask for it first', async () => {
    const asked = await Promise.all([store, other, store, other].map(one => one.profiles.first()))
    assert.deepEqual(new Set(asked.map(profile => profile.id)), new Set([profileId]))
  })

  test('a webhook has the specified retries and a secret of its own unless told otherwise', async () => {
    const row = await addWebhook(store, profileId)
    assert.deepEqual(row.retryConfig, { maxAttempts: 3, backoffMs: 1000 })
    assert.match(row.secrets[0] ?? '', /^whsec_/)
    assert.equal(row.health.state, 'healthy')
    assert.ok(row.health.since instanceof Date)
    const own = await store.webhooks.create({
      profileId,
      name: 'Own',
      webhookUrl: 'https://example.org/own',
      subscribedEvents: ['call'],
      secret: 'my own',
      retryConfig: { maxAttempts: 7, backoffMs: 5 },
      headers: { 'x-token': 'abc' },
      ordered: true,
      rateLimit: 5,
    })
    assert.deepEqual(await store.webhooks.get(profileId, own.id), own)
    assert.equal(await store.webhooks.secret(profileId, own.id), 'my own')
  })

  test('a change leaves what it does not name', async () => {
    const { id } = await addWebhook(store, profileId)
    const row = await store.webhooks.update(profileId, id, { headers: { a: 'b' }, rateLimit: 3 })
    assert.deepEqual([row?.headers, row?.rateLimit, row?.name], [{ a: 'b' }, 3, 'Hook'])
    assert.equal((await store.webhooks.update(profileId, id, { rateLimit: null }))?.rateLimit, null)
    assert.equal((await store.webhooks.setEnabled(profileId, id, false))?.enabled, false)
  })

  test('a rotation with overlap keeps the old secret for that long, also in memory', async () => {
    const { id, secrets } = await addWebhook(store, profileId)
    const overlapMs = 2_000
    const before = Date.now()
    const rotated = await store.webhooks.rotate(profileId, id, { overlapMs })
    assert.deepEqual(rotated?.secrets.slice(1), secrets)
    const valid = async () => (await store.webhooks.findCached(id))?.secrets ?? []
    assert.equal((await valid()).length, 2)
    while ((await valid()).length === 2 && Date.now() < before + 60_000) await sleep(20)
    assert.ok(Date.now() >= before + overlapMs, 'not a moment earlier')
    assert.deepEqual(await valid(), rotated?.secrets.slice(0, 1))
    const atOnce = await store.webhooks.rotate(profileId, id, { overlapMs: 0, secret: 'chosen' })
    assert.deepEqual(atOnce?.secrets, ['chosen'])
    assert.equal(await store.webhooks.secret(profileId, id), 'chosen')
  })

  test('two people who rotate at once lose neither secret, and at most ten old ones are kept', async () => {
    const { id } = await addWebhook(store, profileId)
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        [store, other][index % 2]?.webhooks.rotate(profileId, id, {
          overlapMs: 60_000,
          secret: `number ${index}`,
        }),
      ),
    )
    const row = await store.webhooks.get(profileId, id)
    assert.equal(row?.secrets.length, 11)
    assert.equal(new Set(row?.secrets).size, 11)
  })

  test('a change made here is in memory at once, one made elsewhere within moments', async () => {
    await store.webhooks.cached()
    await other.webhooks.cached()
    const { id } = await addWebhook(store, profileId)
    assert.equal((await store.webhooks.findCached(id))?.id, id)
    const end = Date.now() + 30_000 // the poll alone would take up to five seconds
    while ((await other.webhooks.findCached(id)) === null && Date.now() < end) await sleep(10)
    assert.equal((await other.webhooks.findCached(id))?.id, id)
    await store.webhooks.remove(profileId, id)
    assert.equal(await store.webhooks.findCached(id), null)
  })

  test('another profile sees and changes nothing', async () => {
    const { id } = await addWebhook(store, profileId)
    assert.equal(await store.webhooks.get(stranger, id), null)
    assert.equal(await store.webhooks.update(stranger, id, { name: 'Mine' }), null)
    assert.equal(await store.webhooks.rotate(stranger, id, { overlapMs: 0 }), null)
    assert.equal(await store.webhooks.secret(stranger, id), null)
    assert.equal(await store.webhooks.remove(stranger, id), false)
    assert.deepEqual((await store.webhooks.list({ profileId: stranger, limit: 10 })).rows, [])
    assert.equal(await store.webhooks.get(profileId, 'no id'), null)
  })

  test('webhooks are listed newest first, page by page', async () => {
    const first = await store.webhooks.list({ profileId, limit: 2 })
    const second = await store.webhooks.list({ profileId, limit: 100, cursor: first.nextCursor })
    const ids = [...first.rows, ...second.rows].map(row => row.id)
    assert.deepEqual(ids, [...new Set(ids)].sort().reverse())
    assert.equal(second.nextCursor, null)
  })

  test('a key opens its profile, an expired, removed or guessed one nothing', async () => {
    const { id, key } = await store.apiKeys.create({ profileId, name: 'Laptop', scopes: ['read'] })
    assert.match(key, /^wx_/)
    assert.deepEqual(await other.apiKeys.verify(key), { id, profileId, scopes: ['read'] })
    assert.equal(await store.apiKeys.verify(`${key}x`), null)
    const old = await store.apiKeys.create({ profileId, name: 'Old', expiresAt: new Date(Date.now() - 1) })
    assert.equal(await store.apiKeys.verify(old.key), null)
    const listed = (await store.apiKeys.list({ profileId, limit: 100 })).rows.find(row => row.id === id)
    assert.ok(listed?.lastUsedAt instanceof Date)
    assert.ok(key.startsWith(listed.prefix) && listed.prefix.length < 10)
    assert.equal(await store.apiKeys.remove(profileId, id), true)
    assert.equal(await store.apiKeys.verify(key), null)
    assert.equal(await store.apiKeys.remove(profileId, id), false)
  })

  test('a key from the environment is stored once', async () => {
    for (const one of [store, store, other])
      await one.apiKeys.ensure({ profileId, key: 'wx_chosen', name: 'API_KEY' })
    assert.equal((await store.apiKeys.verify('wx_chosen'))?.profileId, profileId)
    assert.equal(
      (await store.apiKeys.list({ profileId, limit: 100 })).rows.filter(row => row.name === 'API_KEY').length,
      1,
    )
  })

  test('a key from the environment that changed ends the one before, and no other', async () => {
    const ensure = (key: string) => store.apiKeys.ensure({ profileId, key, name: 'Rotated' })
    const bystander = await store.apiKeys.create({ profileId, name: 'Bystander' })
    await ensure('wx_before')
    assert.ok(await store.apiKeys.verify('wx_before'))
    await ensure('wx_after')
    assert.equal(await store.apiKeys.verify('wx_before'), null)
    assert.ok(await store.apiKeys.verify('wx_after'))
    assert.ok(await store.apiKeys.verify(bystander.key))
    assert.equal(
      (await store.apiKeys.list({ profileId, limit: 100 })).rows.filter(row => row.name === 'Rotated').length,
      1,
    )
  })

  test('health answers, and says what is wrong when the database is away', async () => {
    const closing = await bench.open()
    assert.equal((await closing.health()).ok, true)
    await closing.close()
    const { ok, detail } = await closing.health()
    assert.equal(ok, false)
    assert.equal(typeof detail, 'string')
  })
})
