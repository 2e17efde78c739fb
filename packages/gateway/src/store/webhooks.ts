import { generateSecret } from '@waxwing/events'
import { uuidv7 } from '@waxwing/events/event-id'
import { asUuid, type Database, json, type Query } from './database.ts'
import type { Orphans } from './orphans.ts'
import { below, type Page, type PageRequest, pageOf } from './page.ts'
import type { Vault } from './vault.ts'
import { createWebhookCache, type WebhookCache } from './webhook-cache.ts'
import { resetHealth } from './webhook-health.ts'
import { createWebhookSecrets, type Secret, type SecretRing } from './webhook-secrets.ts'

/** How often a delivery is tried and how far apart (ms); without `delaysMs` the waits double. The rules are delivery's. */
export type RetryConfig = { maxAttempts: number; backoffMs: number; delaysMs?: readonly number[] }
export type WebhookHealth = {
  state: 'healthy' | 'degraded' | 'suspended' | 'disabled'
  since: Date
  /** Why it is not healthy, or paused; null: it is neither. */
  reason: string | null
  /** Its receiver has asked for patience (Retry-After): nothing is sent before. Null: it has not, or that is over. */
  pausedUntil: Date | null
}

export type WebhookRow = {
  id: string
  profileId: string
  name: string
  webhookUrl: string
  /** null: every session of the profile. */
  sessionIds: string[] | null
  enabled: boolean
  subscribedEvents: string[]
  retryConfig: RetryConfig
  /** The user's own request headers. */
  headers: Record<string, string>
  ordered: boolean
  /** Requests a second, or null for no limit. */
  rateLimit: number | null
  health: WebhookHealth
  createdAt: Date
  updatedAt: Date
  /** Decrypted, newest first, only those valid now. Never log a row. */
  secrets: string[]
}

export type WebhookInput = {
  name: string
  webhookUrl: string
  subscribedEvents: readonly string[]
  sessionIds?: readonly string[] | null
  enabled?: boolean
  retryConfig?: RetryConfig
  headers?: Record<string, string>
  ordered?: boolean
  rateLimit?: number | null
  /** Default: a fresh `whsec_…`. */
  secret?: string
}

export type Webhooks = {
  create(a: { profileId: string } & WebhookInput): Promise<WebhookRow>
  get(profileId: string, id: string): Promise<WebhookRow | null>
  /** Newest first. */
  list(a: { profileId: string } & PageRequest): Promise<Page<WebhookRow>>
  update(
    profileId: string,
    id: string,
    change: Partial<Omit<WebhookInput, 'secret'>>,
  ): Promise<WebhookRow | null>
  /** Its unfinished deliveries are cancelled: a long backlog in the moments after. False when there was no such webhook. */
  remove(profileId: string, id: string): Promise<boolean>
  setEnabled(profileId: string, id: string, enabled: boolean): Promise<WebhookRow | null>
  /** The newest secret, or null when there is no such webhook. */
  secret(profileId: string, id: string): Promise<string | null>
  /** All that are valid, newest first, with when they end; null when there is no such webhook. */
  secrets(profileId: string, id: string): Promise<Secret[] | null>
  /** A new secret signs from now on; the one before stays valid for `overlapMs` (0: ends at once). */
  rotate(profileId: string, id: string, a: { overlapMs: number; secret?: string }): Promise<WebhookRow | null>
  /** All webhooks of all profiles, kept in memory and fresh: own changes at once, others' within moments. */
  cached(): Promise<readonly WebhookRow[]>
  findCached(id: string): Promise<WebhookRow | null>
}

/** Told to every process when webhooks change. */
export const webhookChannel = 'waxwing_webhooks'

const defaultRetry: RetryConfig = { maxAttempts: 3, backoffMs: 1000 }

