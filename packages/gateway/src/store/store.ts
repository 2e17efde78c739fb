import type { Logger } from 'pino'
import { type Accounts, createAccounts } from './accounts.ts'
import { type ApiKeys, createApiKeys } from './api-keys.ts'
import { type AuthState, createAuthState } from './auth-state.ts'
import { type Backlog, createBacklog } from './backlog.ts'
import { listenForChanges } from './change-listener.ts'
import { createClaims } from './claim.ts'
import { type CommitStats, createCommit, type TraceCommit } from './commit.ts'
import { type Database, openDatabase } from './database.ts'
import { admitVault, processName } from './database-keys.ts'
import { createDeliveries, type Deliveries } from './deliveries.ts'
import { createEvents, type Events } from './events.ts'
import { createIdempotency, type Idempotency } from './idempotency.ts'
import { expireInbox } from './inbox.ts'
import { createLeases, type Leases } from './leases.ts'
import type { PoolStats } from './measured-pool.ts'
import { createMedia, type Media } from './media.ts'
import { migrate } from './migrate.ts'
import { createOrphans } from './orphans.ts'
import { createOverview, type Overview } from './overview.ts'
import { createPartitions, type Partitions } from './partitions.ts'
import { createPolls, expirePolls, type Polls } from './polls.ts'
import { createProfiles, type Profiles } from './profiles.ts'
import { createRecord } from './record.ts'
import { createReplays, type Replays } from './replays.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createSignInTries, type SignInTries } from './sign-in-tries.ts'
import { createSignIns, type SignIns } from './sign-ins.ts'
import { createVault, type Vault } from './vault.ts'
import type { WebhookCache } from './webhook-cache.ts'
import { createWebhookHealth, type WebhookHealth } from './webhook-health.ts'
import { createWebhooks, type Webhooks, webhookChannel } from './webhooks.ts'
import type { Witness } from './witness.ts'

export type StoreHealth = { ok: boolean; latencyMs: number; detail: string | null }

/** `partitionsKept`: past retention, because something of theirs is unfinished; null before the first look. */
export type StoreStats = { events: CommitStats; pool: PoolStats; partitionsKept: number | null }

export type Store = {
  profiles: Profiles
  accounts: Accounts
  signIns: SignIns
  signInTries: SignInTries
  apiKeys: ApiKeys
  sessions: Sessions
  leases: Leases
  authState: AuthState
  events: Events
  webhooks: Webhooks
  webhookHealth: WebhookHealth
  deliveries: Deliveries
  replays: Replays
  media: Media
  idempotency: Idempotency
  partitions: Partitions
  backlog: Backlog
  overview: Overview
  polls: Polls
  /** What this process has counted, and what it has in its hands. */
  stats(): StoreStats
  /** Never rejects. */
  health(): Promise<StoreHealth>
  /** Lets running statements end, then closes every connection. */
  close(): Promise<void>
}

export type Retention = { eventsDays: number; deliveriesDays: number }

export type StoreOptions = {
  databaseUrl: string
  /** 32 bytes. */
  encryptionKey: Buffer
  /** Keys that sealed before this one, to open what they sealed. */
  oldEncryptionKeys?: readonly Buffer[]
  log: Logger
  /** Connections, default 10. */
  poolSize?: number
  /** How long an announced or claimed delivery is somebody's before the due-scan takes it. */
  leaseMs: number
  /** After how many days whole days are dropped; nothing is without it. A day with unfinished deliveries is kept. */
  retention?: Retention
  /** Commits within a span; without it nothing is traced. */
  traceCommit?: TraceCommit
  /** Hears of events and sessions once they are written. */
  witness?: Witness
  /** Called after each commit that made deliveries of ordered webhooks. They carry no claim: ask for what is due. */
  onOrdered?: () => void
  /** Default true: bring the schema up to date first. */
  migrate?: boolean
}

/** How often days are made ahead, old ones dropped and orphans ended. Days are made two ahead, so an hour is early enough. */
const upkeepMs = 3_600_000
/** The first time is soon: a gateway that is restarted every day must keep to its retention too. */
const firstUpkeepMs = 1_000
/** How soon after a failure: a lock that was not given in time, a database that was away. */
const retryUpkeepMs = 5_000
/** How soon a change of webhooks is noticed while LISTEN does not work. */
const epochPollMs = 5_000

