import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Ending, Voice } from './verb.ts'

const script = join(import.meta.dirname, '../../../../test/bench/deliveries.ts')

/** Measures delivering on this machine (delivery.md, speed). The bench lies beside the packages, in the repository. */
export async function bench(voice: Voice, options: { long?: boolean }): Promise<Ending> {
  if (!existsSync(script))
    return {
      ok: false,
      problem: 'the bench is not part of this installation.',
      next: 'Clone the repository, and run it there: npm ci && npm run bench',
    }
  const flags = [options.long ? '--long' : '', voice.json ? '--json' : ''].filter(flag => flag !== '')
  const child = spawn(process.execPath, [script, ...flags], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  if (code === 0) return { ok: true }
  return {
    ok: false,
    problem: `the bench ended with ${code ?? 'a signal'}.`,
    next: 'Its last lines say why. Nothing it made is left behind.',
  }
}
