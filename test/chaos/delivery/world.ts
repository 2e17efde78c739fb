import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { type Phone, startWhatsApp, type WhatsApp } from '@waxwing/simulator'
import pg from 'pg'
import { type StopMode, startServer } from '../../../packages/gateway/src/store/test-server.ts'
import { dataFolder, type Gateway, startGateway } from '../../e2e/gateway.ts'
import { connected, eventually, linkByQr } from '../../e2e/journey.ts'
import { createChance } from '../chance.ts'
import { type Endpoint, startEndpoint, type Temper } from './endpoint.ts'

/** One life of the gateway, ms since the epoch. */
export type Life = { from: number; killedAt: number | null }
/** A time without a database. */
export type Outage = { from: number; to: number; mode: StopMode }
export type Hook = { id: string; endpoint: Endpoint; subscribed: readonly string[] }

/**
 * A whole gateway in a process of its own, as `waxwing start` runs it; a PostgreSQL that only it uses; and in this process
 * the simulated WhatsApp and the receivers of all webhooks.
 */
export type World = {
  whatsapp: WhatsApp
  phone: Phone
  hooks: readonly Hook[]
  lives: readonly Life[]
  outages: readonly Outage[]
  /** What PostgreSQL says of its own crashes, which nobody ordered. */
  crashes: readonly string[]
  /** Those since the last stop; its log begins anew with every start. */
  noteCrashes(): Promise<void>
  sql<Row extends object>(text: string): Promise<Row[]>
  /** SIGKILL, at whatever point of its life the process is. Resolves when it is gone. */
  kill(): Promise<void>
  /** Spawns the next gateway. `ready` resolves when its session is connected; nobody has to wait for it. */
  boot(): { ready: Promise<void> }
  stopDatabase(mode: StopMode): Promise<void>
  startDatabase(): Promise<void>
  /** Ends the holds on endpoints that failed, as an operator would. */
  enableAll(): Promise<void>
  end(): Promise<void>
}

/** Of an attempt. The lease is three times that and a second. Receivers on a busy machine need some of it. */
const attemptMs = 2_000

const all: readonly string[] = ['messages.received']
const endpoints: readonly { temper: Temper; count: number; subscribed: readonly string[] }[] = [
  { temper: 'steady', count: 3, subscribed: all },
  // Hears what is told about the others too.
  { temper: 'steady', count: 1, subscribed: ['*'] },
  { temper: 'moody', count: 4, subscribed: all },
  { temper: 'wavering', count: 3, subscribed: all },
  { temper: 'denying', count: 1, subscribed: ['messages.*'] },
  // Wants nothing of what comes.
  { temper: 'steady', count: 1, subscribed: ['call'] },
]

export async function startWorld({ seed, logFile }: { seed: string; logFile?: string }): Promise<World> {
  const folder = await dataFolder()
  const server = await startServer()
  const whatsapp: WhatsApp = await startWhatsApp({ rootSeed: seed })
  const env = {
    DATABASE_URL: server.databaseUrl,
    ENCRYPTION_KEY: Buffer.alloc(32, 11).toString('base64'),
    WHATSAPP_URL: whatsapp.url,
    WHATSAPP_ROOT_KEY: whatsapp.rootKey,
    WEBHOOK_ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8',
    WEBHOOK_TIMEOUT_MS: String(attemptMs),
    LOG_LEVEL: logFile === undefined ? 'error' : 'info',
  }
  const lives: Life[] = []
  const outages: Outage[] = []
  const crashes: string[] = []
  let spawned = Promise.withResolvers<ChildProcess>()
  let gateway = await launch()
  const hooks = await subscribe(gateway, seed)
  const phone = whatsapp.phone({ number: '15550100', name: 'Owner' })
  const sessionId = await linkByQr(gateway, phone)

  function launch(): Promise<Gateway> {
    return startGateway({ dataDir: folder.path, env, onSpawn })
  }

  function onSpawn(child: ChildProcess): void {
    lives.push({ from: Date.now(), killedAt: null })
    if (logFile !== undefined) child.stderr?.on('data', text => appendFileSync(logFile, text))
    spawned.resolve(child)
  }

  async function signal(name: NodeJS.Signals): Promise<void> {
    const child = await spawned.promise
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(name)
    await gone
  }

  async function noteCrashes(): Promise<void> {
    crashes.push(...(await server.crashes()))
  }

  async function sql<Row extends object>(text: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: server.databaseUrl })
    await client.connect()
    return (await client.query<Row>(text).finally(() => client.end())).rows
  }

  return {
    whatsapp,
    phone,
    hooks,
    lives,
    outages,
    crashes,
    noteCrashes,
    sql,
    async kill() {
      await signal('SIGKILL')
      const life = lives.at(-1)
      if (life) life.killedAt = Date.now()
    },
    boot() {
      spawned = Promise.withResolvers<ChildProcess>()
      const ready = endLeasesOfTheDead(sql)
        .then(launch)
        .then(async started => {
          gateway = started
          await connected(gateway, sessionId)
        })
      ready.catch(() => {}) // killed while it started: whoever waits for it still hears
      return { ready }
    },
    async stopDatabase(mode) {
      outages.push({ from: Date.now(), to: Number.POSITIVE_INFINITY, mode })
      await noteCrashes()
      await server.stop(mode)
    },
    async startDatabase() {
      await server.start()
      const outage = outages.at(-1)
      if (outage) outage.to = Date.now()
    },
    async enableAll() {
      for (const { id } of hooks) {
        const { status } = await gateway.api('POST', `/webhooks/${id}/enable`)
        if (status !== 200) throw new Error(`enabling a webhook was answered with ${status}`)
      }
    },
    async end() {
      await signal('SIGTERM')
      for (const { endpoint } of hooks) await endpoint.stop()
      await whatsapp.stop()
      await server.stop('immediate')
      await folder.remove()
    },
  }
}

async function subscribe(gateway: Gateway, seed: string): Promise<Hook[]> {
  const hooks: Hook[] = []
  for (const { temper, count, subscribed } of endpoints) {
    for (let i = 0; i < count; i++) {
      const name = `${temper} ${hooks.length}`
      const endpoint = await startEndpoint(name, temper, createChance(`${seed}, ${name}`))
      const webhook = { name, webhook_url: endpoint.url, subscribed_events: subscribed }
      const { body } = await gateway.api('POST', '/webhooks', webhook)
      endpoint.secret = body.secret
      hooks.push({ id: body.id, endpoint, subscribed })
    }
  }
  return hooks
}

/**
 * Nobody could know that the holder of a session is dead, so the next gateway would wait until its lease runs out, up to
 * 30 s; the test did the killing, and saves that time. Of deliveries it touches nothing: their leases run out by themselves.
 */
async function endLeasesOfTheDead(sql: World['sql']): Promise<void> {
  await eventually('the last statement of the dead process', async () => {
    const others = await sql(`select from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`)
    return others.length === 0
  })
  await sql('update session_leases set expires_at = now()')
}
