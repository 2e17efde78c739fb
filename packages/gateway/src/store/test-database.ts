import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import pino from 'pino'
import { type EmbeddedPostgres, startEmbeddedPostgres, withDatabase } from './embedded-postgres.ts'

export type TestDatabase = {
  databaseUrl: string
  /** Drops the database, ending what is still connected to it. */
  drop(): Promise<void>
}

/** A fresh empty database; the embedded server behind it starts once per process and stops at exit. */
export async function testDatabase(): Promise<TestDatabase> {
  server ??= startTestServer()
  return freshDatabase((await server).databaseUrl)
}

/** A fresh empty database on the server of this URL. */
export async function freshDatabase(serverUrl: string): Promise<TestDatabase> {
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

const prefix = 'waxwing-test-'
let server: Promise<EmbeddedPostgres> | undefined

function startTestServer(): Promise<EmbeddedPostgres> {
  sweepLeftovers()
  const dataDir = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`))
  process.once('exit', () => removeServer(dataDir))
  // A signal alone would end the process without its exit handlers.
  process.once('SIGTERM', () => process.exit(143))
  process.once('SIGINT', () => process.exit(130))
  // No test pulls the power plug, so none has to wait for the disk.
  const settings = { fsync: 'off', full_page_writes: 'off' }
  return startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }), settings })
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
