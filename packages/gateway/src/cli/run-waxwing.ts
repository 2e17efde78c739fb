/** For the tests of the verbs: the program as a shell would run it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

const command = join(import.meta.dirname, '../../bin/waxwing.js')
/** No verb takes this long on the slowest machine seen; then it is killed, and the test sees a signal instead of a code. */
const LIMIT_MS = 120_000

export type Outcome = {
  code: number | null
  stdout: string
  stderr: string
  records: Record<string, unknown>[]
}

/** Starts the program with nothing in its environment but what is given. */
export function spawnWaxwing(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [command, ...args], { env, stdio: 'pipe', timeout: LIMIT_MS })
  const exited = once(child, 'exit')
  const texts = Promise.all([text(child.stdout), text(child.stderr)])
  const lines = createInterface({ input: child.stdout })
  return {
    child,
    lines,
    /** The first line of its output, or nothing when it ended without one. */
    firstLine: () =>
      Promise.race([once(lines, 'line'), once(lines, 'close')]).then(([line]) => String(line ?? '')),
    async end(): Promise<Outcome> {
      const [stdout, stderr] = await texts
      const [code] = await exited
      return { code, stdout, stderr, records: args.includes('--json') ? recordsOf(stdout) : [] }
    },
  }
}

/** Runs the program to its end, with an empty standard input. */
export function waxwing(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const running = spawnWaxwing(args, env)
  running.child.stdin.end()
  return running.end()
}

function recordsOf(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}
