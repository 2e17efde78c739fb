import './process-guards.ts'

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { BufferJSON, proto, type SignalDataSet } from 'baileys'
import pino from 'pino'
import type { SessionAuthState } from '../store/auth-state.ts'
import { openStore } from '../store/store.ts'
import { testDatabase } from '../store/test-database.ts'
import { openAuthState } from './auth-state.ts'
import type { StoreFailure } from './persistence.ts'

const log = pino({ level: 'silent' })

/** A session with its lease on a real store, and its keys with the faults a test wants. */
async function open(t: TestContext, faults: Partial<SessionAuthState> = {}, budgetMs = 300) {
  const { databaseUrl, drop } = await testDatabase()
  const store = await openStore({ databaseUrl, encryptionKey: randomBytes(32), log, leaseMs: 30_000 })
  t.after(async () => {
    await store.close()
    await drop()
  })
  const { id: profileId } = await store.profiles.first()
  const session = await store.sessions.create({ profileId, name: 'Shop', network: 'sandbox' })
  const claim = async () =>
    (await store.leases.claim({ sessionId: session.id, holder: 'test', leaseMs: 60_000 })) ?? ''
  const keys = store.authState.for(session.id, await claim())
  const failures: StoreFailure[] = []
  const reopen = () =>
    openAuthState({ ...keys, ...faults }, log, { budgetMs, onFailure: failure => failures.push(failure) })
  return { auth: await reopen(), reopen, claim, keys, failures }
}

const settlesWithin = (promise: unknown, ms: number) =>
  Promise.race([
    Promise.resolve(promise).then(() => true),
    new Promise(resolve => setTimeout(() => resolve(false), ms)),
  ])

test('keys of every kind come back as Baileys wrote them, also in another process', async t => {
  const { auth, reopen } = await open(t)
  const key = { public: randomBytes(32), private: randomBytes(32) }
  const syncKey = proto.Message.AppStateSyncKeyData.fromObject({ keyData: randomBytes(32), timestamp: 7 })
  const written: SignalDataSet = {
    'pre-key': { 1: key },
    'app-state-sync-key': { abc: syncKey },
    'app-state-sync-version': { regular: { version: 3, hash: randomBytes(128), indexValueMap: {} } },
    'device-list': { 15550101: ['0', '3'] },
    'lid-mapping': { 15550101: '100000000000101' },
  }
  const { state } = auth.forSocket(assert.fail)
  await state.keys.set(written)
  await auth.written()
  for (const keys of [state.keys, (await reopen()).forSocket(assert.fail).state.keys]) {
    assert.deepEqual(await keys.get('pre-key', ['1', '2']), { 1: key })
    assert.deepEqual(await keys.get('app-state-sync-version', ['regular']), written['app-state-sync-version'])
    assert.deepEqual(await keys.get('device-list', ['15550101']), written['device-list'])
    const { abc } = await keys.get('app-state-sync-key', ['abc'])
    assert.ok(abc instanceof proto.Message.AppStateSyncKeyData)
    assert.deepEqual(Buffer.from(abc.keyData ?? []), syncKey.keyData)
  }
  await state.keys.set({ 'pre-key': { 1: null } })
  assert.deepEqual(await state.keys.get('pre-key', ['1']), {})
})

test('one set of many kinds is one statement', async t => {
  const sets: number[] = []
  const set = async (data: object) => void sets.push(Object.keys(data).length)
  const { auth } = await open(t, { set })
  const preKeys = Object.fromEntries(
    Array.from({ length: 812 }, (_, id) => [id, { public: randomBytes(32), private: randomBytes(32) }]),
  )
  await auth.forSocket(assert.fail).state.keys.set({ 'pre-key': preKeys, 'device-list': { 1: ['0'] } })
  await auth.written()
  assert.deepEqual(sets, [2])
})

