import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, isLoopback } from '../config.ts'
import { type Flags, inFlags } from './in-flags.ts'
import { configOf, type Ending } from './verb.ts'

/** Where the gateway is and with which key; what is left out comes from the environment, as for `start`. */
export type GatewayOptions = { url?: string; key?: string }

// biome-ignore lint/suspicious/noExplicitAny: answers are read by name, and the API's own tests are about their shape
export type Json = any

export type Gateway = {
  url: string
  /** One call, path below /api/v1. Throws a Refused, in the words of `flags`. */
  call(method: 'GET' | 'POST', path: string, body?: object, flags?: Flags): Promise<Json>
  /** A GET whose answer goes on. `at`: the gateway's clock when it began. Throws a Refused. */
  open(
    path: string,
    options: { headers?: Record<string, string>; signal: AbortSignal },
  ): Promise<{ at: Date; text: AsyncIterable<string> }>
}

/** The gateway said no, or nobody answered. `status` null: nobody did. */
export class Refused extends Error {
  override name = 'Refused'
  readonly status: number | null
  readonly ending: Ending & { ok: false }
  constructor(status: number | null, problem: string, next: string) {
    super(problem)
    this.status = status
    this.ending = { ok: false, problem, next }
  }
}

/** Longer than any answer of the API takes by itself. */
const ANSWER_WITHIN_MS = 60_000

/** Runs the work of a verb with a gateway that runs elsewhere; what it refuses is how the verb ends. */
export async function withGateway(
  options: GatewayOptions,
  work: (gateway: Gateway) => Promise<Ending>,
): Promise<Ending> {
  const loaded = configOf()
  if (!loaded.ok) return loaded.ending
  const key = options.key ?? keyOf(loaded.config)
  if (key === null)
    return {
      ok: false,
      problem: `there is no API key: neither --key nor API_KEY is given, and ${keptIn(loaded.config)} cannot be read.`,
      next: 'Set DATA_DIR to the folder of the running gateway, or pass a key with --key.',
    }
  const url = (options.url ?? urlOf(loaded.config)).replace(/\/+$/, '')
  try {
    return await work({
      url,
      call: (method, path, body, flags) => call({ url, key, method, path, body, flags }),
      open: (path, options) => open({ url, key, path, ...options }),
    })
  } catch (error) {
    if (error instanceof Refused) return error.ending
    throw error
  }
}

const keptIn = ({ dataDir }: Config) => join(dataDir, 'api-key')

function keyOf(config: Config): string | null {
  if (config.apiKey !== null) return config.apiKey
  try {
    return readFileSync(keptIn(config), 'utf8').trim() || null
  } catch {
    return null
  }
}

/** On this machine a gateway that listens everywhere is on loopback too. */
function urlOf({ publicUrl, host, port }: Config): string {
  if (publicUrl !== null) return publicUrl
  const everywhere = host === '::' || host === '0.0.0.0' || isLoopback(host)
  if (everywhere) return `http://127.0.0.1:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

type Request = { url: string; key: string; method: string; path: string; flags?: Flags | undefined }

async function call({ body, ...a }: Request & { body: object | undefined }): Promise<Json> {
  const response = await ask(a, {
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  })
  return response.json().catch(() => null)
}

async function open({
  headers = {},
  signal,
  ...a
}: Omit<Request, 'method'> & { headers?: Record<string, string>; signal: AbortSignal }) {
  const response = await ask({ ...a, method: 'GET' }, { headers, signal })
  const body = response.body ?? new ReadableStream<Uint8Array<ArrayBuffer>>()
  const at = new Date(response.headers.get('date') ?? Date.now())
  return { at, text: body.pipeThrough(new TextDecoderStream()) }
}

/** An answer that is none of refusal. */
async function ask(a: Request, { headers, ...init }: RequestInit & { headers: Record<string, string> }) {
  const response = await fetch(`${a.url}/api/v1${a.path}`, {
    ...init,
    method: a.method,
    headers: { authorization: `Bearer ${a.key}`, ...headers },
  }).catch(() => {
    throw new Refused(
      null,
      `no gateway answers at ${a.url}.`,
      'Start it with "npx waxwing start", or say where it is with --url or PORT.',
    )
  })
  if (response.ok) return response
  const answer: Json = await response.json().catch(() => null)
  const {
    problem = `${a.url} answered ${response.status} to ${a.method} ${a.path}.`,
    next = 'Check that a Waxwing gateway is at that address.',
  } = inFlags(answer ?? {}, a.flags ?? {})
  throw new Refused(response.status, problem, next)
}