const columns = `w.id, w.user_id as "profileId", w.name, w.webhook_url as "webhookUrl",
  w.session_ids as "sessionIds", w.enabled, w.subscribed_events as "subscribedEvents",
  w.retry_config as "retryConfig", w.headers, w.ordered, w.rate_limit as "rateLimit",
  jsonb_build_object('state', w.health_state, 'reason',
    case when w.health_state <> 'healthy' or w.paused_until > now() then w.health_reason end) as health,
  w.health_since as "healthSince", case when w.paused_until > now() then w.paused_until end as "pausedUntil",
  w.created_at as "createdAt", w.updated_at as "updatedAt", w.secret`

type StoredWebhook = Omit<WebhookRow, 'secrets' | 'health' | 'retryConfig'> & {
  health: Pick<WebhookHealth, 'state' | 'reason'>
  healthSince: Date
  pausedUntil: Date | null
  /** The specification's keys, and the waits when they are a list. */
  retryConfig: { max_attempts: number; backoff_ms: number; delays_ms?: number[] }
  secret: string
}

const inputColumns = {
  name: 'name',
  webhookUrl: 'webhook_url',
  subscribedEvents: 'subscribed_events',
  sessionIds: 'session_ids',
  enabled: 'enabled',
  retryConfig: 'retry_config',
  headers: 'headers',
  ordered: 'ordered',
  rateLimit: 'rate_limit',
} as const satisfies Record<keyof Omit<WebhookInput, 'secret'>, string>
type Change = Partial<Record<keyof typeof inputColumns, unknown>>

export type OwnedWebhooks = { webhooks: Webhooks; cache: WebhookCache }

