import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Account, PostgresBinaries } from './binaries.ts'
import { EmbeddedPostgresError } from './error.ts'
import type { PostgresHome } from './home.ts'

const run = promisify(execFile)

/** What a server needs to be started or found again. */
export type Installation = {
  home: PostgresHome
  binaries: PostgresBinaries
  account: Account
  /** A Unix socket, or a port of 127.0.0.1 with a password where there are no sockets (Windows). */
  listenOn: 'socket' | 'loopback'
  /** Further lines of postgresql.conf. */
  settings: Record<string, string>
}

const user = 'waxwing'
/** Crash recovery after a power cut replays at most max_wal_size (1 GB) of log; that took under 30 s. */
const startBudgetMs = 60_000

/**
 * Brings the server up, or finds the one an earlier gateway left running, and returns the URL of the database
 * `postgres` on it.
 */
export async function bringUp(installation: Installation): Promise<{ url: string; found: boolean }> {
  const { home } = installation
  await initialise(installation)
  await removeStalePidFile(home.data)
  const found = existsSync(pidFile(home.data))
  const child = found ? null : await startServer(installation)
  await waitUntilReady(home, child)
  return { url: await connectionUrl(installation), found }
}

/** Fast shutdown: sessions are ended, a checkpoint is written; resolves when the process is gone. */
export async function bringDown({ home, binaries, account }: Installation): Promise<void> {
  if (!existsSync(pidFile(home.data))) return
  const args = ['stop', '-D', home.data, '-m', 'fast', '-w', '-t', '60']
  await run(binaries.pgCtl, args, spawnOptions(account)).catch(error => {
    if (existsSync(pidFile(home.data))) throw error
  })
}

/** Makes the cluster once. It is built beside its place and moved there whole, so a crash leaves no half of it. */
async function initialise({ home, binaries, account, listenOn, settings }: Installation): Promise<void> {
  if (existsSync(home.data)) return checkVersion(home, binaries)
  const unfinished = `${home.data}.${randomBytes(4).toString('hex')}`
  const args = ['-D', unfinished, '-U', user, '-E', 'UTF8', '--no-locale']
  if (settings.fsync === 'off') args.push('--no-sync')
  args.push(...(listenOn === 'socket' ? ['-A', 'trust'] : await passwordArguments(home, account)))
  await run(binaries.initdb, args, spawnOptions(account)).catch(error => {
    throw new EmbeddedPostgresError(`The database folder ${home.data} could not be made: ${String(error)}`)
  })
  await rename(unfinished, home.data).catch(async error => {
    await rm(unfinished, { recursive: true, force: true })
    if (!existsSync(home.data)) throw error
  })
}

/** A port of the machine is open to every account on it, so it is guarded by a password in the data folder. */
async function passwordArguments(home: PostgresHome, account: Account): Promise<string[]> {
  await writeFile(passwordFile(home), randomBytes(24).toString('base64url'), { mode: 0o600 })
  if (account !== null) await chown(passwordFile(home), account.uid, account.gid)
  return ['-A', 'scram-sha-256', '--pwfile', passwordFile(home)]
}

async function checkVersion(home: PostgresHome, binaries: PostgresBinaries): Promise<void> {
  const made = (await readFile(join(home.data, 'PG_VERSION'), 'utf8')).trim()
  if (made === binaries.major) return
  throw new EmbeddedPostgresError(
    `The data in ${home.data} was written by PostgreSQL ${made}, but the embedded server is ${binaries.major}. ` +
      `Start a Waxwing with PostgreSQL ${made} and move the data with pg_dump, or set DATABASE_URL.`,
  )
}

