/** For the tests of this room: the API on a real socket, with a real store, real commands and a small engine. */
import { randomBytes } from 'node:crypto'
import { builtDashboard } from '@waxwing/dashboard/build'
import type { WhatsApp } from '@waxwing/simulator'
import { pino } from 'pino'
import { createGuard } from '../delivery/guard.ts'
import { createSender } from '../delivery/send.ts'
import { createNews } from '../news.ts'
import { createSandboxNetwork } from '../sandbox.ts'
import { openDatabase } from '../store/database.ts'
import { openStore, type Store } from '../store/store.ts'
import { testDatabase } from '../store/test-database.ts'
import type { CommandHandlers } from '../stream/commands.ts'
import type { Feed } from '../stream/feed.ts'
import type { Announcement } from '../stream/lane.ts'
import { createMemoryCommands } from '../stream/memory-commands.ts'
import { createMemoryFeed } from '../stream/memory-feed.ts'
import { createMemoryLane } from '../stream/memory-lane.ts'
import { type ApiDeps, startApi } from './api.ts'
import type { MediaLinks } from './media.ts'
import type { OutgoingFileDeps } from './outgoing-file.ts'
import { assertDocumented } from './problem-checks.ts'

export type Answer = {
  status: number
  headers: Headers
  text: string
  /** The JSON body, or null when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it by name, and the schemas of the routes are what they test
  json: any
}

export type Call = {
  key?: string | null
  body?: unknown
  raw?: string | Uint8Array
  headers?: Record<string, string>
}

export type TestApi = {
  url: string
  store: Store
  /** Two profiles that must never see each other. */
  alice: { profileId: string; key: string }
  bob: { profileId: string; key: string }
  /** Calls as Alice unless `key` says otherwise (null: no key). */
  call(route: `${string} /${string}`, call?: Call): Promise<Answer>
  /** Replaces handlers of the engine; the rest go on answering that all went well. */
  engine(handlers: Partial<CommandHandlers>): void
  /** Commands the engine has heard, newest last. */
  heard: { name: string; args: object }[]
  announced: Announcement[]
  feed: Feed
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  /** Stops only the API. Repeating is harmless. */
  stopApi(): Promise<void>
  /** Stops everything, after asserting that every refusal given was announced by the document. */
  stop(): Promise<void>
}

/** `sandbox` and `engine` false: a gateway without them. `reach`: another way to the database, for a test that cuts it. */
export async function startTestApi({
  sandbox = true,
  engine = true,
  publicUrl = null as string | null,
  supabaseUrl = null as string | null,
  limits = {} as ApiDeps['limits'],
  rateLimit = 1_000_000,
  simulator = null as WhatsApp | null,
  media = noMedia,
  outgoing = noOutgoing,
  reach = async (databaseUrl: string) => databaseUrl,
} = {}): Promise<TestApi> {
  const database = await testDatabase()
  const log = pino({ level: 'silent' })
  const feed = createMemoryFeed({ log })
  const store = await openStore({
    witness: createNews(feed),
    databaseUrl: await reach(database.databaseUrl),
    encryptionKey: randomBytes(32),
    log,
    leaseMs: 60_000,
  })
  const direct = openDatabase({ databaseUrl: database.databaseUrl, poolSize: 1, log })
  const sql = (text: string, values: unknown[] = []) =>
    direct.query<Record<string, unknown>>({ text, values })

  const first = await store.profiles.first()
  const second = crypto.randomUUID()
  await sql('insert into profiles (id) values ($1)', [second])
  const alice = await ownerOf(store, first.id)
  const bob = await ownerOf(store, second)

  const heard: TestApi['heard'] = []
  const handlers = obedientEngine()
  const commands = createMemoryCommands()
  if (engine) commands.serve(listening(handlers, heard))

  const told: { route: string; code: string }[] = []
  const announced: Announcement[] = []
  const lane = createMemoryLane({ limit: 100 })
  lane.listen(items => announced.push(...items))
  const guard = createGuard({ allow: 'public', allowLoopback: true })
  const sender = createSender({ timeoutMs: 10_000, guard, userAgent: 'Waxwing/test' })
  const api = await startApi({
    store,
    commands,
    lane,
    feed,
    sender,
    guard,
    dashboard: builtDashboard,
    metrics: async () => 'test_metric 1\n',
    media,
    outgoing,
    log,
    host: '127.0.0.1',
    port: 0,
    publicUrl,
    supabaseUrl,
    version: '0.0.0-test',
    networks: { sandbox },
    sandbox: simulator && createSandboxNetwork(simulator),
    settings: {
      database: 'postgres',
      fast_lane: 'memory',
      retention: { events_days: 14, deliveries_days: 30 },
      webhooks: {
        allowed_networks: ['public', 'loopback'],
        timeout_ms: 10_000,
        max_payload_bytes: 1_048_576,
      },
    },
    maxPayloadBytes: 1_048_576,
    rateLimit,
    limits,
  })

  const { json: document } = await request(api.url, 'GET //openapi.json', {})
  let stopped: Promise<void> | null = null
  const stopApi = () => (stopped ??= api.stop())

  return {
    url: api.url,
    store,
    alice,
    bob,
    heard,
    announced,
    feed,
    sql,
    async call(route, call = {}) {
      const answer = await request(api.url, route, { key: alice.key, ...call })
      if (answer.status >= 400 && answer.json?.code) told.push({ route, code: answer.json.code })
      return answer
    },
    engine: replaced => Object.assign(handlers, replaced),
    stopApi,
    async stop() {
      await stopApi()
      await sender.close()
      await lane.close()
      await direct.close()
      await store.close()
      await database.drop()
      // Last, so that a failure leaves nothing running.
      assertDocumented(document, told)
    },
  }
}

