import './process-guards.ts'

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { queueJob } from './signal-queue.ts'
import { socketContext } from './socket-context.ts'

/** Runs a module in a process of its own, for what must not happen in this one. */
function run(source: string): { code: number | null; output: string } {
  const setup = `
    const { guardProcess } = await import('./process-guards.ts')
    const { socketContext } = await import('./socket-context.ts')
    const pino = (await import('pino')).default
    const log = pino({ level: 'debug' }, pino.destination({ sync: true }))
  `
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', setup + source], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    timeout: 30_000,
  })
  return { code: child.status, output: child.stdout + child.stderr }
}

test('an error nobody catches is attributed to its session and leaves the process running', () => {
  const { code, output } = run(`
    const guard = guardProcess({ log, onCrash: id => process.stdout.write('crashed:' + id + '\\n') })
    const session = (sessionId, work) => socketContext.run({ sessionId, rootKey: null }, work)
    session('a', async () => { await 1; throw new Error('rejected') })
    session('b', () => setTimeout(() => { throw new Error('thrown') }, 5))
    setTimeout(() => Promise.reject(new Error('of nobody')), 10)
    setTimeout(() => { guard.stop(); process.stdout.write('alive\\n') }, 50)
  `)
  assert.equal(code, 0, output)
  for (const line of ['crashed:a', 'crashed:b', 'crashed:null', 'alive'])
    assert.match(output, new RegExp(line))
})

test('libsignal prints nothing, whatever it holds; our own code still prints', () => {
  const { output } = run(`
    const { createRequire } = await import('node:module')
    const SessionRecord = createRequire(process.cwd() + '/here.js')('libsignal/src/session_record.js')
    const record = new SessionRecord()
    const secret = Buffer.from('PRIVATE RATCHET KEY')
    record.closeSession({ indexInfo: { closed: -1 }, currentRatchet: { privKey: secret.toString() } })
    console.log('from the command line')
  `)
  assert.doesNotMatch(output, /PRIVATE|Closing session/)
  assert.match(output, /from the command line/)
})

test('a job of one socket neither waits for another socket nor runs in its context', async () => {
  const here = (sessionId: string) => ({ sessionId, rootKey: null })
  const never = new Promise<string | undefined>(() => {})
  void socketContext.run(here('stuck'), () => queueJob('contact.0', () => never))
  const contextOf = () => Promise.resolve(socketContext.getStore()?.sessionId)
  const answer = await socketContext.run(here('other'), () => queueJob('contact.0', contextOf))
  assert.equal(answer, 'other')
})

test('jobs of one socket for one contact run one after the other, also after one has failed', async () => {
  const order: string[] = []
  const job =
    (name: string, ms: number, fails = false) =>
    async () => {
      await new Promise(resolve => setTimeout(resolve, ms))
      order.push(name)
      if (fails) throw new Error(name)
    }
  await socketContext.run({ sessionId: 's', rootKey: null }, async () => {
    const slow = queueJob('contact.0', job('slow', 20, true))
    const fast = queueJob('contact.0', job('fast', 0))
    await assert.rejects(slow)
    await fast
  })
  assert.deepEqual(order, ['slow', 'fast'])
})
