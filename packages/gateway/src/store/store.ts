import type { Logger } from 'pino'
import type { ApiKeys } from './api-keys.ts'
import type { AuthState } from './auth-state.ts'
import type { Deliveries } from './deliveries.ts'
import type { Events } from './events.ts'
import type { Leases } from './leases.ts'
import type { Partitions } from './partitions.ts'
import type { Profiles } from './profiles.ts'
import type { Sessions } from './sessions.ts'
import type { Webhooks } from './webhooks.ts'

export type StoreHealth = { ok: boolean; latencyMs: number; detail: string | null }

export type Store = {
  profiles: Profiles
  apiKeys: ApiKeys
  sessions: Sessions
  leases: Leases
  authState: AuthState
  events: Events
  webhooks: Webhooks
  deliveries: Deliveries
  partitions: Partitions
  /** Never rejects. */
  health(): Promise<StoreHealth>
  /** Lets running statements end, then closes every connection. */
  close(): Promise<void>
}

export type StoreOptions = {
  databaseUrl: string
  /** 32 bytes. */
  encryptionKey: Buffer
  log: Logger
  /** Connections, default 10. */
  poolSize?: number
  /** How long an announced or claimed delivery is somebody's before the due-scan takes it. */
  leaseMs: number
  /** Default true: bring the schema up to date first. */
  migrate?: boolean
}

export async function openStore(_a: StoreOptions): Promise<Store> {
  throw new Error('being built')
}