export function createWebhooks(
  db: Database,
  vault: Vault,
  orphans: Pick<Orphans, 'cancelOf'>,
): OwnedWebhooks {
  const rings = createWebhookSecrets(vault)
  const cache = createWebhookCache(load)

  function show(row: StoredWebhook): WebhookRow {
    const { secret, healthSince, pausedUntil, health, retryConfig, ...rest } = row
    return {
      ...rest,
      retryConfig: retryOf(retryConfig),
      health: { ...health, since: healthSince, pausedUntil },
      secrets: rings.open(row.id, secret).valid(Date.now()),
    }
  }

  /** Epoch and rows are read by one statement, so they belong together. */
  async function load() {
    const rows = await db.query<StoredWebhook & { epoch: string }>({
      text: `select e.epoch, ${columns} from webhook_epoch e left join webhook_configs w on true order by w.id`,
    })
    const stored = rows.filter(row => row.id !== null)
    const expiries = stored.map(row => rings.open(row.id, row.secret).nextExpiry(Date.now()))
    return { epoch: rows[0]?.epoch ?? '', rows: stored.map(show), expiresAt: Math.min(...expiries) }
  }

  /** Every change raises the epoch in its transaction; other processes hear of it when it is committed. */
  async function changing<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const result = await db.transaction(async query => {
      const done = await work(query)
      await query({ text: 'update webhook_epoch set epoch = epoch + 1' })
      await query({ text: `notify ${webhookChannel}` })
      return done
    })
    cache.invalidate()
    return result
  }

  async function find(profileId: string, id: string): Promise<StoredWebhook | null> {
    const [row] = await db.query<StoredWebhook>({
      text: `select ${columns} from webhook_configs w where w.user_id = $1 and w.id = $2`,
      values: [profileId, asUuid(id)],
    })
    return row ?? null
  }

  async function update(profileId: string, id: string, change: Change): Promise<WebhookRow | null> {
    const keys = (Object.keys(inputColumns) as (keyof Change)[]).filter(key => change[key] !== undefined)
    const assignments = keys.map((key, index) => `${inputColumns[key]} = $${index + 3}, `).join('')
    const [row] = await changing(query =>
      query<StoredWebhook>({
        text: `update webhook_configs w set ${assignments}${resetBy(change, keys)}updated_at = now()
          where w.user_id = $1 and w.id = $2 returning ${columns}`,
        values: [profileId, asUuid(id), ...keys.map(key => storedValue(key, change[key]))],
      }),
    )
    return row === undefined ? null : show(row)
  }

  async function turnRing(
    profileId: string,
    id: string,
    turn: (ring: SecretRing) => string,
  ): Promise<WebhookRow | null> {
    const [row] = await changing(async query => {
      const [locked] = await query<StoredWebhook>({
        text: `select ${columns} from webhook_configs w where w.user_id = $1 and w.id = $2 for update`,
        values: [profileId, asUuid(id)],
      })
      if (locked === undefined) return []
      return query<StoredWebhook>({
        text: `update webhook_configs w set secret = $2, updated_at = now() where w.id = $1 returning ${columns}`,
        values: [id, turn(rings.open(id, locked.secret))],
      })
    })
    return row === undefined ? null : show(row)
  }

  const webhooks: Webhooks = {
    async create({ profileId, secret = generateSecret(), ...input }) {
      const id = uuidv7()
      const given: Change = { ...input, retryConfig: input.retryConfig ?? defaultRetry }
      const keys = (Object.keys(inputColumns) as (keyof Change)[]).filter(key => given[key] !== undefined)
      const [row] = await changing(query =>
        query<StoredWebhook>({
          text: `insert into webhook_configs as w (id, user_id, secret, ${keys.map(key => inputColumns[key])})
            values ($1, $2, $3, ${keys.map((_, index) => `$${index + 4}`)}) returning ${columns}`,
          values: [id, profileId, rings.first(id, secret), ...keys.map(key => storedValue(key, given[key]))],
        }),
      )
      if (row === undefined) throw new Error('a created webhook was not returned')
      return show(row)
    },
    async get(profileId, id) {
      const row = await find(profileId, id)
      return row === null ? null : show(row)
    },
    async list({ profileId, limit, cursor }) {
      const rows = await db.query<StoredWebhook>({
        text: `select ${columns} from webhook_configs w
          where w.user_id = $1 and w.id < $2 order by w.id desc limit $3`,
        values: [profileId, below(cursor), limit + 1],
      })
      return pageOf(rows.map(show), limit)
    },
    update,
    setEnabled: (profileId, id, enabled) => update(profileId, id, { enabled }),
    async remove(profileId, id) {
      const removed = await changing(query =>
        query({
          text: 'delete from webhook_configs where user_id = $1 and id = $2 returning id',
          values: [profileId, asUuid(id)],
        }),
      )
      if (removed.length > 0) await orphans.cancelOf(id)
      return removed.length > 0
    },
    async secret(profileId, id) {
      const row = await find(profileId, id)
      return row === null ? null : (rings.open(id, row.secret).valid(Date.now())[0] ?? null)
    },
    async secrets(profileId, id) {
      const row = await find(profileId, id)
      return row && rings.open(id, row.secret).dated(Date.now())
    },
    rotate: (profileId, id, { overlapMs, secret = generateSecret() }) =>
      turnRing(profileId, id, ring => ring.turned(secret, overlapMs, Date.now())),
    cached: async () => (await cache.current()).rows,
    findCached: async id => (await cache.current()).find(id),
  }
  return { webhooks, cache }
}

/**
 * Enabling lifts an automatic suspension, and so does another URL: nothing is known of what answers there. The URL is
 * compared with the stored one, so that saving a form unchanged lifts nothing.
 */
function resetBy(change: Change, keys: readonly (keyof Change)[]): string {
  const url = keys.indexOf('webhookUrl')
  if (change.enabled === true) return `${resetHealth('true')}, `
  return url < 0 ? '' : `${resetHealth(`w.webhook_url <> $${url + 3}`)}, `
}

function storedValue(key: keyof Change, value: unknown): unknown {
  if (key === 'headers' || key === 'subscribedEvents') return json(value)
  if (key !== 'retryConfig') return value
  const { maxAttempts, backoffMs, delaysMs } = value as RetryConfig
  return json({ max_attempts: maxAttempts, backoff_ms: backoffMs, delays_ms: delaysMs })
}

function retryOf(stored: StoredWebhook['retryConfig']): RetryConfig {
  const { max_attempts: maxAttempts, backoff_ms: backoffMs, delays_ms: delaysMs } = stored
  return delaysMs === undefined ? { maxAttempts, backoffMs } : { maxAttempts, backoffMs, delaysMs }
}
