/** The law: a database that went away without a word holds nobody up for longer than was said. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import pino from 'pino'
import { listenForChanges } from './change-listener.ts'
import { openDatabase } from './database.ts'
import { testDatabase } from './test-database.ts'

const log = pino({ level: 'silent' })

/** A server that takes connections and says nothing: what a half-open connection looks like from here. */
async function silentServer(t: { after(end: () => void): void }) {
  const sockets = new Set<Socket>()
  const server = createServer(socket => sockets.add(socket.on('error', () => undefined)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return { url: `postgres://nobody@127.0.0.1:${address.port}/none`, server }
}

test('a listener is stopped while its server does not answer', async t => {
  const { url, server } = await silentServer(t)
  const connected = once(server, 'connection')
  const listener = listenForChanges({ databaseUrl: url, channel: 'a', onChange: () => undefined, log })
  await connected
  const started = performance.now()
  await listener.stop()
  // Waiting for the connection to be given up would take the ten seconds of `connectionLimits`.
  assert.ok(performance.now() - started < 8_000)
})

test('a statement without an answer is an error, its connection is replaced, and a patient one may wait', async t => {
  const { databaseUrl, drop } = await testDatabase()
  const db = openDatabase({ databaseUrl, poolSize: 1, log, answerWithinMs: 1_000 })
  t.after(async () => {
    await db.close()
    await drop()
  })
  const sleep = (seconds: number, patient?: boolean) => ({
    text: 'select pg_sleep($1), pg_backend_pid() as pid',
    values: [seconds],
    ...(patient && { patient }),
  })
  const pid = async () => (await db.query<{ pid: number }>(sleep(0)))[0]?.pid
  const first = await pid()
  await assert.rejects(db.query(sleep(30)), /timeout/)
  const second = await pid()
  assert.notEqual(second, first)
  await assert.rejects(
    db.transaction(query => query(sleep(30))),
    /timeout/,
  )
  assert.notEqual(await pid(), second)
  await db.query(sleep(2, true))
  await db.transaction(query => query(sleep(2)), { patient: true })
})
