/** The law: a connection that is lost fails the statement that needed it, and nothing else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pino from 'pino'
import { openDatabase } from './database.ts'
import { testDatabase } from './test-database.ts'

const log = pino({ level: 'silent' })

// An error event nobody hears is an uncaught exception, which would end a gateway and fails this test.
for (const when of ['during', 'between'] as const)
  test(`a connection lost ${when} the statements of a transaction rejects it, and the pool goes on`, async t => {
    const { databaseUrl, drop } = await testDatabase()
    const db = openDatabase({ databaseUrl, poolSize: 1, log })
    const operator = openDatabase({ databaseUrl, poolSize: 1, log })
    t.after(async () => {
      await Promise.all([db.close(), operator.close()])
      await drop()
    })
    const end = async (pid: number) => {
      await pause(100)
      await operator.query({ text: 'select pg_terminate_backend($1)', values: [pid] })
    }
    const cut = db.transaction(async query => {
      const [row] = await query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' })
      const ended = end(row?.pid ?? 0)
      if (when === 'between') {
        await ended
        await pause(300)
      }
      await query({ text: 'select pg_sleep(30)' })
    })
    await assert.rejects(cut)
    assert.deepEqual(await db.query({ text: 'select 1 as one' }), [{ one: 1 }])
  })
