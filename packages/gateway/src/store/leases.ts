import { asUuid, type Database } from './database.ts'

/** A fence is a bigint as text; it grows by one with each claim of the session and is never used twice. */
export type Fence = string

export type Leases = {
  /**
   * The right to be the one live socket of a session, or null while somebody else has it. Claiming again what one
   * holds gives a new fence, and the old one ends.
   */
  claim(a: { sessionId: string; holder: string; leaseMs: number }): Promise<Fence | null>
  /** Takes up to `limit` sessions that should be online and that nobody holds, those that wait longest first. */
  claimWanted(a: {
    holder: string
    leaseMs: number
    limit: number
  }): Promise<{ sessionId: string; fence: Fence }[]>
  /**
   * Extends the leases named and no others: what an earlier process of the same name left behind must run out.
   * Returns the sessions still held; a missing one was lost.
   */
  renew(a: {
    holder: string
    leaseMs: number
    held: readonly { sessionId: string; fence: Fence }[]
  }): Promise<string[]>
  /**
   * Gives the session back at once. `retryAfterMs`: `claimWanted` lets it rest so long, for it could not be started;
   * `claim` does not wait. Without effect when the lease was lost meanwhile.
   */
  release(a: { sessionId: string; fence: Fence; retryAfterMs?: number }): Promise<void>
  /**
   * Ends every lease, whoever holds it: for the start of a gateway that is the only one on this database, so that what
   * a killed one held need not run out first. Should a holder be alive after all, its next renewal fails. Returns how
   * many there were.
   */
  endAll(): Promise<number>
}

/**
 * A step of a statement whose other steps must only happen while we hold the session: `$1` the session, `$2` the
 * fence. It gives one row or none. The row stays locked until the statement is committed, so a claim waits for it and
 * then sees what it wrote; a renewal does not wait (see the migration).
 */
export const heldLease = `held as materialized (
  select session_id from session_leases where session_id = $1 and fence = $2 for key share
)`

export function createLeases(db: Database): Leases {
  return {
    async claim({ sessionId, holder, leaseMs }) {
      const [claimed] = await db.query<{ fence: Fence }>({
        text: `update session_leases
          set fence = fence + 1, holder = $2, expires_at = now() + $3 * interval '1 millisecond'
          where session_id = $1 and (expires_at <= now() or holder is null or holder = $2)
          returning fence`,
        values: [asUuid(sessionId), holder, leaseMs],
      })
      return claimed?.fence ?? null
    },
    claimWanted: ({ holder, leaseMs, limit }) =>
      db.query<{ sessionId: string; fence: Fence }>({
        text: `with free as materialized (
            select l.session_id from session_leases l join sessions s on s.id = l.session_id
            where s.wanted and l.expires_at <= now()
            order by l.expires_at limit $3 for update of l skip locked
          )
          update session_leases l
          set fence = l.fence + 1, holder = $1, expires_at = now() + $2 * interval '1 millisecond'
          from free where l.session_id = free.session_id
          returning l.session_id as "sessionId", l.fence`,
        values: [holder, leaseMs, limit],
      }),
    async renew({ holder, leaseMs, held }) {
      if (held.length === 0) return []
      const renewed = await db.query<{ sessionId: string }>({
        text: `update session_leases l set expires_at = now() + $2 * interval '1 millisecond'
          from unnest($3::uuid[], $4::bigint[]) as given (session_id, fence)
          where l.session_id = given.session_id and l.fence = given.fence and l.holder = $1
          returning l.session_id as "sessionId"`,
        values: [holder, leaseMs, held.map(one => one.sessionId), held.map(one => one.fence)],
      })
      return renewed.map(row => row.sessionId)
    },
    // From now and not from the beginning of time, so that a session given back again and again stands in line.
    async release({ sessionId, fence, retryAfterMs = 0 }) {
      await db.query({
        text: `update session_leases set holder = null, expires_at = now() + $3 * interval '1 millisecond'
          where session_id = $1 and fence = $2`,
        values: [sessionId, fence, retryAfterMs],
      })
    },
    // Those that rest after a failure have no holder and go on resting. Only a lease that runs can hold anybody up.
    async endAll() {
      const ended = await db.query({
        text: `update session_leases set holder = null, expires_at = now()
          where holder is not null and expires_at > now() returning 1`,
      })
      return ended.length
    },
  }
}
