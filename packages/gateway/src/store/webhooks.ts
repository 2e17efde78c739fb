import type { Database } from './database.ts'
import type { Page, PageRequest } from './page.ts'
import type { Vault } from './vault.ts'

export type RetryConfig = { maxAttempts: number; backoffMs: number }
export type WebhookHealth = {
  state: 'healthy' | 'degraded' | 'suspended' | 'disabled'
  since: Date
  reason: string | null
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
  /** Its unfinished deliveries are cancelled. False when there was no such webhook. */
  remove(profileId: string, id: string): Promise<boolean>
  setEnabled(profileId: string, id: string, enabled: boolean): Promise<WebhookRow | null>
  /** The newest secret, or null when there is no such webhook. */
  secret(profileId: string, id: string): Promise<string | null>
  /** A new secret signs from now on; the one before stays valid for `overlapMs` (0: ends at once). */
  rotate(profileId: string, id: string, a: { overlapMs: number; secret?: string }): Promise<WebhookRow | null>
  /** All webhooks of all profiles, kept in memory and fresh: own changes at once, others' within moments. */
  cached(): Promise<readonly WebhookRow[]>
  findCached(id: string): Promise<WebhookRow | null>
}

export function createWebhooks(_db: Database, _vault: Vault): Webhooks {
  throw new Error('being built')
}
