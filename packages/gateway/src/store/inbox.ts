import { asUuid, type Database } from './database.ts'
import { ForeignKeyError, type Vault, VaultError } from './vault.ts'

/** One decrypted part of a stanza, on its way into the database together with the ratchet step that decrypted it. */
export type InboxPart = {
  /** Which stanza: the same for each of its parts, and for each time WhatsApp delivers it. */
  delivery: string
  part: number
  /** How many parts the stanza has. */
  parts: number
  /** JSON text, encrypted at rest. */
  value: string
}

/**
 * A stanza that has been read whole and of which nothing has been told yet. `values` in the order of its parts; null when
 * they do not open, because somebody changed or moved them.
 */
export type UntoldStanza = { delivery: string; receivedAt: Date; values: string[] | null }

/** What WhatsApp gave one session. `AuthState.set` writes it, `Events.commit` marks it as told. */
export type SessionInbox = {
  /** What a part of a stanza said, if it was read before. */
  find(delivery: string, part: number): Promise<string | null>
  /** The oldest first. */
  untold(limit: number): Promise<UntoldStanza[]>
  /** Removes those of these stanzas that were told. Returns the ones that are to be asked for again later. */
  forget(deliveries: readonly string[]): Promise<string[]>
  /** Seconds since the oldest stanza arrived that is not told yet; null without one. */
  oldestUntoldSeconds(): Promise<number | null>
}

/** Where a value is sealed for. */
export const inboxPlace = (sessionId: string, { delivery, part }: Pick<InboxPart, 'delivery' | 'part'>) =>
  `inbox/${sessionId}/${delivery}/${part}`

export function sessionInbox(db: Database, vault: Vault, sessionId: string): SessionInbox {
  const open = (delivery: string, part: number, value: Buffer) =>
    vault.open(value, inboxPlace(sessionId, { delivery, part }))

  /** One damaged stanza must not hide the others. */
  function openAll(delivery: string, values: readonly Buffer[]): string[] | null {
    try {
      return values.map((value, part) => open(delivery, part, value))
    } catch (error) {
      if (!(error instanceof VaultError) || error instanceof ForeignKeyError) throw error
      return null
    }
  }

  return {
    async find(delivery, part) {
      const [row] = await db.query<{ value: Buffer }>({
        name: 'find-inbox-part',
        text: 'select value from inbox where session_id = $1 and delivery = $2 and part = $3',
        values: [sessionId, delivery, part],
      })
      return row === undefined ? null : open(delivery, part, row.value)
    },
    async untold(limit) {
      const rows = await db.query<{ delivery: string; receivedAt: Date; values: Buffer[] }>({
        text: `select delivery, min(received_at) as "receivedAt", array_agg(value order by part) as values
          from inbox where session_id = $1 and published_at is null
          group by delivery having count(*) = min(parts)
          order by min(received_at), delivery limit $2`,
        values: [sessionId, limit],
      })
      return rows.map(({ delivery, receivedAt, values }) => ({
        delivery,
        receivedAt,
        values: openAll(delivery, values),
      }))
    },
    async forget(deliveries) {
      if (deliveries.length === 0) return []
      const kept = await db.query<{ delivery: string }>({
        name: 'forget-inbox-stanzas',
        text: `with gone as (
            delete from inbox where session_id = $1 and delivery = any($2) and published_at is not null
          )
          select distinct delivery from inbox
          where session_id = $1 and delivery = any($2) and published_at is null`,
        values: [sessionId, deliveries],
      })
      return kept.map(row => row.delivery)
    },
    oldestUntoldSeconds: () => oldestUntoldSeconds(db, sessionId),
  }
}

/** Also for who has no lease on the session: it reads nothing but a time. */
export async function oldestUntoldSeconds(db: Database, sessionId: string): Promise<number | null> {
  const [row] = await db.query<{ seconds: number | null }>({
    text: `select extract(epoch from now() - min(received_at))::float8 as seconds
      from inbox where session_id = $1 and published_at is null`,
    values: [asUuid(sessionId)],
  })
  return row?.seconds ?? null
}

/**
 * A stanza whose receipt WhatsApp never confirmed may come again, and what it said is then needed. WhatsApp keeps what
 * it could not deliver for 30 days.
 */
const keptDays = 30

/** Deletes what can no longer come again. Returns how many stanzas among it were never told. */
export async function expireInbox(db: Database): Promise<{ untold: number }> {
  const [row] = await db.query<{ untold: number }>({
    text: `with gone as (
        delete from inbox where received_at < now() - $1 * interval '1 day'
        returning session_id, delivery, published_at
      )
      select count(distinct (session_id, delivery))::int as untold from gone where published_at is null`,
    values: [keptDays],
    patient: true,
  })
  return { untold: row?.untold ?? 0 }
}