/** Files are taken, and forgotten. */
const noOutgoing: OutgoingFileDeps = {
  media: { keep: async (_file, source) => void (await Array.fromAsync(source)) },
  files: { fetch: async () => ({ ok: false, reason: 'unreachable', detail: 'This test fetches nothing.' }) },
  maxFileBytes: 1_048_576,
}

/** Every link is forged. */
const noMedia: MediaLinks = { follow: async () => ({ kind: 'forged' }) }

async function ownerOf(store: Store, profileId: string) {
  const { key } = await store.apiKeys.create({ profileId, name: 'test' })
  return { profileId, key }
}

/** Says that all went well, without a network. */
function obedientEngine(): CommandHandlers {
  const status = (value: string) => async () => ({ ok: true as const, result: { status: value } })
  return {
    'session.connect': status('connecting'),
    'session.logout': status('logged_out'),
    'session.restart': status('connecting'),
    'session.remove': async () => ({ ok: true, result: {} }),
    'session.pairing-code': async () => ({
      ok: true,
      result: { code: 'ABCD-1234', expiresAt: '2030-01-01T00:00:00.000Z' },
    }),
    'session.apply-settings': async () => ({ ok: true, result: { appliedAt: '2030-01-01T00:00:00.000Z' } }),
    'session.figures': async () => ({ ok: true, result: { figures: null } }),
    'message.send': async ({ to }) => ({
      ok: true,
      result: { messageId: '3EB0', to: `jid of ${to}`, timestamp: '2030-01-01T00:00:00.000Z' },
    }),
  }
}

/** Looks each handler up when it is called, so that a test can replace it, and notes what was asked. */
function listening(handlers: CommandHandlers, heard: TestApi['heard']): CommandHandlers {
  return new Proxy(handlers, {
    get: (_target, name: keyof CommandHandlers) => (args: never) => {
      heard.push({ name, args })
      return handlers[name](args)
    },
  })
}

/** One request over the wire. `route` is `POST /sessions`, below /api/v1; a path that begins with `//` is below the root. */
async function request(url: string, route: string, { key, body, raw, headers = {} }: Call): Promise<Answer> {
  const [method = 'GET', path = '/'] = route.split(/ (.*)/s)
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const response = await fetch(url + (path.startsWith('//') ? path.slice(1) : `/api/v1${path}`), {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(20_000),
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: payload as RequestInit['body'],
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
