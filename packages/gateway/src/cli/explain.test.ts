/** The law: what an operator can mend is told as a sentence with the variable to change, and never as a stack. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { TLSSocket } from 'node:tls'
import pino from 'pino'
import { selfSigned } from '../delivery/test-certificate.ts'
import { openStore } from '../store/store.ts'
import { testDatabase } from '../store/test-database.ts'
import { addWebhook } from '../store/test-stores.ts'
import { explain } from './explain.ts'
import { waxwing } from './run-waxwing.ts'

const folder = mkdtempSync(join(tmpdir(), 'waxwing-explain-'))
chmodSync(folder, 0o755)
after(() => rmSync(folder, { recursive: true }))

const keyBytes = Buffer.alloc(32, 1)
const key = { ENCRYPTION_KEY: keyBytes.toString('base64') }

/** Fails to start, and says why in two lines; the driver of Postgres may have warned of its own future before. */
async function refusal(verb: 'start' | 'migrate', env: Record<string, string>): Promise<string> {
  const settings = { DATA_DIR: join(folder, 'data'), PORT: '0', LOG_LEVEL: 'silent', ...env }
  const { code, stderr } = await waxwing([verb], settings)
  assert.equal(code, 1, stderr)
  assert.doesNotMatch(stderr, /\n\s+at /, 'no stack')
  const said = stderr.slice(stderr.indexOf(`waxwing ${verb}: `))
  assert.equal(said.trimEnd().split('\n').length, 2, stderr)
  return said
}

/** A server on loopback that does this with each connection; its address as a DATABASE_URL. */
async function listen(t: TestContext, onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => undefined))
    onConnection(socket)
  })
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `postgres://nobody@127.0.0.1:${address.port}/none`
}

test('a key that is not the database\u2019s is refused before anything starts', async t => {
  const { databaseUrl, drop } = await testDatabase()
  const log = pino({ level: 'silent' })
  const store = await openStore({ databaseUrl, encryptionKey: keyBytes, log, leaseMs: 60_000 })
  t.after(async () => {
    await store.close()
    await drop()
  })
  await addWebhook(store, (await store.profiles.first()).id)
  const other = { DATABASE_URL: databaseUrl, ENCRYPTION_KEY: Buffer.alloc(32, 2).toString('base64') }
  for (const verb of ['start', 'migrate'] as const) {
    const said = await refusal(verb, other)
    assert.match(said, /a key of this database is missing.*\nSet ENCRYPTION_KEY to the key/)
    assert.ok(!said.includes(other.ENCRYPTION_KEY) && !said.includes(key.ENCRYPTION_KEY))
  }
  const own = await waxwing(['migrate'], { ...other, ...key, LOG_LEVEL: 'silent' })
  assert.equal(own.code, 0, own.stderr)
})

test('a data folder that is a file, or lies below one, is said', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  for (const DATA_DIR of [file, join(file, 'below')])
    for (const rest of [{}, key])
      assert.match(
        await refusal('start', { DATA_DIR, ...rest }),
        /DATA_DIR cannot be .*is a file.*\nSet DATA_DIR/,
      )
})

test('a server without TLS that is asked for it is said', async t => {
  const { databaseUrl, drop } = await testDatabase()
  t.after(drop)
  const url = new URL(databaseUrl)
  url.searchParams.set('sslmode', 'require')
  assert.match(
    await refusal('migrate', { DATABASE_URL: url.href, ...key }),
    /does not speak TLS.*\n.*sslmode=disable/,
  )
})

test('a server whose certificate nobody vouches for is said', async t => {
  const url = await listen(t, socket => {
    socket.once('data', () => {
      socket.write('S') // Postgres' yes to TLS
      const encrypted = new TLSSocket(socket, { isServer: true, ...selfSigned })
      encrypted.on('error', () => undefined)
    })
  })
  const DATABASE_URL = `${url}?sslmode=verify-full`
  assert.match(
    await refusal('migrate', { DATABASE_URL, ...key }),
    /certificate of the database server is not trusted.*\n.*sslrootcert=/,
  )
})

test('an address that takes connections and never answers is said', async t => {
  const DATABASE_URL = await listen(t, () => undefined)
  assert.match(
    await refusal('migrate', { DATABASE_URL, ...key }),
    /did not answer.*\nCheck the host and port in DATABASE_URL/,
  )
})

test('what nobody foresaw keeps its stack, for it is a bug', () => {
  const bug = new TypeError('undefined is not a gateway')
  const { problem, next } = explain(bug)
  assert.equal(problem, bug.stack)
  assert.match(next, /doctor/)
})
