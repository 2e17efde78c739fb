import type { Database } from './database.ts'
import { oldestUntoldSeconds } from './inbox.ts'

/** What still has to be done, and how long it has been waiting. For monitoring; ages in seconds by the database's clock. */
export type Backlog = {
  /** Seconds since the oldest stanza of this session arrived that is not told yet; null without one. */
  inboxOf(sessionId: string): Promise<number | null>
  /** The sessions with untold stanzas, the longest waiting first, at most `limit` of them. */
  inboxes(limit: number): Promise<{ sessionId: string; oldestSeconds: number }[]>
  /**
   * The webhooks with undelivered deliveries, the longest waiting first, at most `limit` of them. Of each webhook the
   * thousand deliveries that are due first are looked at, so a question costs the same however long the backlog is.
   */
  webhooks(limit: number): Promise<{ webhookId: string; oldestSeconds: number }[]>
  /** Dead letters; `atMost` when there are so many or more. */
  deadLetters(atMost: number): Promise<number>
}

export function createBacklog(db: Database): Backlog {
  return {
    inboxOf: sessionId => oldestUntoldSeconds(db, sessionId),
    inboxes: limit =>
      db.query({
        name: 'oldest-inboxes',
        text: `select session_id as "sessionId",
            extract(epoch from now() - min(received_at))::float8 as "oldestSeconds"
          from inbox where published_at is null group by session_id order by min(received_at) limit $1`,
        values: [limit],
      }),
    webhooks: limit =>
      db.query({
        name: 'oldest-undelivered',
        text: `select w.id as "webhookId",
            extract(epoch from now() - mine.oldest)::float8 as "oldestSeconds"
          from webhook_configs w cross join lateral (
            select min(created_at) as oldest from (
              select created_at from webhook_deliveries
              where webhook_config_id = w.id and status = 'pending' order by next_attempt_at limit 1000
            ) due_first
          ) mine
          where mine.oldest is not null order by mine.oldest limit $1`,
        values: [limit],
      }),
    async deadLetters(atMost) {
      const [row] = await db.query<{ count: number }>({
        name: 'count-dead-letters',
        text: `select count(*)::int as count
          from (select from webhook_deliveries where status = 'failed' limit $1) dead`,
        values: [atMost],
      })
      return row?.count ?? 0
    },
  }
}
