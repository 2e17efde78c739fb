/** The law: the schema is exactly what the files say, whoever starts first, or the start is refused with a reason. */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { type Database, openDatabase } from './database.ts'
import { MigrationRefused, migrate, migrationsFolder, readMigrations } from './migrate.ts'
import { onEveryServer, type TestBench } from './test-stores.ts'

const log = pino({ level: 'silent' })

onEveryServer('the schema is what the files say', fresh => {
  let bench: TestBench
  let db: Database
  const folder = mkdtempSync(join(tmpdir(), 'waxwing-migrations-'))
  before(async () => {
    bench = await fresh()
    db = openDatabase({ databaseUrl: bench.databaseUrl, poolSize: 4, log })
    cpSync(migrationsFolder, folder, { recursive: true })
  })
  after(async () => {
    await db.close()
    await bench.close()
    rmSync(folder, { recursive: true })
  })

  test('of many that start at once each migration is applied by one', async () => {
    const applied = await Promise.all(Array.from({ length: 4 }, () => migrate(db, log, folder)))
    const versions = (await readMigrations(folder)).map(migration => migration.version)
    assert.deepEqual(applied.flat().sort(), versions)
    assert.deepEqual(await migrate(db, log, folder), [])
  })

  test('a migration that fails leaves nothing behind', async () => {
    const file = join(folder, '20990101000000_broken.sql')
    writeFileSync(file, 'create table half (id int); select nonsense;')
    await assert.rejects(migrate(db, log, folder), /nonsense/)
    assert.deepEqual(await db.query({ text: `select to_regclass('half') as name` }), [{ name: null }])
    writeFileSync(file, 'create table whole (id int);')
    assert.deepEqual(await migrate(db, log, folder), ['20990101000000'])
  })

  test('a database that a newer version has migrated is refused by name', async () => {
    await assert.rejects(migrate(db, log), (error: Error) => {
      assert.ok(error instanceof MigrationRefused)
      assert.match(error.message, /20990101000000_broken.*a newer one has used it/)
      return true
    })
  })

  test('a file that was edited after it was applied is refused by name', async () => {
    writeFileSync(join(folder, '20990101000000_broken.sql'), 'create table other (id int);')
    await assert.rejects(migrate(db, log, folder), /20990101000000_broken was applied with other contents/)
  })

  test('a file with another kind of name is refused', async () => {
    writeFileSync(join(folder, 'later.sql'), '')
    await assert.rejects(migrate(db, log, folder), /later\.sql is not named like/)
  })
})
