/** The law: only the engine that holds a session's lease can write its keys, and what it writes is whole and unreadable. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { LeaseLost } from './auth-state.ts'
import type { Store } from './store.ts'
import { addWebhook, onEveryServer, type TestBench } from './test-stores.ts'
import { ForeignKeyError } from './vault.ts'

onEveryServer('a session speaks through one engine', fresh => {
  let bench: TestBench
  let store: Store
  let other: Store
  let stranger: Store
  let profileId: string
  let sessionId: string
  before(async () => {
    bench = await fresh()
    store = await bench.open()
    other = await bench.open()
    stranger = await bench.open({ encryptionKey: Buffer.alloc(32, 9) })
    profileId = (await store.profiles.first()).id
  })
  after(() => bench.close())
  beforeEach(async () => {
    sessionId = (await store.sessions.create({ profileId, name: 'Shop', network: 'sandbox' })).id
  })

  async function claim(holder: string, leaseMs = 60_000): Promise<string> {
    const fence = await store.leases.claim({ sessionId, holder, leaseMs })
    assert.ok(fence !== null, `${holder} gets the lease`)
    return fence
  }

  test('a session is held by one engine at a time, and every claim has a greater fence', async () => {
    const claims = [store, other, store, other].map((one, index) =>
      one.leases.claim({ sessionId, holder: `engine ${index}`, leaseMs: 60_000 }),
    )
    const fences = (await Promise.all(claims)).filter(fence => fence !== null)
    assert.deepEqual(fences, ['1'])
    await store.leases.release({ sessionId, fence: '1' })
    assert.equal(await claim('engine 5', 1), '2')
    await sleep(10) // the lease runs out
    assert.equal(await claim('engine 6'), '3')
    await store.leases.release({ sessionId, fence: '2' })
    assert.equal(await other.leases.claim({ sessionId, holder: 'engine 7', leaseMs: 1 }), null)
    assert.equal(await claim('engine 6'), '4', 'the holder itself may claim again')
  })

  test('sessions that should be online and that nobody holds are found, each by one engine', async () => {
    const idle = await store.leases.claimWanted({ holder: 'a', leaseMs: 60_000, limit: 10 })
    assert.deepEqual(idle, [])
    const ids = [sessionId]
    for (const name of ['Two', 'Three']) {
      ids.push((await store.sessions.create({ profileId, name, network: 'whatsapp' })).id)
    }
    for (const id of ids) await store.sessions.setWanted(id, true)
    const found = await Promise.all([
      store.leases.claimWanted({ holder: 'a', leaseMs: 60_000, limit: 2 }),
      other.leases.claimWanted({ holder: 'b', leaseMs: 60_000, limit: 2 }),
    ])
    const rest = await other.leases.claimWanted({ holder: 'b', leaseMs: 60_000, limit: 10 })
    const all = [...found.flat(), ...rest]
    assert.deepEqual(all.map(one => one.sessionId).sort(), ids.sort())
    const held = found[0] ?? []
    const renewed = await store.leases.renew({ holder: 'a', leaseMs: 60_000, held: all })
    assert.deepEqual(renewed.sort(), held.map(one => one.sessionId).sort())
    for (const id of ids) await store.sessions.setWanted(id, false)
    for (const one of all) await store.leases.release(one)
  })

  test('a lease that its engine no longer names runs out, though others of that name are renewed', async () => {
    const stale = await claim('a', 30)
    const second = (await store.sessions.create({ profileId, name: 'Second', network: 'sandbox' })).id
    const fence = await store.leases.claim({ sessionId: second, holder: 'a', leaseMs: 30 })
    assert.ok(fence !== null)
    const held = [{ sessionId: second, fence }]
    assert.deepEqual(await store.leases.renew({ holder: 'a', leaseMs: 60_000, held }), [second])
    await sleep(40)
    assert.ok(await other.leases.claim({ sessionId, holder: 'b', leaseMs: 60_000 }))
    assert.equal(await other.leases.claim({ sessionId: second, holder: 'b', leaseMs: 60_000 }), null)
    const both = [{ sessionId, fence: stale }, ...held]
    assert.deepEqual(await store.leases.renew({ holder: 'a', leaseMs: 60_000, held: both }), [second])
  })

  test('a session that could not be started rests, behind those that wait, unless it is claimed by name', async () => {
    const failing = await claim('a')
    await store.sessions.setWanted(sessionId, true)
    const find = () => store.leases.claimWanted({ holder: 'a', leaseMs: 60_000, limit: 1 })
    await store.leases.release({ sessionId, fence: failing, retryAfterMs: 60_000 })
    assert.deepEqual(await find(), [])
    await store.leases.release({ sessionId, fence: await claim('b'), retryAfterMs: 1 })
    const waiting = (await store.sessions.create({ profileId, name: 'Waiting', network: 'sandbox' })).id
    await store.sessions.setWanted(waiting, true)
    await sleep(10)
    assert.deepEqual(
      [...(await find()), ...(await find())].map(one => one.sessionId),
      [waiting, sessionId],
    )
    for (const id of [sessionId, waiting]) await store.sessions.setWanted(id, false)
  })

  test('the only gateway of a database need not wait for the leases of a killed one', async () => {
    const dead = await claim('killed', 3_600_000)
    const resting = (await store.sessions.create({ profileId, name: 'Resting', network: 'sandbox' })).id
    const rested = await store.leases.claim({ sessionId: resting, holder: 'killed', leaseMs: 3_600_000 })
    await store.leases.release({ sessionId: resting, fence: rested ?? '', retryAfterMs: 3_600_000 })
    for (const id of [sessionId, resting]) await store.sessions.setWanted(id, true)
    const find = () => other.leases.claimWanted({ holder: 'successor', leaseMs: 60_000, limit: 10 })
    assert.deepEqual(await find(), [])
    assert.ok((await other.leases.endAll()) >= 1)
    const fence = `${BigInt(dead) + 1n}`
    assert.deepEqual(await find(), [{ sessionId, fence }], 'and what rests after a failure goes on resting')
    const held = [{ sessionId, fence: dead }]
    assert.deepEqual(await store.leases.renew({ holder: 'killed', leaseMs: 60_000, held }), [])
    await assert.rejects(store.authState.for(sessionId, dead).saveCreds('"late"'), LeaseLost)
    for (const id of [sessionId, resting]) await store.sessions.setWanted(id, false)
    await store.leases.release({ sessionId, fence })
  })

  test('keys are set, replaced and deleted in one statement, and read back in one query', async () => {
    const state = store.authState.for(sessionId, await claim('a'))
    assert.equal(await state.loadCreds(), null)
    await state.saveCreds('{"first":1}')
    await state.saveCreds('{"second":2}')
    assert.equal(await state.loadCreds(), '{"second":2}')
    const preKeys = Object.fromEntries(
      Array.from({ length: 812 }, (_, index) => [`${index}`, `{"n":${index}}`]),
    )
    await state.set({ 'pre-key': preKeys, session: { 'a.0': '"one"', 'b.0': '"two"' } })
    assert.deepEqual(await state.get('pre-key', Object.keys(preKeys)), preKeys)
    await state.set({ session: { 'a.0': '"three"', 'b.0': null, 'never.0': null }, 'pre-key': { 7: null } })
    assert.deepEqual(await state.get('session', ['a.0', 'b.0', 'c.0']), { 'a.0': '"three"' })
    assert.deepEqual(await state.get('pre-key', ['7', '8']), { 8: '{"n":8}' })
    assert.deepEqual(await state.get('pre-key', []), {})
    await state.set({})
    await state.wipe()
    assert.equal(await state.loadCreds(), null)
    assert.deepEqual(await state.get('session', ['a.0']), {})
  })

  test('a paused engine writes nothing after another has taken its session', async () => {
    const old = await claim('paused', 20)
    const paused = store.authState.for(sessionId, old)
    await paused.saveCreds('"before"')
    await paused.set({ session: { a: '"before"' } })
    await sleep(40)
    const state = other.authState.for(sessionId, await claim('successor'))
    const writes = [
      () => paused.saveCreds('"late"'),
      () => paused.set({ session: { a: '"late"', b: '"late"' } }),
      () => paused.set({ session: { a: null } }),
      () => paused.wipe(),
    ]
    for (const write of writes) await assert.rejects(write, LeaseLost)
    assert.equal(await store.sessions.setState(sessionId, old, { status: 'connected' }), false)
    assert.equal((await store.sessions.find(sessionId))?.status, 'created')
    assert.equal(await state.loadCreds(), '"before"')
    assert.deepEqual(await state.get('session', ['a', 'b']), { a: '"before"' })
    assert.deepEqual(
      await store.leases.renew({ holder: 'paused', leaseMs: 60_000, held: [{ sessionId, fence: old }] }),
      [],
    )
  })

  test('a write that was under way when the lease changed hands is seen by the new holder, or refused', async () => {
    for (let round = 0; round < 20; round++) {
      const held = store.authState.for(sessionId, await claim('a', 0))
      const written = held.set({ session: { round: `${round}` } }).then(
        () => true,
        () => false,
      )
      const fence = await other.leases.claim({ sessionId, holder: 'b', leaseMs: 0 })
      assert.ok(fence !== null)
      const seen =
        (await other.authState.for(sessionId, fence).get('session', ['round'])).round === `${round}`
      assert.equal(seen, await written)
    }
  })

  test('the state of a session is written by its holder, and only what is named', async () => {
    const fence = await claim('a')
    const at = new Date('2026-11-24T12:00:00.000Z')
    assert.ok(
      await store.sessions.setState(sessionId, fence, {
        status: 'connected',
        phone: '15550100',
        connectedAt: at,
      }),
    )
    assert.ok(
      await store.sessions.setState(sessionId, fence, { status: 'reconnecting', reason: 'Connection lost.' }),
    )
    const row = await store.sessions.get(profileId, sessionId)
    assert.deepEqual(
      [row?.status, row?.reason, row?.phone, row?.connectedAt?.getTime(), row?.final],
      ['reconnecting', 'Connection lost.', '15550100', at.getTime(), false],
    )
  })

  test('removing a session forgets its keys, and its engine can write no more', async () => {
    const state = store.authState.for(sessionId, await claim('a'))
    await state.saveCreds('"secret"')
    assert.equal(await store.sessions.remove(sessionId, sessionId), false, 'another profile cannot')
    assert.equal(await store.sessions.remove(profileId, sessionId), true)
    assert.equal(await store.sessions.remove(profileId, sessionId), false)
    await assert.rejects(state.saveCreds('"late"'), LeaseLost)
    assert.equal(await state.loadCreds(), null)
    assert.equal(await store.sessions.get(profileId, sessionId), null)
  })

  test('nothing readable lies in the database, and another key opens nothing', async () => {
    const fence = await claim('a')
    const state = store.authState.for(sessionId, fence)
    await state.saveCreds('{"word":"marigold"}')
    await state.set({ session: { a: '{"word":"marigold"}' } })
    await store.webhooks.create({
      profileId,
      name: 'Hook',
      webhookUrl: 'https://example.org/',
      subscribedEvents: ['*'],
      secret: 'marigold',
    })
    const client = new pg.Client({ connectionString: bench.databaseUrl })
    await client.connect()
    for (const table of ['session_creds', 'session_keys', 'webhook_configs']) {
      const bytes = table === 'webhook_configs' ? "decode(secret, 'base64')" : 'value'
      const { rows } = await client.query(`select encode(${bytes}, 'escape') as text from ${table}`)
      assert.ok(rows.length > 0 && rows.every(row => !row.text.includes('marigold')))
    }
    await client.end()
    // It was opened while there was no secret yet to tell the keys apart by.
    await assert.rejects(stranger.authState.for(sessionId, fence).loadCreds(), ForeignKeyError)
  })

  test('a store does not open with another key once there is a secret, and opens with its own', async () => {
    const own = await fresh()
    const another = { encryptionKey: Buffer.alloc(32, 9) }
    const first = await own.open(another)
    await first.close() // wrote no secret, so it bound nobody
    const shop = await own.open()
    const { id } = await shop.profiles.first()
    const session = await shop.sessions.create({ profileId: id, name: 'Shop', network: 'sandbox' })
    const fence = await shop.leases.claim({ sessionId: session.id, holder: 'a', leaseMs: 60_000 })
    await shop.authState.for(session.id, fence ?? '').saveCreds('{"word":"marigold"}')
    await assert.rejects(own.open(another), ForeignKeyError, 'session credentials tell')
    await shop.sessions.remove(id, session.id)
    await own.open(another)
    await addWebhook(shop, id)
    await assert.rejects(own.open(another), ForeignKeyError, 'a webhook secret tells')
    await own.open()
    await own.close()
  })

  test('sessions are listed newest first and found only by their owner', async () => {
    const row = await store.sessions.update(profileId, sessionId, {
      name: 'New',
      settings: { always_online: true },
    })
    assert.deepEqual([row?.name, row?.settings], ['New', { always_online: true }])
    const page = await store.sessions.list({ profileId, limit: 1 })
    assert.equal(page.rows[0]?.id, sessionId)
    const next = await store.sessions.list({ profileId, limit: 100, cursor: page.nextCursor })
    assert.ok(next.rows.every(one => one.id < sessionId))
    assert.equal(await store.sessions.get(sessionId, sessionId), null)
    assert.equal(await store.sessions.update(sessionId, sessionId, { name: 'x' }), null)
    assert.equal(await store.sessions.find('no id'), null)
  })
})