test('a value is read from memory once it is known, and never from before a write', async t => {
  let reads = 0
  const { auth, keys } = await open(t)
  const real = keys.get
  keys.get = (type, ids) => {
    reads++
    return real(type, ids)
  }
  const counted = await openAuthState(keys, log, { onFailure: assert.fail })
  const state = counted.forSocket(assert.fail).state.keys
  await auth.forSocket(assert.fail).state.keys.set({ 'lid-mapping': { a: 'old' } })
  await auth.written()
  assert.deepEqual(await state.get('lid-mapping', ['a', 'b']), { a: 'old' })
  assert.deepEqual(await state.get('lid-mapping', ['a', 'b']), { a: 'old' }, 'absence is remembered too')
  assert.equal(reads, 1)
  const [during] = await Promise.all([
    state.get('lid-mapping', ['c']),
    state.set({ 'lid-mapping': { c: 'new' } }),
  ])
  assert.ok(during.c === undefined || during.c === 'new')
  assert.deepEqual(await state.get('lid-mapping', ['c']), { c: 'new' })
})

test('a value changed by its reader does not change what others read', async t => {
  const { auth } = await open(t)
  const { keys } = auth.forSocket(assert.fail).state
  await keys.set({ 'device-list': { a: ['0'] } })
  const read = await keys.get('device-list', ['a'])
  read.a?.push('99')
  assert.deepEqual(await keys.get('device-list', ['a']), { a: ['0'] })
})

test('a store that stays away stops the socket once, and nothing after it ever settles', async t => {
  const away = () => Promise.reject(new Error('the database is away'))
  const { auth } = await open(t, { get: away, set: away })
  const stops: StoreFailure[] = []
  const { state } = auth.forSocket(failure => stops.push(failure))
  await state.keys.set({ 'device-list': { a: ['0'] } })
  await auth.written()
  assert.deepEqual(stops, ['store unavailable'], 'who waits for the write hears of it later than the socket')
  const after = [state.keys.set({ 'device-list': { a: ['1'] } }), state.keys.get('session', ['b'])]
  for (const promise of after) assert.equal(await settlesWithin(promise, 100), false)
  assert.deepEqual(stops, ['store unavailable'])
})

test('a read that the store refuses stops the socket, and does not settle', async t => {
  const { auth } = await open(t, { get: () => Promise.reject(new Error('the database is away')) })
  const stops: StoreFailure[] = []
  const { state } = auth.forSocket(failure => stops.push(failure))
  assert.equal(await settlesWithin(state.keys.get('session', ['a']), 700), false)
  assert.deepEqual(stops, ['store unavailable'])
})

test('what is set is read at once, and stored in order: what comes meanwhile is one more statement', async t => {
  const statements: object[] = []
  const storing = Promise.withResolvers<void>()
  const { keys } = await open(t)
  const auth = await openAuthState(
    {
      ...keys,
      async set(data, arrived) {
        statements.push(structuredClone(data))
        await storing.promise
        return keys.set(data, arrived)
      },
    },
    log,
    { onFailure: assert.fail },
  )
  const { state } = auth.forSocket(assert.fail)
  await state.keys.set({ 'device-list': { a: ['1'] }, 'pre-key': { 1: null } })
  await new Promise(resolve => setImmediate(resolve))
  await state.keys.set({ 'device-list': { a: ['2'], b: ['1'] } })
  await state.keys.set({ 'device-list': { a: ['3'] } })
  assert.deepEqual(await state.keys.get('device-list', ['a', 'b']), { a: ['3'], b: ['1'] })
  assert.deepEqual(await state.keys.get('pre-key', ['1']), {})
  assert.deepEqual(await keys.get('device-list', ['a', 'b']), {}, 'nothing is stored yet')
  storing.resolve()
  await auth.written()
  assert.deepEqual(statements, [
    { 'device-list': { a: '["1"]' }, 'pre-key': { 1: null } },
    { 'device-list': { a: '["3"]', b: '["1"]' } },
  ])
  assert.deepEqual(await keys.get('device-list', ['a', 'b']), { a: '["3"]', b: '["1"]' })
  assert.deepEqual(await state.keys.get('device-list', ['a']), { a: ['3'] })
})