/**
 * Opens the truth: migrates, makes the days ahead, and wires the tables together. Throws ForeignKeyError when
 * something in the database was sealed with a key that is not given.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, log, leaseMs } = options
  const vault = createVault(options.encryptionKey, options.oldEncryptionKeys)
  const applicationName = processName(vault)
  const db = openDatabase({ databaseUrl, poolSize: options.poolSize ?? 10, log, applicationName })
  try {
    if (options.migrate ?? true) await migrate(db, log)
    await admitVault(db, vault)
    const partitions = createPartitions(db, log)
    await partitions.ensureAhead()
    const { retention, traceCommit, witness, onOrdered } = options
    return wire({
      db,
      vault,
      partitions,
      databaseUrl,
      applicationName,
      log,
      leaseMs,
      retention,
      traceCommit,
      witness,
      onOrdered,
    })
  } catch (error) {
    await db.close()
    throw error
  }
}

function wire(a: {
  db: Database
  vault: Vault
  partitions: Partitions
  databaseUrl: string
  applicationName: string
  log: Logger
  leaseMs: number
  retention: Retention | undefined
  traceCommit: TraceCommit | undefined
  witness: Witness | undefined
  onOrdered: (() => void) | undefined
}): Store {
  const { db, vault, partitions, databaseUrl, applicationName, log, leaseMs, retention } = a
  const { witness, onOrdered } = a
  const orphans = createOrphans(db, log)
  const { webhooks, cache } = createWebhooks(db, vault, orphans)
  const commit = createCommit({ db, cache, partitions, leaseMs, trace: a.traceCommit, witness, onOrdered })
  const idempotency = createIdempotency(db, vault)
  const record = createRecord(db, partitions)
  const deliveries = createDeliveries(db, createClaims(db, leaseMs), record.add)
  const listener = listenForChanges({
    databaseUrl,
    applicationName,
    channel: webhookChannel,
    onChange: cache.invalidate,
    log,
  })
  const upkeep = repeat(firstUpkeepMs, upkeepMs, log, async () => {
    await partitions.ensureAhead()
    await orphans.cancelAll()
    await idempotency.expire()
    await expirePolls(db)
    const expired = await expireInbox(db)
    if (expired.untold > 0) log.error(expired, 'messages of the inbox expired before they were told')
    if (retention) log.info(await partitions.dropOld(retention), 'retention: days dropped and kept')
  })
  const poll = repeat(epochPollMs, epochPollMs, log, () => refreshIfChanged(db, cache))
  return {
    profiles: createProfiles(db),
    accounts: createAccounts(db),
    signIns: createSignIns(db),
    signInTries: createSignInTries(db),
    apiKeys: createApiKeys(db),
    sessions: createSessions(db, witness),
    leases: createLeases(db),
    authState: createAuthState(db, vault),
    events: createEvents(db, async (events, told = []) => (await commit.add([...events, ...told])).flat()),
    webhooks,
    webhookHealth: createWebhookHealth(db),
    deliveries,
    replays: createReplays(db),
    media: createMedia(db),
    idempotency,
    partitions,
    backlog: createBacklog(db),
    overview: createOverview(db),
    polls: createPolls(db, vault),
    stats: () => ({ events: commit.stats(), pool: db.stats(), partitionsKept: partitions.kept() }),
    health: () => health(db),
    async close() {
      await Promise.all([
        orphans.stop(),
        upkeep.stop(),
        poll.stop(),
        listener.stop(),
        commit.idle(),
        record.idle(),
      ])
      await db.close()
    },
  }
}

async function refreshIfChanged(db: Database, cache: WebhookCache): Promise<void> {
  const loaded = cache.epoch()
  if (loaded === null) return
  const [now] = await db.query<{ epoch: string }>({ text: 'select epoch from webhook_epoch' })
  if (now?.epoch !== loaded) cache.invalidate()
}

async function health(db: Database): Promise<StoreHealth> {
  const started = performance.now()
  const detail = await db.query({ text: 'select 1' }).then(
    () => null,
    error => String(error instanceof Error ? error.message : error),
  )
  return { ok: detail === null, latencyMs: Math.round(performance.now() - started), detail }
}

/** Does the work again and again, `everyMs` after the last time; what failed is logged and tried again sooner. */
function repeat(
  firstMs: number,
  everyMs: number,
  log: Logger,
  work: () => Promise<void>,
): { stop(): Promise<void> } {
  let stopped = false
  let running = Promise.resolve()
  let timer = wait(firstMs)
  function wait(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      running = work()
        .then(() => everyMs)
        .catch(error => {
          log.warn({ err: error }, 'the upkeep of the database failed; it is tried again soon')
          return Math.min(everyMs, retryUpkeepMs)
        })
        .then(ms => {
          if (!stopped) timer = wait(ms)
        })
    }, ms).unref()
  }
  return {
    stop() {
      stopped = true
      clearTimeout(timer)
      return running
    },
  }
}
