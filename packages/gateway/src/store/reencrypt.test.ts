/** The law: what was encrypted with one key can be moved to another at any time, and nothing that is written meanwhile is lost. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import pg from 'pg'
import pino from 'pino'
import type { SessionAuthState } from './auth-state.ts'
import { KeyNotShared, reencrypt } from './reencrypt.ts'
import { sealedColumns } from './sealed-columns.ts'
import type { Store } from './store.ts'
import { addWebhook, onEveryServer, type TestBench } from './test-stores.ts'
import { createVault, ForeignKeyError } from './vault.ts'

const log = pino({ level: 'silent' })
const [first, second, third] = [1, 2, 3].map(byte => Buffer.alloc(32, byte)) as [Buffer, Buffer, Buffer]
const idOf = (key: Buffer) => createVault(key).keyIds[0]

onEveryServer('a key is replaced', fresh => {
  let bench: TestBench
  let sql: pg.Client
  beforeEach(async () => {
    bench = await fresh()
    sql = new pg.Client({ connectionString: bench.databaseUrl, application_name: 'a test' })
    await sql.connect()
  })
  const stores: Store[] = []
  async function open(keys: ReturnType<typeof withKeys>): Promise<Store> {
    const store = await bench.open(keys)
    stores.push(store)
    return store
  }
  async function closeAll(): Promise<void> {
    await Promise.all(stores.splice(0).map(store => store.close()))
  }
  afterEach(async () => {
    await closeAll()
    await sql.end()
    await bench.close()
  })

  const withKeys = (encryptionKey: Buffer, ...oldEncryptionKeys: Buffer[]) => ({
    encryptionKey,
    oldEncryptionKeys,
  })
  const run = (encryptionKey: Buffer, old: Buffer[], onProgress?: (table: string, count: number) => void) =>
    reencrypt({
      databaseUrl: bench.databaseUrl,
      ...withKeys(encryptionKey, ...old),
      log,
      ...(onProgress && { onProgress }),
    })

  test('everything is sealed with the new key, counted exactly, and the old one may go', async () => {
    const { secret, session } = await furnished(await open(withKeys(first)))
    await closeAll()
    // A request still at work has no answer to encrypt.
    await sql.query(
      `insert into idempotency_keys (user_id, key, fingerprint, claim_id, claimed_until, expires_at)
       select id, 'k', '', id, now(), now() from profiles`,
    )
    const { reencrypted, ...rest } = await run(second, [first])
    assert.deepEqual(some(reencrypted), {
      webhook_configs: 1,
      session_creds: 1,
      session_keys: 450,
      inbox: 2,
    })
    assert.deepEqual(rest, { keyId: idOf(second), unreadable: [], retired: [idOf(first)], inUse: [] })
    await assert.rejects(open(withKeys(first)), ForeignKeyError)
    const store = await open(withKeys(second))
    assert.deepEqual((await store.webhooks.cached())[0]?.secrets, [secret])
    const auth = await takeOver(store, session)
    assert.equal(await auth.loadCreds(), '{"creds":true}')
    assert.equal((await auth.get('pre-key', ['7']))['7'], '{"pre-key":7}')
    assert.deepEqual(
      (await auth.inbox.untold(10)).map(stanza => stanza.values),
      [['zero', 'one']],
    )
    assert.deepEqual(some((await run(second, [first])).reencrypted), {}, 'once is enough')
  })

  test('a run that ends half-way is taken up by the next, and both keys are needed meanwhile', async () => {
    const { session } = await furnished(await open(withKeys(first)))
    await closeAll()
    let before = 0
    const dying = run(second, [first], (table, count) => {
      if (table !== 'session_keys') return
      before = count
      throw new Error('killed')
    })
    await assert.rejects(dying, /killed/)
    assert.ok(before > 0 && before < 450, `${before} of 450`)
    for (const [key, missing] of [
      [first, second],
      [second, first],
    ] as const)
      await assert.rejects(open(withKeys(key)), (error: ForeignKeyError) => {
        assert.deepEqual([error.usedKeyId, error.ourKeyId], [idOf(missing), idOf(key)])
        return true
      })
    const auth = await takeOver(await open(withKeys(second, first)), session)
    assert.equal(Object.keys(await auth.get('pre-key', ids(450))).length, 450)
    await closeAll()
    const { reencrypted, retired } = await run(second, [first])
    assert.equal(reencrypted.session_keys, 450 - before)
    assert.deepEqual(retired, [idOf(first)])
  })

  test('what engines write meanwhile stays as they wrote it, and none of them is disturbed', async () => {
    const { session } = await furnished(await open(withKeys(first)))
    await closeAll()
    const store = await open(withKeys(second, first))
    const auth = await takeOver(store, session)
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
    const random = generator(seed)
    const expected = new Map(ids(450).map(id => [id, `{"pre-key":${id}}`]))
    const write = async () => {
      const chosen = Array.from({ length: 20 }, () => String(Math.floor(random() * 450)))
      const values = chosen.map(id => [id, random() < 0.2 ? null : `{"fresh":${random()}}`] as const)
      await auth.set({ 'pre-key': Object.fromEntries(values) })
      for (const [id, value] of Object.entries(Object.fromEntries(values)))
        value === null ? expected.delete(id) : expected.set(id, value)
    }
    let running = true
    const writing = (async () => {
      while (running) await write()
    })()
    const result = await run(second, [first])
    running = false
    await writing
    assert.deepEqual([result.retired, result.inUse], [[idOf(first)], []], `SEED=${seed}`)
    assert.deepEqual(
      await auth.get('pre-key', ids(450)),
      Object.fromEntries([...expected].sort(([a], [b]) => Number(a) - Number(b))),
      `SEED=${seed}`,
    )
  })

  test('a value whose row somebody holds is done once it is let go', async () => {
    await furnished(await open(withKeys(first)))
    await closeAll()
    await sql.query('begin')
    await sql.query(`select from session_keys where id = '7' for update`)
    let held = true
    const { reencrypted, retired } = await run(second, [first], table => {
      if (table !== 'inbox' || !held) return
      held = false
      void sql.query('commit')
    })
    assert.equal(held, false)
    assert.deepEqual([reencrypted.session_keys, retired], [450, [idOf(first)]])
  })

  test('it begins nothing beside a gateway that was not given the new key', async () => {
    await furnished(await open(withKeys(first)))
    await assert.rejects(run(second, [first]), (error: Error) => {
      assert.ok(error instanceof KeyNotShared)
      assert.ok(error.message.includes(idOf(second)))
      return true
    })
    await closeAll()
    const { rows } = await sql.query('select key_id from encryption_keys')
    assert.deepEqual(rows, [{ key_id: idOf(first) }])
  })

  test('a key that a gateway still seals with is not given up', async () => {
    await furnished(await open(withKeys(first)))
    await closeAll()
    // The first step of a change without a pause: every gateway learns the new key, and goes on with the old.
    const lagging = await open(withKeys(first, second))
    const { retired, inUse } = await run(second, [first])
    assert.deepEqual([retired, inUse.map(use => [use.keyId, use.values])], [[], [[idOf(first), 0]]])
    assert.ok((inUse[0]?.processes ?? 0) > 0)
    await addWebhook(lagging, (await lagging.profiles.first()).id)
    await closeAll()
    const again = await run(second, [first])
    assert.deepEqual([again.reencrypted.webhook_configs, again.retired], [1, [idOf(first)]])
  })

  test('without the key that was used before, nothing is done', async () => {
    await furnished(await open(withKeys(first)))
    await closeAll()
    await assert.rejects(run(second, [third]), (error: ForeignKeyError) => error.usedKeyId === idOf(first))
    await open(withKeys(first))
  })

  test('a damaged value is named and left, and holds its key back', async () => {
    const { session } = await furnished(await open(withKeys(first)))
    await closeAll()
    await sql.query(
      `update session_keys set value = set_byte(value, 20, get_byte(value, 20) # 1) where id = '7'`,
    )
    const { reencrypted, unreadable, retired, inUse } = await run(second, [first])
    assert.deepEqual(
      [reencrypted.session_keys, unreadable, retired, inUse],
      [449, [`session_keys/${session}/pre-key/7`], [], [{ keyId: idOf(first), values: 1, processes: 0 }]],
    )
    await sql.query(`delete from session_keys where id = '7'`)
    assert.deepEqual((await run(second, [first])).retired, [idOf(first)])
  })

  test('every column of bytes is on the list, or is no secret of ours', async () => {
    await open(withKeys(first))
    const { rows } = await sql.query(
      `select table_name || '.' || column_name as name from information_schema.columns
       where table_schema = 'public' and data_type = 'bytea' and column_name <> 'hash'`,
    )
    // Hashes need no key.
    const others = ['sign_in_tries.subject', 'idempotency_keys.fingerprint']
    const listed = sealedColumns.map(({ table, column }) => `${table}.${column}`)
    const missing = rows.map(row => row.name).filter(name => ![...listed, ...others].includes(name))
    assert.deepEqual(missing, [], 'see sealed-columns.ts')
  })
})

/** Without the tables of which nothing was encrypted anew. */
const some = (counts: Record<string, number>) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))

const ids = (count: number) => Array.from({ length: count }, (_, index) => String(index))

/** One webhook, and one session with credentials, 450 keys and an untold stanza of two parts. */
async function furnished(store: Store): Promise<{ session: string; secret: string }> {
  const { id: profileId } = await store.profiles.first()
  const { secrets } = await addWebhook(store, profileId)
  const { id } = await store.sessions.create({ profileId, name: 'Shop', network: 'sandbox' })
  const auth = await takeOver(store, id)
  await auth.saveCreds('{"creds":true}')
  await auth.set(
    { 'pre-key': Object.fromEntries(ids(450).map(key => [key, `{"pre-key":${key}}`])) },
    ['zero', 'one'].map((value, part) => ({ delivery: 'a stanza', part, parts: 2, value })),
  )
  return { session: id, secret: secrets[0] ?? '' }
}

async function takeOver(store: Store, sessionId: string): Promise<SessionAuthState> {
  await store.leases.endAll()
  const fence = await store.leases.claim({ sessionId, holder: 'engine', leaseMs: 60_000 })
  return store.authState.for(sessionId, fence ?? '')
}

/** Mulberry32: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