test('a store that comes back within the budget was only slow', async t => {
  let failures = 2
  const { keys } = await open(t)
  const set: typeof keys.set = data => (failures-- > 0 ? Promise.reject(new Error('away')) : keys.set(data))
  const auth = await openAuthState({ ...keys, set }, log, { budgetMs: 5_000, onFailure: assert.fail })
  const { state } = auth.forSocket(assert.fail)
  await state.keys.set({ 'device-list': { a: ['0'] } })
  await auth.written()
  assert.deepEqual(await keys.get('device-list', ['a']), { a: '["0"]' })
})

test('a lost lease stops the socket at once: no budget is spent on it', async t => {
  const { auth, claim, failures } = await open(t, {}, 60_000)
  await claim()
  const stopped = Promise.withResolvers<StoreFailure>()
  const { state } = auth.forSocket(stopped.resolve)
  void state.keys.set({ 'device-list': { a: ['0'] } })
  assert.equal(await stopped.promise, 'lease lost')
  auth.touchCreds()
  assert.equal(await auth.flushCreds(), false)
  assert.deepEqual(failures, ['lease lost'])
})

test('a socket that has closed commits no ratchet step any more', async t => {
  const { auth } = await open(t)
  const first = auth.forSocket(assert.fail)
  first.detach()
  assert.equal(await settlesWithin(first.state.keys.set({ 'device-list': { a: ['0'] } }), 100), false)
  assert.deepEqual(await auth.forSocket(assert.fail).state.keys.get('device-list', ['a']), {})
})

test('credentials are written soon, at once when asked, and again after a failure', async t => {
  let away = false
  const saves: string[] = []
  const { keys, failures } = await open(t)
  const saveCreds: typeof keys.saveCreds = async json => {
    if (away) throw new Error('away')
    saves.push(json)
    await keys.saveCreds(json)
  }
  const onFailure = (failure: StoreFailure) => failures.push(failure)
  const auth = await openAuthState({ ...keys, saveCreds }, log, { budgetMs: 100, onFailure })
  for (let change = 0; change < 20; change++) {
    auth.creds.nextPreKeyId = change
    auth.touchCreds()
  }
  await new Promise(resolve => setTimeout(resolve, 150))
  assert.equal(saves.length, 1)
  away = true
  auth.creds.nextPreKeyId = 813
  auth.touchCreds()
  assert.equal(await auth.flushCreds(), false)
  away = false
  assert.equal(await auth.flushCreds(), true)
  assert.equal(JSON.parse((await keys.loadCreds()) ?? '', BufferJSON.reviver).nextPreKeyId, 813)
  assert.deepEqual(failures, ['store unavailable'])
})

test('a reset forgets the keys and starts as another device', async t => {
  const { auth, reopen, keys } = await open(t)
  const { state } = auth.forSocket(assert.fail)
  await state.keys.set({ 'device-list': { a: ['0'] } })
  auth.touchCreds()
  await auth.flushCreds()
  const before = auth.creds.advSecretKey
  assert.equal(await auth.reset(), true)
  assert.notEqual(auth.creds.advSecretKey, before)
  assert.equal(await keys.loadCreds(), null)
  assert.deepEqual(await (await reopen()).forSocket(assert.fail).state.keys.get('device-list', ['a']), {})
})

test('the skipped keys of a sender key survive the store, so that group messages may overtake each other', async t => {
  const { auth } = await open(t)
  const { keys } = auth.forSocket(assert.fail).state
  const seed = randomBytes(32)
  const asBaileysWritesIt = Buffer.from(JSON.stringify([{ senderMessageKeys: [{ iteration: 1, seed }] }]))
  await keys.set({ 'sender-key': { 'group::ann': asBaileysWritesIt } })
  const { 'group::ann': record } = await keys.get('sender-key', ['group::ann'])
  const [state] = JSON.parse(Buffer.from(record ?? []).toString(), BufferJSON.reviver)
  assert.deepEqual(state.senderMessageKeys[0].seed, seed)
  assert.ok((record?.length ?? 0) < asBaileysWritesIt.length)
})
