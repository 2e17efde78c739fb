import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from 'pino'
import { findPostgresBinaries } from './embedded/binaries.ts'
import { EmbeddedPostgresError } from './embedded/error.ts'
import { preparePostgresHome, serverAccount } from './embedded/home.ts'
import { bringDown, bringUp, type Installation, runningUrl } from './embedded/postmaster.ts'

export { EmbeddedPostgresError }

export type EmbeddedPostgres = {
  /** For the ordinary `pg` driver. */
  databaseUrl: string
  /** Stops the server, also one that an earlier gateway left behind, and waits until it is down. */
  stop(): Promise<void>
}

export type EmbeddedPostgresOptions = {
  /** The server lives in `<dataDir>/postgres`. One gateway a folder; a second one is refused. */
  dataDir: string
  log: Logger
  /** Further lines of postgresql.conf. */
  settings?: Record<string, string>
  /** Default: a Unix socket, and on Windows a port of 127.0.0.1. */
  listenOn?: Installation['listenOn']
}

const databaseName = 'waxwing'

/**
 * Starts a real PostgreSQL for one gateway. The server is a process of its own: it outlives a gateway that is
 * killed and is then used again. Whoever holds an advisory lock on it is the gateway of this folder; the lock
 * ends with its connection, so no crash leaves it behind.
 */
export async function startEmbeddedPostgres(a: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const account = await serverAccount()
  const home = await preparePostgresHome(a.dataDir, account)
  const installation: Installation = {
    home,
    account,
    binaries: await findPostgresBinaries(home.folder, account),
    listenOn: a.listenOn ?? (process.platform === 'win32' ? 'loopback' : 'socket'),
    settings: a.settings ?? {},
  }
  const { url, found } = await bringUp(installation)
  const held = await holdFolder(url, a.dataDir)
  await createDatabase(held)
  a.log.info(
    { folder: home.folder, found },
    found ? 'found the embedded PostgreSQL running' : 'started the embedded PostgreSQL',
  )
  const watch = keepUp(installation, a, held)
  return {
    databaseUrl: withDatabase(url, databaseName),
    async stop() {
      await watch.stop()
      await bringDown(installation)
    },
  }
}

/** The URL of the server of this folder, if one is running and lets us in by its socket. Starts and changes nothing. */
export async function runningEmbeddedPostgres(dataDir: string): Promise<string | null> {
  const url = await runningUrl(join(dataDir, 'postgres', 'data'))
  return url === null ? null : withDatabase(url, databaseName)
}

/** The same server, another database. */
export function withDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}

/** One fixed number: the lock is taken in the database `postgres` of a server that only we use. */
const gatewayLock = 0x7761_7877

/** Takes the folder for this process, or says who has it. */
async function holdFolder(url: string, dataDir: string): Promise<pg.Client> {
  const name = `waxwing gateway, pid ${process.pid} on ${hostname()}`.slice(0, 63)
  const client = new pg.Client({ connectionString: url, application_name: name })
  client.on('error', () => undefined) // 'end' follows and is what we act on
  await client.connect()
  // A holder killed a moment ago is noticed by its server within milliseconds; two seconds are plenty.
  for (let tries = 0; tries < 20; tries++) {
    const { rows } = await client.query('select pg_try_advisory_lock($1) as taken', [gatewayLock])
    if (rows[0].taken) return client
    await sleep(100)
  }
  const holder = await holderName(client)
  await client.end()
  throw new EmbeddedPostgresError(
    `The data folder ${dataDir} is in use by another gateway (${holder}). ` +
      'Stop that one first, or give this one another DATA_DIR.',
  )
}

async function holderName(client: pg.Client): Promise<string> {
  const { rows } = await client.query(
    `select a.application_name as name from pg_locks l join pg_stat_activity a using (pid)
     where l.locktype = 'advisory' and l.granted and l.objid::bigint = $1`,
    [gatewayLock],
  )
  return rows[0]?.name ?? 'it has just ended; start again'
}

async function createDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [databaseName])
  if (rowCount === 0) await client.query(`create database ${databaseName}`)
}

/** The driver has both, its types have neither. */
const refs = (client: pg.Client) => client as pg.Client & { ref(): void; unref(): void }

/** A server that dies under us (out of memory, a stray kill) is started again, and the folder held again. */
function keepUp(installation: Installation, { dataDir, log }: EmbeddedPostgresOptions, first: pg.Client) {
  let held = first
  let stopping = false
  let revival = Promise.resolve()
  const watch = (client: pg.Client) => {
    held = client
    refs(client).unref() // waiting for the server's end must not keep the process alive
    client.once('end', () => {
      if (!stopping) revival = revive()
    })
  }
  async function revive(): Promise<void> {
    for (let waitMs = 100; !stopping; waitMs = Math.min(waitMs * 2, 10_000)) {
      log.error({ folder: installation.home.folder }, 'the embedded PostgreSQL is gone; starting it again')
      try {
        return watch(await holdFolder((await bringUp(installation)).url, dataDir))
      } catch (error) {
        log.error({ err: error }, 'the embedded PostgreSQL did not come back')
        await sleep(waitMs, undefined, { ref: false })
      }
    }
  }
  watch(first)
  return {
    async stop() {
      stopping = true
      await revival
      refs(held).ref()
      await held.end().catch(() => undefined)
    },
  }
}
