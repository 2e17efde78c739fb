/** The processes of a bench: one that answers orders over IPC, and one that runs to its end and prints JSON. */
import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Arrivals } from './receiver-process.ts'
import type { Load, Order, Use } from './river-process.ts'

const here = (file: string) => join(import.meta.dirname, file)

export type Receiver = { url: string; report(): Promise<Arrivals>; stop(): void }

export async function startReceiver(): Promise<Receiver> {
  const child = fork(here('receiver-process.ts'))
  const url = await answer<string>(child)
  return { url, report: () => ask(child, 'report'), stop: () => void child.kill() }
}

export type RiverProcess = {
  load(rate: number, seconds: number): Promise<Load>
  use(): Promise<Use>
  stop(): Promise<void>
}

export async function startRiver(a: {
  databaseUrl: string
  receiver: string
  webhooks: number
  hanging: number
}): Promise<RiverProcess> {
  const child = fork(here('river-process.ts'), [
    a.databaseUrl,
    a.receiver,
    String(a.webhooks),
    String(a.hanging),
  ])
  await answer(child)
  return {
    load: (rate, seconds) => ask(child, { do: 'load', rate, seconds } satisfies Order),
    use: () => ask(child, { do: 'use' } satisfies Order),
    async stop() {
      child.send({ do: 'stop' } satisfies Order)
      await once(child, 'exit')
    },
  }
}

/** Runs a script with `--name value` options and reads the JSON it prints. */
export async function run<T>(file: string, options: Record<string, string>): Promise<T> {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  const { stdout } = await promisify(execFile)(process.execPath, [here(file), ...args])
  return JSON.parse(stdout)
}

function ask<T>(child: ChildProcess, order: Order | 'report'): Promise<T> {
  const reply = answer<T>(child)
  child.send(order)
  return reply
}

/** Rejects when the process ends instead. */
async function answer<T>(child: ChildProcess): Promise<T> {
  const gone = new AbortController()
  const ended = once(child, 'exit', { signal: gone.signal }).then(([code]) => {
    throw new Error(`a process of the bench ended with ${code}`)
  })
  ended.catch(() => undefined)
  const [message] = await Promise.race([once(child, 'message'), ended])
  gone.abort()
  return message as T
}
