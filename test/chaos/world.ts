import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Phone, startWhatsApp, type WhatsApp } from '@waxwing/simulator'
import pg from 'pg'
import { testDatabase } from '../../packages/gateway/src/store/test-database.ts'
import { dataFolder, type Gateway, startGateway } from '../e2e/gateway.ts'
import { connected, linkByQr } from '../e2e/journey.ts'
import { type Received, startReceiver } from '../e2e/receiver.ts'
import { createWireLog, type WireLog } from './wire-log.ts'

/**
 * What outlives a killed gateway, all in this process but the database: the simulated WhatsApp, the receiver, PostgreSQL.
 * The gateway is a process of its own, whole, as `waxwing start` runs it.
 */
export type World = {
  whatsapp: WhatsApp
  phone: Phone
  wire: WireLog
  sessionId: string
  /** The gateway that runs now, or that ran last. */
  readonly gateway: Gateway
  /** Spawns a gateway. `ready` resolves when its session is connected; it rejects when the process ends first. */
  boot(): { ready: Promise<void> }
  /** SIGTERM, and wait. */
  stop(): Promise<void>
  /** SIGKILL at once, at whatever point of its life the process is. Resolves when it is gone. */
  kill(): Promise<void>
  /** See `expireLeases`. */
  expireLeases(): Promise<void>
  /** What the database holds that is not yet at the receiver. */
  unfinished(): Promise<{ inbox: number; deliveries: number }>
  end(): Promise<void>
}

const subscribedEvents = [
  'messages.received',
  'messages.update',
  'message-receipt.update',
  'call',
  'groups.update',
  'group-participants.update',
]
const encryptionKey = Buffer.alloc(32, 11).toString('base64')

export type WorldOptions = {
  seed: string
  /** Hears everything the receiver gets. */
  onRequest: (request: Received) => void
  /** Where the debug log of every gateway and the stanzas go, for whoever looks for the cause of a breach. */
  logFile?: string
}

/** A linked number and a webhook. */
export async function startWorld({ seed, onRequest, logFile }: WorldOptions): Promise<World> {
  const folder = await dataFolder()
  const database = await testDatabase()
  const sql = new pg.Client({ connectionString: database.databaseUrl })
  await sql.connect()
  const keep = (text: string) => void (logFile && appendFileSync(logFile, text))
  const wire = createWireLog(
    () => whatsapp.stanzas,
    logFile === undefined ? undefined : line => keep(`${line}\n`),
  )
  const whatsapp: WhatsApp = await startWhatsApp({ rootSeed: seed, log: wire.log })
  const receiver = await startReceiver()
  receiver.answer = request => {
    onRequest(request)
    receiver.requests.length = 0 // `onRequest` keeps what it needs; a long session must not grow here
    return 200
  }
  const env = {
    DATABASE_URL: database.databaseUrl,
    ENCRYPTION_KEY: encryptionKey,
    WHATSAPP_URL: whatsapp.url,
    WHATSAPP_ROOT_KEY: whatsapp.rootKey,
    WEBHOOK_ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8',
    LOG_LEVEL: logFile === undefined ? 'info' : 'debug',
  }
  let spawning = Promise.withResolvers<ChildProcess>()
  function launch(): Promise<Gateway> {
    spawning = Promise.withResolvers<ChildProcess>()
    return startGateway({ dataDir: folder.path, env, onSpawn })
  }

  function onSpawn(child: ChildProcess): void {
    child.stderr?.on('data', keep)
    spawning.resolve(child)
  }

  async function signal(name: NodeJS.Signals): Promise<void> {
    const child = await spawning.promise
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(name)
    await gone
  }

  let gateway = await launch()
  const webhook = { webhook_url: receiver.url, subscribed_events: subscribedEvents }
  receiver.secret = (await gateway.api('POST', '/webhooks', webhook)).body.secret
  const phone = whatsapp.phone({ number: '15550100', name: 'Owner' })
  const sessionId = await linkByQr(gateway, phone)

  return {
    whatsapp,
    phone,
    wire,
    sessionId,
    get gateway() {
      return gateway
    },
    boot() {
      const ready = launch().then(async started => {
        gateway = started
        await connected(gateway, sessionId)
      })
      ready.catch(() => {}) // killed while it started: whoever waits for it still hears
      return { ready }
    },
    stop: () => signal('SIGTERM'),
    kill: () => signal('SIGKILL'),
    expireLeases: () => expireLeases(sql),
    unfinished: () => unfinished(sql),
    async end() {
      await signal('SIGTERM')
      await receiver.stop()
      await whatsapp.stop()
      await sql.end()
      await database.drop()
      await folder.remove()
    },
  }
}

/**
 * Ends the leases of a killed gateway. Nobody could know that its holder is dead, so a new one waits until they run out,
 * up to 30 s; the test does know, for it did the killing, and saves that time. It does so after the last statement of the
 * dead process has ended: PostgreSQL finishes what was in flight.
 */
async function expireLeases(sql: pg.Client): Promise<void> {
  const others = `select count(*)::int as count from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`
  for (let i = 0; i < 200; i++) {
    const { rows } = await sql.query<{ count: number }>(others)
    if (rows[0]?.count === 0) break
    await sleep(25)
  }
  await sql.query('update session_leases set expires_at = now()')
  await sql.query(`update webhook_deliveries set next_attempt_at = now() where status = 'pending'`)
}

async function unfinished(sql: pg.Client): Promise<{ inbox: number; deliveries: number }> {
  const { rows } = await sql.query<{ inbox: number; deliveries: number }>(
    `select (select count(*)::int from inbox where published_at is null) as inbox,
      (select count(*)::int from webhook_deliveries where status = 'pending') as deliveries`,
  )
  return rows[0] ?? { inbox: 0, deliveries: 0 }
}
