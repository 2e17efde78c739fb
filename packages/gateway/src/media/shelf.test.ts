/** The laws of every shelf, on a folder and on a bucket that checks signatures. */
import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createFileShelf } from './file-shelf.ts'
import { createS3Shelf } from './s3-shelf.ts'
import type { FinishedFile, Shelf } from './shelf.ts'
import { startBucket } from './test-bucket.ts'

async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'waxwing-shelf-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function finished(folder: string, bytes: Buffer): Promise<FinishedFile> {
  const path = join(folder, randomUUID())
  await writeFile(path, bytes, { mode: 0o600 })
  return { path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

async function read(shelf: Shelf, name: string, range?: { start: number; end: number }) {
  const stream = await shelf.open(name, range)
  return stream && Buffer.concat(await stream.toArray())
}

const shelves: Record<string, (t: TestContext, folder: string) => Promise<Shelf>> = {
  folder: async (_t, folder) => createFileShelf(join(folder, 'files')),
  bucket: async t => createS3Shelf((await startBucket(t)).place),
}

for (const [kind, make] of Object.entries(shelves)) {
  test(`a ${kind} gives back what was put there, whole and in part, until it is removed`, async t => {
    const folder = await temporary(t)
    const shelf = await make(t, folder)
    const name = randomUUID()
    for (const size of [200_000, 1, 0]) {
      const bytes = randomBytes(size)
      await shelf.put(name, await finished(folder, bytes))
      assert.deepEqual(await read(shelf, name), bytes)
      if (size > 0) assert.deepEqual(await read(shelf, name, { start: 0, end: 0 }), bytes.subarray(0, 1))
      if (size > 100)
        assert.deepEqual(await read(shelf, name, { start: 50, end: 99 }), bytes.subarray(50, 100))
    }
    await shelf.remove(name)
    assert.equal(await shelf.open(name), null)
    await shelf.remove(name)
  })

  test(`a ${kind} has nothing that was not put there`, async t => {
    const shelf = await make(t, await temporary(t))
    assert.equal(await shelf.open(randomUUID()), null)
  })
}

test('in a folder only the gateway reads, and no name leads out of it', async t => {
  const folder = await temporary(t)
  const shelf = createFileShelf(join(folder, 'files'))
  const name = randomUUID()
  await shelf.put(name, await finished(folder, randomBytes(10)))
  const path = join(folder, 'files', name.slice(0, 2), name)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.equal((await stat(join(folder, 'files', name.slice(0, 2)))).mode & 0o777, 0o700)
  for (const strange of ['../secret', '', '/etc/passwd', `${name}/..`, name.toUpperCase(), `${name}\0`]) {
    await assert.rejects(shelf.open(strange), TypeError, strange)
    await assert.rejects(shelf.remove(strange), TypeError, strange)
    await assert.rejects(shelf.put(strange, await finished(folder, randomBytes(1))), TypeError, strange)
  }
  await chmod(folder, 0o700)
  assert.deepEqual(await readdir(join(folder, 'files')), [name.slice(0, 2)])
})

test('a bucket takes no body but the one that was signed, and its refusal says why', async t => {
  const folder = await temporary(t)
  const { place, refused, objects, fail } = await startBucket(t)
  const shelf = createS3Shelf(place)
  const file = await finished(folder, randomBytes(1_000))
  await assert.rejects(
    shelf.put(randomUUID(), { ...file, sha256: 'a'.repeat(64) }),
    /403 \(SignatureDoesNotMatch\)/,
  )
  const stranger = createS3Shelf({ ...place, secret: 'another secret altogether' })
  await assert.rejects(stranger.put(randomUUID(), file), /403/)
  await assert.rejects(createS3Shelf(place, () => new Date(0)).put(randomUUID(), file), /403/)
  assert.deepEqual(refused, ['the body is another', 'the signature is another', 'the time is not now'])
  fail(503)
  await assert.rejects(shelf.open(randomUUID()), error => {
    assert.match(String(error), /503 \(SlowDown\)/)
    assert.ok(!String(error).includes(place.secret))
    return true
  })
  assert.equal(objects.size, 0)
})
