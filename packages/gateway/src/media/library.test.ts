import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { openStore } from '../store/store.ts'
import { testDatabase } from '../store/test-database.ts'
import { createFileShelf } from './file-shelf.ts'
import { openLibrary } from './library.ts'
import { createLinks } from './links.ts'
import { startSweeper } from './sweeper.ts'
import { readLink, testBase, testLibrary } from './test-library.ts'

const log = pino({ level: 'silent' })

async function stage(t: TestContext) {
  const database = await testDatabase()
  const store = await openStore({
    databaseUrl: database.databaseUrl,
    encryptionKey: randomBytes(32),
    log,
    leaseMs: 30_000,
  })
  t.after(async () => {
    await store.close()
    await database.drop()
  })
  const { id: profileId } = await store.profiles.first()
  const session = await store.sessions.create({ profileId, name: 'Shop', network: 'sandbox', settings: {} })
  const library = await testLibrary(t, store.media)
  const file = () => ({
    id: randomUUID(),
    sessionId: session.id,
    mimeType: 'image/jpeg',
    fileName: 'tide\0 table.jpg',
  })
  return { store, profileId, session, library, file }
}

async function* pieces(bytes: Buffer, fault?: Error) {
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000)
  if (fault) throw fault
}

test('what is kept is found by its link, with its size and checksum', async t => {
  const { library, file } = await stage(t)
  const bytes = randomBytes(10_500)
  const one = file()
  assert.equal(await library.find(one), null)
  const kept = await library.keep(one, pieces(bytes))
  assert.ok(kept.url.startsWith(`${testBase}/media/${one.id}?`))
  assert.deepEqual([kept.size, kept.sha256], [10_500, createHash('sha256').update(bytes).digest('hex')])
  assert.deepEqual(await library.find(one), kept)
  assert.deepEqual(await readLink(library, kept.url), bytes)
})

test('a stream that ends badly leaves nothing behind, and says how it ended', async t => {
  const { library, file } = await stage(t)
  const one = file()
  const fault = new Error('the checksum is another')
  await assert.rejects(library.keep(one, pieces(randomBytes(10_500), fault)), fault)
  assert.deepEqual(await library.files(), [])
  assert.equal(await library.find(one), null)
})

test('what a killed process left half-finished is removed, and what another is writing is not', async t => {
  const { store, library } = await stage(t)
  const unfinished = join(library.folder, 'unfinished')
  for (const [name, ageMs] of [
    ['left', 7_200_000],
    ['being-written', 60_000],
  ] as const) {
    const at = new Date(Date.now() - ageMs)
    await writeFile(join(unfinished, name), 'half')
    await utimes(join(unfinished, name), at, at)
  }
  await openLibrary({
    rows: store.media,
    shelf: createFileShelf(library.folder),
    links: createLinks({ encryptionKey: randomBytes(32) }),
    folder: library.folder,
    base: Promise.resolve(testBase),
    keptDays: 14,
    now: () => new Date(),
  })
  assert.deepEqual(await library.files(), ['being-written'])
})

test('files of a session that is gone are removed, and those of another are not', async t => {
  const { store, profileId, session, library, file } = await stage(t)
  const other = await store.sessions.create({ profileId, name: 'Other', network: 'sandbox', settings: {} })
  const doomed = file()
  const { url } = await library.keep(doomed, pieces(randomBytes(100)))
  const kept = await library.keep({ ...file(), sessionId: other.id }, pieces(randomBytes(100)))
  await store.sessions.remove(profileId, session.id)
  const shelf = createFileShelf(library.folder)
  const sweeper = startSweeper({ rows: store.media, shelf, log, firstMs: 1, everyMs: 1 })
  while (await store.media.find(doomed.id)) await new Promise(resolve => setTimeout(resolve, 10))
  await sweeper.stop()
  await assert.rejects(readLink(library, url), /missing/)
  assert.equal((await library.files()).length, 1)
  assert.equal((await readLink(library, kept.url)).length, 100)
})

test('what is past its time is removed', async t => {
  const { store, library, file } = await stage(t)
  const old = { ...file(), expiresAt: new Date(Date.now() - 1_000) }
  await store.media.announce(old)
  assert.deepEqual(await store.media.expired(10), [old.id])
  const young = file()
  await library.keep(young, pieces(randomBytes(10)))
  assert.deepEqual(await store.media.expired(10), [old.id])
  await store.media.forget([old.id])
  assert.deepEqual(await store.media.expired(10), [])
  assert.ok(await library.find(young))
})
