import type { EventType } from '@waxwing/events'
import { type SealedEvent, timeOf } from '@waxwing/events/event-id'
import type { ToldStanza } from './commit.ts'
import { asUuid, type Database } from './database.ts'
import type { DueDelivery } from './deliveries.ts'
import { below, lowestIdAt, type Page, type PageRequest, pageOf, whereAll } from './page.ts'

export type EventRow = {
  id: string
  profileId: string
  sessionId: string | null
  type: EventType
  chat: string | null
  /** When it happened; the time of its id. */
  at: Date
  committedAt: Date
  /** The envelope, the exact bytes that are signed and sent. */
  body: string
}

export type EventFilter = {
  profileId: string
  type?: string
  sessionId?: string
  /** From this time on, and before that one. */
  since?: Date
  until?: Date
} & PageRequest

export type Events = {
  /**
   * Makes events durable together with one delivery per matching webhook; resolves after the commit with the
   * deliveries the caller may attempt now. An event that is known already yields none. `told`: stanzas of the inbox
   * that are done with these events, marked in the same transaction.
   */
  commit(events: readonly SealedEvent[], told?: readonly ToldStanza[]): Promise<DueDelivery[]>
  get(profileId: string, id: string): Promise<EventRow | null>
  /** Newest first. */
  list(filter: EventFilter): Promise<Page<EventRow>>
}

const columns = `id, user_id as "profileId", session_id as "sessionId", type, chat,
  committed_at as "committedAt", body`

type StoredEvent = Omit<EventRow, 'at'>

/** `commit` is made by `createCommit`; this file reads. */
export function createEvents(db: Database, commit: Events['commit']): Events {
  return {
    commit,
    async get(profileId, id) {
      const [row] = await db.query<StoredEvent>({
        text: `select ${columns} from events where user_id = $1 and id = $2`,
        values: [profileId, asUuid(id)],
      })
      return row === undefined ? null : withTime(row)
    },
    async list({ profileId, type, sessionId, since, until, limit, cursor }) {
      const { where, values } = whereAll({
        'user_id =': profileId,
        'id <': below(cursor),
        'type =': type,
        'session_id =': sessionId === undefined ? undefined : asUuid(sessionId),
        'id >=': since && lowestIdAt(since),
        // A second name for the same column: this bound is beside the cursor's.
        '(id) <': until && lowestIdAt(until),
      })
      const rows = await db.query<StoredEvent>({
        text: `select ${columns} from events ${where} order by id desc limit ${Number(limit) + 1}`,
        values,
      })
      return pageOf(rows.map(withTime), limit)
    },
  }
}

function withTime(row: StoredEvent): EventRow {
  return { ...row, at: timeOf(row.id) }
}
