import { asUuid, type Database, storable } from './database.ts'

/** What a file of a message is. `id` is a UUID that the message decides. */
export type MediaFacts = {
  id: string
  sessionId: string
  /** As the sender declared it. */
  mimeType: string
  fileName: string | null
  /** When its bytes may be removed. */
  expiresAt: Date
}

/** A file whose bytes are there. `size` in bytes, `sha256` in hex. */
export type KeptMedia = MediaFacts & { size: number; sha256: string }

/** What is kept where MEDIA_STORE says. Rows come before their bytes and go after them, so no bytes are ever forgotten. */
export type Media = {
  /** Before the bytes are there. */
  announce(facts: MediaFacts): Promise<void>
  /** The bytes are there. False: the row was removed meanwhile, and so must they be. */
  keep(id: string, bytes: { size: number; sha256: string }): Promise<boolean>
  find(id: string): Promise<KeptMedia | null>
  /** Ids of files whose time is over, or whose session is gone; the first ones. */
  expired(limit: number): Promise<string[]>
  forget(ids: readonly string[]): Promise<void>
}

export function createMedia(db: Database): Media {
  return {
    async announce({ id, sessionId, mimeType, fileName, expiresAt }) {
      await db.query({
        text: `insert into media (id, session_id, mime_type, file_name, expires_at) values ($1, $2, $3, $4, $5)
          on conflict (id) do update set expires_at = greatest(media.expires_at, excluded.expires_at)`,
        values: [id, sessionId, storable(mimeType), fileName && storable(fileName), expiresAt],
      })
    },
    async keep(id, { size, sha256 }) {
      const kept = await db.query({
        text: 'update media set size = $2, sha256 = $3 where id = $1 returning id',
        values: [id, size, sha256],
      })
      return kept.length > 0
    },
    async find(id) {
      const [row] = await db.query<KeptMedia>({
        text: `select id, session_id as "sessionId", mime_type as "mimeType", file_name as "fileName",
            size::float8 as size, sha256, expires_at as "expiresAt"
          from media where id = $1 and sha256 is not null`,
        values: [asUuid(id)],
      })
      return row ?? null
    },
    async expired(limit) {
      const rows = await db.query<{ id: string }>({
        text: `(select id from media where expires_at < now() limit $1)
          union (select id from media where not exists (select from sessions where sessions.id = session_id) limit $1)
          limit $1`,
        values: [limit],
      })
      return rows.map(row => row.id)
    },
    async forget(ids) {
      if (ids.length === 0) return
      await db.query({ text: 'delete from media where id = any($1::uuid[])', values: [ids] })
    },
  }
}
