import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const command = join(import.meta.dirname, '../../packages/gateway/bin/waxwing.js')

/** A gateway in a process of its own, exactly as `npm start` runs it, on an embedded Postgres in a folder of its own. */
export type Gateway = {
  url: string
  apiKey: string
  /** The link that was printed: signs in whoever opens it first. */
  signInUrl: string | null
  pid: number
  /** From spawning the process to its printed address. */
  startMs: number
  /** One API call: `api('POST', '/sessions', {...})`; the body is parsed JSON, or text. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely; the API's own tests check their shapes
  api(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>
  /** SIGTERM, and wait: resolves with the exit code. */
  stop(): Promise<number | null>
  /** SIGKILL, and wait. */
  kill(): Promise<void>
  /** The last lines of its log, for a failing test's message. */
  log(): string
}

export type GatewaySettings = {
  dataDir: string
  env?: Record<string, string>
  /** Hears of the process before it has printed its address: for whoever wants to kill it that early. */
  onSpawn?: (child: ChildProcess) => void
}

/** A folder for a gateway's data, gone after the test. The embedded server may run as another user, who must be able to enter. */
export async function dataFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'waxwing-e2e-'))
  await chmod(path, 0o755)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

/** Starts a gateway and waits until it has printed its address. */
export async function startGateway({ dataDir, env = {}, onSpawn }: GatewaySettings): Promise<Gateway> {
  const port = await freePort()
  const spawned = performance.now()
  const child = spawn(process.execPath, [command, 'start', '--json'], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: String(port),
      DATA_DIR: dataDir,
      SANDBOX: 'false',
      LOG_FORMAT: 'json',
      LOG_LEVEL: 'info',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onSpawn?.(child)
  const lines: string[] = []
  const started = await firstAnnouncement(child, lines)
  const startMs = Math.round(performance.now() - spawned)
  const exited = once(child, 'exit')
  const api: Gateway['api'] = async (method, path, body) => {
    const response = await fetch(`${started.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${started.api_key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    return { status: response.status, body: isJson && text ? JSON.parse(text) : text }
  }
  return {
    url: started.url,
    apiKey: started.api_key,
    signInUrl: started.sign_in_url,
    pid: child.pid ?? 0,
    startMs,
    api,
    stop: () => {
      child.kill('SIGTERM')
      return exited.then(([code]) => code)
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
    log: () => lines.slice(-40).join('\n'),
  }
}

function firstAnnouncement(
  child: ChildProcess,
  lines: string[],
): Promise<{ url: string; api_key: string; sign_in_url: string | null }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no address after 60 s:\n${lines.join('\n')}`)), 60_000)
    child.once('exit', code => reject(new Error(`the gateway ended with ${code}:\n${lines.join('\n')}`)))
    const read = (line: string) => {
      lines.push(line)
      if (lines.length > 400) lines.shift()
      if (!line.includes('"api_key"')) return
      clearTimeout(timer)
      resolve(JSON.parse(line))
    }
    for (const stream of [child.stdout, child.stderr])
      if (stream) createInterface({ input: stream }).on('line', read)
  })
}
