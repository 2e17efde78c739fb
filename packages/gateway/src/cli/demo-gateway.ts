import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WhatsApp } from '@waxwing/simulator'
import { startApp } from '../app.ts'
import { loadConfig } from '../config.ts'
import { createLog } from '../log.ts'
import { Stopped } from './demo-steps.ts'

/** A gateway for a few seconds: its own folder, its own database, a free port on loopback, and the simulated network. */
export type DemoGateway = {
  url: string
  network: WhatsApp
  /** One API call with the gateway's key; the parsed answer, or `Stopped` with the problem's detail. */
  call(method: string, path: string, body?: object): Promise<Record<string, unknown>>
  /** Asks for `path` until the answer satisfies, for at most 30 s. */
  until<T>(path: string, found: (answer: Record<string, unknown>) => T | null): Promise<T>
  /** Stops the gateway and its database and removes the folder. */
  stop(): Promise<void>
}

/** Nothing of the caller's environment is read: the demo must not touch anybody's database. */
export async function startDemoGateway({ verbose }: { verbose: boolean }): Promise<DemoGateway> {
  const dataDir = await mkdtemp(join(tmpdir(), 'waxwing-demo-'))
  // As root the database server runs as another user, who has to get in.
  await chmod(dataDir, 0o755)
  const remove = () => rm(dataDir, { recursive: true, force: true })
  const loaded = loadConfig({ DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: verbose ? 'debug' : 'silent' })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const app = await startApp(loaded.config, createLog(loaded.config)).catch(async error => {
    await remove()
    throw error
  })
  const network = app.simulator
  if (network === null) throw new Error('the demo needs the sandbox, and its config asks for it')
  const ask = askerOf(app.url, app.bootstrap.key)
  return {
    url: app.url,
    network,
    async call(method, path, body) {
      const { ok, answer } = await ask(method, path, body)
      if (!ok) throw new Stopped(`${method} ${path} was refused: ${answer.detail ?? JSON.stringify(answer)}`)
      return answer
    },
    async until(path, found) {
      for (let i = 0; i < 600; i++) {
        const { ok, answer } = await ask('GET', path)
        const result = ok ? found(answer) : null
        if (result !== null) return result
        await sleep(50)
      }
      throw new Stopped(`GET ${path} did not become what it should within 30 s.`)
    },
    async stop() {
      await app.stop()
      await remove()
    },
  }
}

function askerOf(url: string, apiKey: string) {
  return async (method: string, path: string, body?: object) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    return { ok: response.ok, answer: (await response.json()) as Record<string, unknown> }
  }
}
