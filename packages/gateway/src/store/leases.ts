import type { Database } from './database.ts'

/** A fence is a bigint as text; it grows by one with each claim of the session and is never used twice. */
export type Fence = string

export type Leases = {
  /** The right to be the one live socket of a session, or null while somebody else has it. */
  claim(a: { sessionId: string; holder: string; leaseMs: number }): Promise<Fence | null>
  /** Takes up to `limit` sessions that should be online and that nobody holds. */
  claimWanted(a: {
    holder: string
    leaseMs: number
    limit: number
  }): Promise<{ sessionId: string; fence: Fence }[]>
  /** Extends every lease of the holder; returns the sessions it still holds. A missing one was lost. */
  renew(a: { holder: string; leaseMs: number }): Promise<string[]>
  /** Gives the session back at once. Without effect when the lease was lost meanwhile. */
  release(a: { sessionId: string; fence: Fence }): Promise<void>
}

export function createLeases(_db: Database): Leases {
  throw new Error('being built')
}
