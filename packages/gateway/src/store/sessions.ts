import type { Database } from './database.ts'
import type { Page, PageRequest } from './page.ts'

export const sessionStatuses = [
  'created',
  'connecting',
  'qr',
  'pairing',
  'syncing',
  'connected',
  'reconnecting',
  'qr_expired',
  'logged_out',
  'banned',
  'failed',
] as const
export type SessionStatus = (typeof sessionStatuses)[number]
export type SessionNetwork = 'whatsapp' | 'sandbox'

export type SessionRow = {
  id: string
  profileId: string
  name: string
  network: SessionNetwork
  status: SessionStatus
  /** A sentence for people: why the session is in this status. */
  reason: string | null
  /** True when waiting will not change the status and somebody has to act. */
  final: boolean
  phone: string | null
  lid: string | null
  pushName: string | null
  settings: Record<string, unknown>
  qr: string | null
  qrExpiresAt: Date | null
  /** Should be online; engines look for wanted sessions that nobody holds. */
  wanted: boolean
  connectedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

/** What the engine that holds the lease may say about its session. */
export type SessionPatch = Partial<
  Pick<
    SessionRow,
    'status' | 'reason' | 'final' | 'phone' | 'lid' | 'pushName' | 'qr' | 'qrExpiresAt' | 'connectedAt'
  >
>

export type Sessions = {
  create(a: {
    profileId: string
    name: string
    network: SessionNetwork
    settings?: Record<string, unknown>
  }): Promise<SessionRow>
  get(profileId: string, id: string): Promise<SessionRow | null>
  /** Without tenancy: for the engine, never for a request of a user. */
  find(id: string): Promise<SessionRow | null>
  /** Newest first. */
  list(a: { profileId: string } & PageRequest): Promise<Page<SessionRow>>
  update(
    profileId: string,
    id: string,
    change: { name?: string; settings?: Record<string, unknown> },
  ): Promise<SessionRow | null>
  /** Also forgets its credentials, keys and lease. False when there was no such session. */
  remove(profileId: string, id: string): Promise<boolean>
  setWanted(id: string, wanted: boolean): Promise<void>
  /** False: the lease belongs to somebody else by now (or the session is gone) and nothing was written. */
  setState(id: string, fence: string, patch: SessionPatch): Promise<boolean>
}

export function createSessions(_db: Database): Sessions {
  throw new Error('being built')
}
