/** The law: what goes into an array parameter comes out of the database as it was. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import pg from 'pg'
import { plainArray, textArray, timeArray } from './array-parameter.ts'
import { testDatabase } from './test-database.ts'

const { databaseUrl, drop } = await testDatabase()
const client = new pg.Client({ connectionString: databaseUrl })
await client.connect()
after(async () => {
  await client.end()
  await drop()
})

async function echo(type: string, parameter: unknown): Promise<unknown[]> {
  const { rows } = await client.query(`select $1::${type}[] as back`, [parameter])
  return rows[0].back
}

test('texts of any kind, and nulls between them, come back as they were', async () => {
  // Postgres has no NUL in texts, and half of a surrogate pair is no character (`storable` replaces both).
  const text = fc.string({ unit: 'binary' }).map(one => one.replaceAll('\0', '').toWellFormed())
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text, { nil: null })), async values => {
      assert.deepEqual(await echo('text', textArray(values)), values)
    }),
  )
  const awkward = ['', '"', '\\', '{}', '{"a": "b\\"c"}', 'NULL', ',', ' ', '👋🏽', null]
  assert.deepEqual(await echo('text', textArray(awkward)), awkward)
})

test('numbers, flags, ids and times come back as they were', async () => {
  assert.deepEqual(await echo('int', plainArray([1, null, -3])), [1, null, -3])
  assert.deepEqual(await echo('boolean', plainArray([true, false, null])), [true, false, null])
  assert.deepEqual(await echo('int', plainArray([])), [])
  const id = '01a20d64-80ed-73de-ae34-5c30b0f7de41'
  assert.deepEqual(await echo('uuid', plainArray([id, null])), [id, null])
  const times = [new Date('2026-11-24T12:00:00.123Z'), null]
  assert.deepEqual(await echo('timestamptz', timeArray(times)), times)
})
