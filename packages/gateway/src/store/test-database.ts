import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import pino from 'pino'
import { preparePostgresHome, serverAccount } from './embedded/home.ts'
import { bringUp } from './embedded/postmaster.ts'
import { startEmbeddedPostgres, withDatabase } from './embedded-postgres.ts'

export type TestDatabase = {
  databaseUrl: string
  /** Drops the database, ending what is still connected to it. */
  drop(): Promise<void>
}

/** A fresh empty database; the embedded server behind it starts once per process and stops at exit. */
export async function testDatabase(): Promise<TestDatabase> {
  embedded ??= startTestServer(async dataDir => {
    const server = await startEmbeddedPostgres({
      dataDir,
      log: pino({ level: 'silent' }),
      settings: notDurable,
    })
    return server.databaseUrl
  })
  return freshDatabase(await embedded)
}

/** Where Debian's packages put the oldest version we support; null: not on this machine. */
const oldest = '/usr/lib/postgresql/15/bin'
export const oldestServer = existsSync(oldest) ? oldest : null

/** As `testDatabase`, on a server of version 15. Only where `oldestServer` is not null. */
export async function oldestTestDatabase(): Promise<TestDatabase> {
  version15 ??= startTestServer(async dataDir => {
    const account = await serverAccount()
    const home = await preparePostgresHome(dataDir, account)
    const program = (name: string) => join(oldest, name)
    const binaries = {
      initdb: program('initdb'),
      postgres: program('postgres'),
      pgCtl: program('pg_ctl'),
      major: '15',
    }
    const { url } = await bringUp({ home, binaries, account, listenOn: 'socket', settings: notDurable })
    return url
  })
  return freshDatabase(await version15)
}

/** No test pulls the power plug, so none has to wait for the disk. */
export const notDurable = { fsync: 'off', full_page_writes: 'off' }
const prefix = 'waxwing-test-'
let embedded: Promise<string> | undefined
let version15: Promise<string> | undefined

async function freshDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await runOn(serverUrl, `create database ${name}`)
  return {
    databaseUrl: withDatabase(serverUrl, name),
    drop: () => runOn(serverUrl, `drop database if exists ${name} with (force)`),
  }
}

async function runOn(databaseUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** `start` gets a folder of its own, which goes with this process, and so does the server in it. */
export function startTestServer<T>(start: (dataDir: string) => Promise<T>): Promise<T> {
  sweepLeftovers()
  const dataDir = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`))
  process.once('exit', () => removeServer(dataDir))
  // A signal alone would end the process without its exit handlers.
  process.once('SIGTERM', () => process.exit(143))
  process.once('SIGINT', () => process.exit(130))
  return start(dataDir)
}

/** Servers of test processes that were killed outright. */
function sweepLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter(entry => entry.startsWith(prefix))) {
    const pid = Number(name.slice(prefix.length).split('-')[0])
    if (!isAlive(pid)) removeServer(join(tmpdir(), name))
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Immediate shutdown (SIGQUIT), for nothing of it is needed again. Synchronous, for exit handlers. */
function removeServer(dataDir: string): void {
  const pidFile = join(dataDir, 'postgres', 'data', 'postmaster.pid')
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8').split('\n')[0]), 'SIGQUIT')
    // The file goes with the server; its pid may stay as a zombie, for we cannot reap while exiting.
    for (let tries = 0; tries < 100 && existsSync(pidFile); tries++) spawnSync('sleep', ['0.02'])
  } catch {} // it never started, or is gone already
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
}
