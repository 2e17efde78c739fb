import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findPostgresBinaries } from './embedded/binaries.ts'
import { preparePostgresHome, serverAccount } from './embedded/home.ts'
import { bringUp, type Installation } from './embedded/postmaster.ts'
import { notDurable, startTestServer } from './test-database.ts'

/** `fast` ends the sessions and writes a checkpoint; `immediate` is a crash, whose log the next start replays. */
export type StopMode = 'fast' | 'immediate'

/** A PostgreSQL that a test may stop and start as it likes: nobody revives it, and nobody else uses it. */
export type TestServer = {
  /** The same after every start. */
  databaseUrl: string
  /** Resolves when it is gone. */
  stop(mode: StopMode): Promise<void>
  /** Resolves when it takes connections. */
  start(): Promise<void>
  /** What its log says of processes of its own that crashed, since it was started last. */
  crashes(): Promise<string[]>
}

/** What pg_ctl would send for each. */
const signals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const
/** A fast stop writes what is dirty; the tests have megabytes of it. */
const stopWithinMs = 60_000

/** Starts one, in a folder that goes with this process. */
export function startServer(): Promise<TestServer> {
  return startTestServer(async dataDir => {
    const account = await serverAccount()
    const home = await preparePostgresHome(dataDir, account)
    const binaries = await findPostgresBinaries(home.folder, account)
    const installation: Installation = { home, binaries, account, listenOn: 'socket', settings: notDurable }
    const { url } = await bringUp(installation)
    return {
      databaseUrl: url,
      stop: mode => stop(join(home.data, 'postmaster.pid'), mode),
      start: async () => void (await bringUp(installation)),
      crashes: async () => (await readFile(home.log, 'utf8')).match(/.*terminated by signal 11.*/g) ?? [],
    }
  })
}

async function stop(pidFile: string, mode: StopMode): Promise<void> {
  const pid = Number((await readFile(pidFile, 'utf8')).split('\n')[0])
  process.kill(pid, signals[mode])
  for (let waited = 0; existsSync(pidFile); waited += 10) {
    if (waited > stopWithinMs) throw new Error(`PostgreSQL did not stop (${mode})`)
    await sleep(10)
  }
}
