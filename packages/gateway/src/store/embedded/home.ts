import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, chown, lstat, mkdir, realpath, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Account } from './binaries.ts'
import { EmbeddedPostgresError } from './error.ts'

const run = promisify(execFile)

/** The folders of one embedded server; all belong to the account it runs as. */
export type PostgresHome = {
  /** `<dataDir>/postgres`, also the place of a copy of the binaries. */
  folder: string
  /** The cluster itself. */
  data: string
  /** Where the Unix socket is. */
  sockets: string
  log: string
}

/** PostgreSQL refuses to run as root, so root lends it the account `nobody`. Null: our own account will do. */
export async function serverAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return null
  const id = async (flag: string) => Number((await run('id', [flag, 'nobody'])).stdout)
  return { uid: await id('-u'), gid: await id('-g') }
}

/** Makes the folders and makes sure the account can reach them. */
export async function preparePostgresHome(dataDir: string, account: Account): Promise<PostgresHome> {
  await mkdir(resolve(dataDir), { recursive: true })
  const root = await realpath(dataDir)
  const folder = join(root, 'postgres')
  await makeFolder(folder, account)
  if (account !== null) await makeReachable(root, folder, account)
  const sockets = socketFolder(folder, account)
  await makeFolder(sockets, account)
  return { folder, data: join(folder, 'data'), sockets, log: join(folder, 'server.log') }
}

/** Afterwards the folder is the account's and nobody else can enter it, also when somebody had made it before us. */
async function makeFolder(path: string, account: Account): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  if (!(await lstat(path)).isDirectory()) {
    throw new EmbeddedPostgresError(
      `${path} is a link; the embedded PostgreSQL needs a folder of its own there.`,
    )
  }
  if (account !== null) await chown(path, account.uid, account.gid)
  await chmod(path, 0o700)
}

/** Lets the account pass through the data folder itself, but never opens a folder above it. */
async function makeReachable(root: string, folder: string, account: Account): Promise<void> {
  const { mode } = await stat(root)
  if ((mode & 0o001) === 0) await chmod(root, (mode & 0o777) | 0o001)
  const entered = run('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...account, cwd: '/' })
  await entered.catch(() => {
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, and the account it gets instead, nobody, may not enter ${root}. ` +
        'Set DATA_DIR to another folder (for example /var/lib/waxwing), start Waxwing as an ordinary user, ' +
        'or set DATABASE_URL.',
    )
  })
}

/**
 * A socket's path holds at most 103 bytes on macOS (107 on Linux); a deep data folder gets a short one elsewhere. For
 * root that is a place where only root makes folders.
 */
function socketFolder(folder: string, account: Account): string {
  const beside = join(folder, 'run')
  if (Buffer.byteLength(join(beside, '.s.PGSQL.5432')) <= 103) return beside
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  return join(account === null ? tmpdir() : '/var/run', `waxwing-${name}`)
}
