/**
 * The composition root: opens what the settings ask for, hands each room the values it needs, and closes everything in
 * reverse. No other file wires rooms together.
 */
// First, so that no other import loads Baileys before its guards stand.
import './engine/process-guards.ts'

import { createHash, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { builtDashboard } from '@waxwing/dashboard/build'
import { sealEvent } from '@waxwing/events/event-id'
import { startWhatsApp, type WhatsApp } from '@waxwing/simulator'
import type { Logger } from 'pino'
import { startApi } from './api/api.ts'
import type { GatewaySettings } from './api/settings.ts'
import { type BootstrapKey, ensureBootstrapKey } from './bootstrap-key.ts'
import { type Config, ensureEncryptionKeys } from './config.ts'
import { createFileFetcher } from './delivery/fetch-file.ts'
import { createGuard } from './delivery/guard.ts'
import { createSender } from './delivery/send.ts'
import { startDispatcher } from './dispatcher/dispatcher.ts'
import { startReplayer } from './dispatcher/replay.ts'
import { type Publish, startEngine } from './engine/engine.ts'
import { firstSignIn } from './first-sign-in.ts'
import { openMedia } from './media/open-media.ts'
import { createMetrics } from './metrics.ts'
import { createNews } from './news.ts'
import { createSandboxNetwork } from './sandbox.ts'
import { startEmbeddedPostgres } from './store/embedded-postgres.ts'
import { openStore, type Store } from './store/store.ts'
import type { Lane } from './stream/lane.ts'
import { createMemoryCommands } from './stream/memory-commands.ts'
import { createMemoryFeed } from './stream/memory-feed.ts'
import { createMemoryLane } from './stream/memory-lane.ts'
import { createTracing, type Tracing } from './tracing.ts'
import { version } from './version.ts'

/** A running gateway. */
export type App = {
  /** Where the API listens. */
  url: string
  /** A key with full rights for the first profile. */
  bootstrap: BootstrapKey
  /** Signs the owner in, once; null when a password is set, and with AUTH_MODE=supabase. */
  signInUrl: string | null
  /** The simulated network beside the real one, if it runs. */
  simulator: WhatsApp | null
  /** Stops taking work, finishes what is in flight, closes everything. Never rejects half-way: every room is asked to stop. */
  stop(): Promise<void>
}

/** Attempts at once in one process. At 250 ms an attempt this is 1,000 deliveries a second (research: Little's law). */
const slots = 256
/** An endpoint's share of them, and how much may wait for it in memory before the database keeps the rest. */
const perEndpoint = 10
const backlog = 2_000
/** Announcements that wait for the dispatcher; what does not fit is found by the due-scan. */
const laneLimit = 10_000
/** How late a retry that this process does not know of may be noticed. */
const scanMs = 1_000

/** Starts every role in this process. Rejects, with everything closed again, when one of them cannot start. */
export async function startApp(config: Config, log: Logger): Promise<App> {
  const opened = closeInReverse(log)
  try {
    return await openRooms(config, log, opened)
  } catch (error) {
    await opened.close()
    throw error
  }
}

async function openRooms(config: Config, log: Logger, opened: Opened): Promise<App> {
  const keys = ensureEncryptionKeys(config)
  const databaseUrl = config.databaseUrl ?? (await openEmbeddedPostgres(config, log, opened))
  const tracing = createTracing({ version })
  const feed = createMemoryFeed({ log })
  opened.push('feed', () => feed.close())
  const news = createNews(feed)
  const lane = createMemoryLane({ limit: laneLimit })
  const store = await openStore({
    databaseUrl,
    witness: news,
    onOrdered: lane.nudge,
    traceCommit: tracing?.committing,
    ...keys,
    log,
    leaseMs: config.deliveryLeaseMs,
    retention: { eventsDays: config.retentionEventsDays, deliveriesDays: config.retentionDeliveriesDays },
  })
  opened.push('store', () => store.close())
  // The embedded server lets one gateway in (the lock of its folder), and that is us: whoever held a session is dead.
  if (config.databaseUrl === null) await store.leases.endAll()
  const profile = await store.profiles.first()
  const bootstrap = await ensureBootstrapKey(store, {
    profileId: profile.id,
    given: config.apiKey,
    dataDir: config.dataDir,
  })

  const simulator = config.sandbox ? await startSandbox(profile.id) : null
  if (simulator) opened.push('sandbox', () => simulator.stop())

  const listening = Promise.withResolvers<string>()
  const media = await openMedia({
    rows: store.media,
    folder: join(config.dataDir, 'media'),
    bucket: config.mediaBucket,
    keys,
    base: config.publicUrl ? Promise.resolve(config.publicUrl) : listening.promise,
    keptDays: config.retentionEventsDays,
    log: log.child({ room: 'media' }),
  })
  opened.push('media', () => media.stop())

  const commands = createMemoryCommands({ log })
  opened.push('stream', () => lane.close())
  const guard = createGuard({ allow: config.webhookNetworks, allowLoopback: config.webhookAllowLoopback })
  const sender = createSender({
    timeoutMs: config.webhookTimeoutMs,
    guard,
    userAgent: `Waxwing/${version}`,
    // Who has a slot need not wait for a connection: hanging webhooks of one host would keep its others waiting.
    maxConnections: slots,
    log: log.child({ room: 'delivery' }),
  })
  opened.push('sender', () => sender.close())
  const files = createFileFetcher({ guard, userAgent: `Waxwing/${version}` })
  opened.push('files', () => files.close())

  const metrics = createMetrics({
    version,
    watched: () => ({
      backlog: store.backlog,
      store: store.stats,
      lane: lane.stats,
      dispatcher: dispatcher.stats,
      sessions: engine.sessions,
    }),
  })
  const publish = publisher(store, lane, tracing)
  const dispatcher = startDispatcher({
    lane,
    deliveries: store.deliveries,
    webhooks: store.webhooks,
    webhookHealth: store.webhookHealth,
    publish,
    sender,
    trace: tracing?.attempting,
    onAttempt: metrics.attempted,
    onRecorded: news.recorded,
    log: log.child({ room: 'dispatcher' }),
    options: { slots, perEndpoint, backlog, leaseMs: config.deliveryLeaseMs, scanMs },
  })
  opened.push('dispatcher', () => dispatcher.stop())
  const replayer = startReplayer({
    replays: store.replays,
    pollMs: scanMs,
    log: log.child({ room: 'dispatcher' }),
  })
  opened.push('replays', () => replayer.stop())

  const engine = await startEngine({
    // A container may restart with the same host name and pid: only the random part tells the two lives apart.
    engineId: `${hostname()}:${process.pid}:${randomUUID()}`,
    store,
    commands,
    publish,
    trace: tracing?.captured,
    media: { keeper: media, options: { maxBytes: config.mediaMaxBytes } },
    networks: {
      whatsapp: config.whatsapp ?? {},
      sandbox: simulator && { url: simulator.url, rootKey: simulator.rootKey },
    },
    log: log.child({ room: 'engine' }),
  })
  opened.push('engine', () => engine.stop())

  const api = await startApi({
    store,
    commands,
    lane,
    feed,
    sender,
    guard,
    dashboard: () => builtDashboard({ cacheDir: config.dataDir }),
    metrics: metrics.scrape,
    media,
    outgoing: { media, files, maxFileBytes: config.mediaMaxBytes },
    log: log.child({ room: 'api' }),
    host: config.host,
    port: config.port,
    publicUrl: config.publicUrl,
    supabaseUrl: config.authMode === 'supabase' ? config.supabaseUrl : null,
    version,
    networks: { sandbox: simulator !== null },
    sandbox: simulator && createSandboxNetwork(simulator),
    settings: settingsOf(config),
    maxPayloadBytes: config.maxPayloadBytes,
    rateLimit: config.apiRateLimit,
  })
  opened.push('api', () => api.stop())
  const base = config.publicUrl ?? api.url
  listening.resolve(base)
  const signInUrl =
    config.authMode === 'local' ? await firstSignIn(store, { profileId: profile.id, base }) : null
  return { url: api.url, bootstrap, signInUrl, simulator, stop: opened.close }
}

/** What people may know of the configuration. */
function settingsOf(config: Config): GatewaySettings {
  const { webhookNetworks, webhookAllowLoopback, webhookTimeoutMs, maxPayloadBytes } = config
  const networks = typeof webhookNetworks === 'string' ? [webhookNetworks] : ['public', ...webhookNetworks]
  return {
    database: config.databaseUrl === null ? 'embedded' : 'postgres',
    fast_lane: 'memory',
    retention: { events_days: config.retentionEventsDays, deliveries_days: config.retentionDeliveriesDays },
    webhooks: {
      allowed_networks: webhookAllowLoopback ? [...networks, 'loopback'] : networks,
      timeout_ms: webhookTimeoutMs,
      max_payload_bytes: maxPayloadBytes,
    },
  }
}

async function openEmbeddedPostgres(config: Config, log: Logger, opened: Opened): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, log })
  opened.push('postgres', () => postgres.stop())
  return postgres.databaseUrl
}

/**
 * The simulated network forgets its devices when it stops. The seed gives the same contacts and root key to every start of
 * this installation, and unknown devices are adopted, so that sandbox sessions stay linked over a restart.
 */
function startSandbox(profileId: string): Promise<WhatsApp> {
  const rootSeed = createHash('sha256').update('waxwing sandbox').update(profileId).digest('hex')
  return startWhatsApp({ rootSeed, adoptUnknownDevices: true })
}

/** Hops 2 and 3 of the river: commit the events with their deliveries, then say what is due. */
function publisher(store: Store, lane: Lane, tracing: Tracing | null): Publish {
  return async (drafts, told) => {
    tracing?.told(drafts)
    lane.announce(await store.events.commit(drafts.map(sealEvent), told))
  }
}

type Opened = { push(name: string, close: () => Promise<void>): void; close(): Promise<void> }

function closeInReverse(log: Logger): Opened {
  const closers: { name: string; close: () => Promise<void> }[] = []
  return {
    push: (name, close) => closers.push({ name, close }),
    close: async () => {
      for (let next = closers.pop(); next; next = closers.pop()) {
        await next
          .close()
          .catch(error => log.error({ err: error, closing: next.name }, 'could not close cleanly'))
      }
    },
  }
}
