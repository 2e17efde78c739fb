import { asUuid, type Database, json } from './database.ts'

/** How an endpoint is doing. The rules by which it changes are the dispatcher's; this file keeps it. */
export type EndpointHealth = {
  state: 'healthy' | 'degraded' | 'suspended' | 'disabled'
  /** When this state began. */
  since: Date
  /** One sentence for people; null while healthy. */
  reason: string | null
  /** Ids of the deliveries that failed for transient reasons since the last success. */
  failed: readonly string[]
  /** Ids of those that were answered with 401 or 403 since then. */
  denied: readonly string[]
  /** Trials that failed in this state; while healthy with a gate, the portions of the backlog let out so far. */
  step: number
  /**
   * Null: nothing is held. Else nothing is claimed before this time, and then one trial (degraded, suspended) or
   * 2^step deliveries (healthy). Of a disabled endpoint nothing is claimed at all.
   */
  gateAt: Date | null
  /** When the episode began: the moment it was healthy last. Null while healthy. */
  downSince: Date | null
  /** The worst state of this episode that others were told of. */
  told: 'suspended' | 'disabled' | null
  /** When the receiver last asked to be left in peace, and until when; null: it did not, or took it back. */
  pausedAt: Date | null
  pausedUntil: Date | null
}

/** What others are to be told, once an episode. Stored with the change it tells of until its event is committed. */
export type HealthNotice = { at: string; downSince: string } & (
  | { kind: 'recovered' }
  | {
      kind: 'disabled'
      state: 'suspended' | 'disabled'
      reason: string
      errorClass: string | null
      responseStatus: number | null
    }
)

export type HealthRow = {
  webhookId: string
  profileId: string
  name: string
  webhookUrl: string
  health: EndpointHealth
  notice: HealthNotice | null
}

export type WebhookHealth = {
  /** All that are not simply healthy: in trouble, paused, draining, with failures counted, or with a notice to commit. */
  unwell(): Promise<HealthRow[]>
  /**
   * Changes one under a lock, so that processes never overwrite one another. `rule` may run more than once. Null: no
   * such webhook any more. A rule that returns what it was given writes nothing.
   */
  change(
    webhookId: string,
    rule: (before: EndpointHealth) => { health: EndpointHealth; notice: HealthNotice | null },
  ): Promise<{ before: EndpointHealth; row: HealthRow } | null>
  /** The event of this notice is committed. */
  told(webhookId: string, notice: HealthNotice): Promise<void>
  /** Deliveries that wait for this endpoint; 10,000 stands for more. Counts them: once an episode, not more often. */
  waiting(webhookId: string): Promise<number>
}

const columns = `w.id as "webhookId", w.user_id as "profileId", w.name, w.webhook_url as "webhookUrl",
  w.health_state as state, w.health_since as since, w.health_reason as reason, w.health_failed as failed,
  w.health_denied as denied, w.health_step as step, w.health_gate_at as "gateAt",
  w.health_down_since as "downSince", w.health_told as told, w.paused_at as "pausedAt",
  w.paused_until as "pausedUntil", w.health_notice as notice`

type Stored = Omit<HealthRow, 'health'> & EndpointHealth

/**
 * The assignments that make an endpoint healthy by decree, and end a pause: its operator enabled it, or gave it another URL. The
 * backlog drains slowly all the same, for nobody knows yet whether it answers. To be used where `condition` holds.
 */
export function resetHealth(condition: string): string {
  const unwell = `(w.health_state <> 'healthy' or w.paused_until > now()) and ${condition}`
  const resets = {
    health_state: `'healthy'`,
    health_since: `case when w.health_state = 'healthy' then w.health_since else now() end`,
    health_reason: 'null',
    health_failed: `'{}'`,
    health_denied: `'{}'`,
    health_step: '0',
    health_gate_at: 'now()',
    health_down_since: 'null',
    health_told: 'null',
    paused_at: 'null',
    paused_until: 'null',
  }
  return Object.entries(resets)
    .map(([column, value]) => `${column} = case when ${unwell} then ${value} else w.${column} end`)
    .join(', ')
}

export function createWebhookHealth(db: Database): WebhookHealth {
  return {
    async unwell() {
      const rows = await db.query<Stored>({ name: 'unwell-webhooks', text: unwellStatement })
      return rows.map(show)
    },
    change: (webhookId, rule) =>
      db.transaction(async query => {
        const [before] = await query<Stored>({
          text: `select ${columns} from webhook_configs w where w.id = $1 for no key update`,
          values: [asUuid(webhookId)],
        })
        if (before === undefined) return null
        const shown = show(before)
        const { health, notice } = rule(shown.health)
        if (health === shown.health && notice === null) return { before: health, row: shown }
        const [after] = await query<Stored>({
          text: changeStatement,
          values: [webhookId, ...valuesOf(health), notice === null ? null : json(notice)],
        })
        return after === undefined ? null : { before: shown.health, row: show(after) }
      }),
    async told(webhookId, notice) {
      await db.query({
        text: 'update webhook_configs set health_notice = null where id = $1 and health_notice = $2::jsonb',
        values: [asUuid(webhookId), json(notice)],
      })
    },
    async waiting(webhookId) {
      const [row] = await db.query<{ count: number }>({
        text: `select count(*)::int as count from (
            select from webhook_deliveries where webhook_config_id = $1 and status = 'pending' limit 10000
          ) held`,
        values: [asUuid(webhookId)],
      })
      return row?.count ?? 0
    },
  }
}

function show({ webhookId, profileId, name, webhookUrl, notice, ...health }: Stored): HealthRow {
  return { webhookId, profileId, name, webhookUrl, health, notice }
}

const valuesOf = (health: EndpointHealth): unknown[] => [
  health.state,
  health.since,
  health.reason,
  health.failed,
  health.denied,
  health.step,
  health.gateAt,
  health.downSince,
  health.told,
  health.pausedAt,
  health.pausedUntil,
]

// Rows with nothing to say are not even looked at closely: the six conditions need no index on a small table.
const unwellStatement = `select ${columns} from webhook_configs w
where w.health_state <> 'healthy' or w.health_gate_at is not null or w.health_notice is not null
  or w.health_failed <> '{}' or w.health_denied <> '{}' or w.paused_until > now()`

const changeStatement = `update webhook_configs w
set health_state = $2, health_since = $3, health_reason = $4, health_failed = $5::uuid[],
  health_denied = $6::uuid[], health_step = $7, health_gate_at = $8, health_down_since = $9, health_told = $10,
  paused_at = $11, paused_until = $12, health_notice = coalesce($13::jsonb, w.health_notice)
where w.id = $1 returning ${columns}`
