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
  /**
   * What became durable after a place, in that order: `list` has the order in which things happened, and a phone that
   * was off tells old things late. `end` is the place behind the last row.
   */
  committedAfter(profileId: string, place: Place, limit: number): Promise<{ rows: EventRow[]; end: Place }>
  /** A place with everything before it that was durable before this event; of an unknown event, by the time of its id. */
  placeBefore(profileId: string, id: string): Promise<Place>
}

/** A place in the order of commits. `at` is the database's own text, for a Date has no microseconds. */
export type Place = { at: string; id: string }

/** Two commits may end in another order than they began in; longer than any takes that is not in trouble. */
const overlap = "interval '5 seconds'"

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
    async committedAfter(profileId, place, limit) {
      const rows = await db.query<StoredEvent & { place: string }>({
        text: `select ${columns}, committed_at::text as place from events
          where user_id = $1 and committed_at >= $2::timestamptz and (committed_at, id) > ($2::timestamptz, $3::uuid)
          order by committed_at, id limit $4`,
        values: [profileId, place.at, place.id, limit],
      })
      const last = rows.at(-1)
      return { rows: rows.map(withTime), end: last ? { at: last.place, id: last.id } : place }
    },
    async placeBefore(profileId, id) {
      const [found] = await db.query<{ at: string }>({
        text: `select (coalesce(
            (select committed_at from events where user_id = $1 and id = $2), to_timestamp($3::float8 / 1000)
          ) - ${overlap})::text as at`,
        // Not as a Date: an invented id may be of the year 10889, which the driver cannot write.
        values: [profileId, asUuid(id), timeOf(id).getTime()],
      })
      return { at: found?.at ?? 'infinity', id: lowestIdAt(new Date(0)) }
    },
  }
}

function withTime({ id, profileId, sessionId, type, chat, committedAt, body }: StoredEvent): EventRow {
  return { id, profileId, sessionId, type, chat, at: timeOf(id), committedAt, body }
}