async function startServer(installation: Installation): Promise<ChildProcess> {
  const { home, binaries, account } = installation
  await writeConfiguration(installation)
  const log = await open(home.log, 'w')
  // Detached: Ctrl-C reaches us alone, and the server outlives a gateway that is killed.
  const child = spawn(binaries.postgres, ['-D', home.data], {
    ...spawnOptions(account),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  child.once('error', () => undefined)
  child.unref()
  await log.close()
  return child
}

/** The file is ours: written anew at each start, so an update of Waxwing updates the settings too. */
async function writeConfiguration({ home, account, listenOn, settings }: Installation): Promise<void> {
  const listening: Record<string, string> =
    listenOn === 'socket'
      ? { listen_addresses: '', unix_socket_directories: home.sockets, unix_socket_permissions: '0700' }
      : { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(await freePort()) }
  const all = {
    ...listening,
    max_connections: '100',
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Our statements are short; compiling one costs more than it saves.
    jit: 'off',
    ...settings,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
  const file = join(home.data, 'postgresql.conf')
  await writeFile(file, lines.join(''), { mode: 0o600 })
  if (account !== null) await chown(file, account.uid, account.gid)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

async function waitUntilReady(home: PostgresHome, child: ChildProcess | null): Promise<void> {
  for (let waited = 0; waited < startBudgetMs; waited += 20) {
    if ((await readPidFile(home.data))?.ready) return
    // Exited: perhaps another gateway was faster, then its server holds the pid file and will be ready.
    const exited = child !== null && (child.exitCode !== null || child.pid === undefined)
    if (exited && !existsSync(pidFile(home.data))) break
    await sleep(20)
  }
  const said = await readFile(home.log, 'utf8').catch(() => '')
  const end = said.trim().split('\n').slice(-5).join('\n')
  throw new EmbeddedPostgresError(`The embedded PostgreSQL in ${home.folder} did not start:\n${end}`)
}

type PidFile = { pid: number; port: string; socketFolder: string; ready: boolean }

/** `postmaster.pid`: pid, data folder, start time, port, socket folder, address, shared memory, status. */
async function readPidFile(data: string): Promise<PidFile | null> {
  const text = await readFile(pidFile(data), 'utf8').catch(() => null)
  if (text === null) return null
  const [pid, , , port, socketFolder, , , status] = text.split('\n').map(line => line.trim())
  return { pid: Number(pid), port: port ?? '', socketFolder: socketFolder ?? '', ready: status === 'ready' }
}

/**
 * After a power cut the pid may belong to any other process by now (in a container it nearly always does), and
 * PostgreSQL would then refuse to start. So the process is asked whether it really serves this folder.
 */
async function removeStalePidFile(data: string): Promise<void> {
  const found = await wholePidFile(data)
  if (found === null || (found.pid > 0 && (await commandOf(found.pid)).includes(data))) return
  await rm(pidFile(data), { force: true })
}

/** A server makes the file and then writes it: one without a pid is given a second before it counts as left over. */
async function wholePidFile(data: string): Promise<PidFile | null> {
  for (let waited = 0; ; waited += 20) {
    const found = await readPidFile(data)
    if (found === null || found.pid > 0 || waited >= 1_000) return found
    await sleep(20)
  }
}

/** The command line of a process, or nothing when there is no such process. */
async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  const [command, args] =
    process.platform === 'win32'
      ? [
          'powershell',
          ['-NoProfile', '-c', `(Get-CimInstance Win32_Process -Filter ProcessId=${pid}).CommandLine`],
        ]
      : ['ps', ['-o', 'command=', '-p', String(pid)]]
  return run(command, args).then(
    result => result.stdout,
    () => '',
  )
}

async function connectionUrl({ home, listenOn }: Installation): Promise<string> {
  const found = await readPidFile(home.data)
  if (found === null) throw new EmbeddedPostgresError('The embedded PostgreSQL ended while it was starting.')
  if (listenOn === 'socket') return socketUrl(found)
  const password = await readFile(passwordFile(home), 'utf8')
  return `postgresql://${user}:${password}@127.0.0.1:${found.port}/postgres?sslmode=disable`
}

function socketUrl({ socketFolder, port }: PidFile): string {
  const query = new URLSearchParams({ host: socketFolder, port, sslmode: 'disable' })
  return `postgresql://${user}@localhost/postgres?${query}`
}

/** Where the server of these data listens, if it has a socket and is up as far as its pid file knows. */
export async function runningUrl(data: string): Promise<string | null> {
  const found = await readPidFile(data)
  return found?.ready && found.socketFolder !== '' ? socketUrl(found) : null
}

/** A bare environment: PGPORT and its like must not reach the server; macOS needs LC_ALL to start it. */
function spawnOptions(account: Account) {
  const bare = { LC_ALL: 'C', PATH: '/usr/bin:/bin' }
  return { ...account, cwd: '/', ...(process.platform === 'win32' ? {} : { env: bare }) }
}

const pidFile = (data: string) => join(data, 'postmaster.pid')
const passwordFile = (home: PostgresHome) => join(home.folder, 'password')
