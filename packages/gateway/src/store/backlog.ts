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
  /** How many webhooks are in each state, those of which there are none included. */
  webhookStates(): Promise<Record<WebhookState, number>>
  /** How many sessions have each status; those of no engine included, which are the ones that need somebody. */
  sessions(): Promise<{ status: string; count: number }[]>
  /** How many replays are under way. */
  replays(): Promise<Record<'running' | 'paused', number>>
  /** Rows that vacuum has still to remove, of each busy table over all its partitions. */
  deadTuples(): Promise<{ table: string; tuples: number }[]>
}

/**
 * Switched `off` by its operator, or else in trouble, or else `paused` (its backlog waits until a time the receiver named,
 * or comes out slowly after a recovery).
 */
export type WebhookState = 'healthy' | 'paused' | 'degraded' | 'suspended' | 'disabled' | 'off'

/** Whose rows are updated or deleted as a matter of course. */
const busyTables = [
  'events',
  'webhook_deliveries',
  'webhook_attempts',
  'webhook_configs',
  'inbox',
  'session_keys',
]

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
    async webhookStates() {
      const none = { healthy: 0, paused: 0, degraded: 0, suspended: 0, disabled: 0, off: 0 }
      const rows = await db.query<{ state: WebhookState; count: number }>({
        name: 'count-webhook-states',
        text: `select case when not enabled then 'off' when health_state <> 'healthy' then health_state
            when health_gate_at is not null then 'paused' else 'healthy' end as state, count(*)::int as count
          from webhook_configs group by 1`,
      })
      return { ...none, ...Object.fromEntries(rows.map(({ state, count }) => [state, count])) }
    },
    sessions: () =>
      db.query({
        name: 'count-sessions',
        text: 'select status, count(*)::int as count from sessions group by status',
      }),
    async replays() {
      const [row] = await db.query<{ running: number; paused: number }>({
        name: 'count-replays',
        text: `select count(*) filter (where status = 'running')::int as running,
            count(*) filter (where status = 'paused')::int as paused
          from replays where status in ('running', 'paused')`,
      })
      return row ?? { running: 0, paused: 0 }
    },
    deadTuples: () =>
      db.query({
        name: 'count-dead-tuples',
        text: `select coalesce(parent.relname, s.relname) as "table", sum(s.n_dead_tup)::float8 as tuples
          from pg_stat_user_tables s
          left join pg_inherits i on i.inhrelid = s.relid left join pg_class parent on parent.oid = i.inhparent
          where s.schemaname = current_schema() and coalesce(parent.relname, s.relname) = any($1)
          group by 1`,
        values: [busyTables],
      }),
  }
}
