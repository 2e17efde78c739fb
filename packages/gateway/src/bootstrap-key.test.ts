/** The first key: known to its owner, kept by the machine, revoked when it is replaced. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pino } from 'pino'
import { ensureBootstrapKey } from './bootstrap-key.ts'
import { openStore, type Store } from './store/store.ts'
import { testDatabase } from './store/test-database.ts'

let store: Store
let profileId: string
let folder: string
let drop: () => Promise<void>
before(async () => {
  const database = await testDatabase()
  drop = database.drop
  store = await openStore({
    databaseUrl: database.databaseUrl,
    encryptionKey: Buffer.alloc(32, 1),
    log: pino({ level: 'silent' }),
    leaseMs: 30_000,
  })
  profileId = (await store.profiles.first()).id
  folder = await mkdtemp(join(tmpdir(), 'waxwing-key-'))
})
after(async () => {
  await store.close()
  await drop()
  await rm(folder, { recursive: true, force: true })
})

test('a first start makes a key and its folder, later starts use it, and a deleted file revokes it', async () => {
  const dataDir = join(folder, 'not', 'there', 'yet')
  const first = await ensureBootstrapKey(store, { profileId, given: null, dataDir })
  assert.equal(first.made, true)
  assert.ok(first.file)
  assert.equal((await readFile(first.file, 'utf8')).trim(), first.key)
  assert.equal((await stat(first.file)).mode & 0o777, 0o600)
  assert.equal((await store.apiKeys.verify(first.key))?.profileId, profileId)

  const second = await ensureBootstrapKey(store, { profileId, given: null, dataDir })
  assert.deepEqual([second.key, second.made], [first.key, false])

  await rm(first.file)
  const third = await ensureBootstrapKey(store, { profileId, given: null, dataDir })
  assert.notEqual(third.key, first.key)
  assert.equal(await store.apiKeys.verify(first.key), null)
})

test('a second gateway on the same database makes a key of its own and leaves the first alone', async () => {
  const one = await ensureBootstrapKey(store, { profileId, given: null, dataDir: join(folder, 'one') })
  const two = await ensureBootstrapKey(store, { profileId, given: null, dataDir: join(folder, 'two') })
  for (const { key } of [one, two]) assert.equal((await store.apiKeys.verify(key))?.profileId, profileId)
})

test('a key from the environment needs no folder, and a new one ends the old one', async () => {
  const nowhere = '/proc/nowhere'
  const given = (letter: string) =>
    ensureBootstrapKey(store, { profileId, given: `wx_${letter.repeat(32)}`, dataDir: nowhere })
  const old = await given('a')
  assert.deepEqual([old.file, old.made], [null, false])
  const current = await given('b')
  assert.equal(await store.apiKeys.verify(old.key), null)
  assert.equal((await store.apiKeys.verify(current.key))?.profileId, profileId)
})
