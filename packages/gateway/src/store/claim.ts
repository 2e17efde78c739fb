import { randomUUID } from 'node:crypto'
import { plainArray } from './array-parameter.ts'
import { asUuid, type Database, json } from './database.ts'
import type { Deliveries, DueDelivery, HeldDelivery } from './deliveries.ts'
import { boundsOf } from './id-bounds.ts'

/** Columns of a claimed delivery `d` and its event `e`, as a DueDelivery. */
const dueColumns = `d.id as "deliveryId", d.claim_id as "claimId", d.webhook_config_id as "webhookId",
  d.event_id as "eventId", d.event_type as "eventType", d.session_id as "sessionId",
  d.attempts + 1 as attempt, d.attempts_before as "attemptsBefore", d.manual, d.chat is not null as ordered,
  d.created_at as "createdAt", e.traceparent, e.body`

export type Claims = Pick<Deliveries, 'claimDue' | 'nextDueAt' | 'heartbeat' | 'release' | 'redeliver'>

/** Who may attempt a delivery, and until when. `leaseMs`: how far a heartbeat or a redelivery reaches. */
export function createClaims(db: Database, leaseMs: number): Claims {
  /**
   * Changes what the claims still hold, in the order of ids, and returns those ids; what is being recorded at this
   * moment is let be.
   */
  async function changeHeld(change: string, held: readonly HeldDelivery[]): Promise<string[]> {
    if (held.length === 0) return []
    const ids = held.map(one => one.deliveryId)
    // The join has no `= any` beside it: an index is then searched for all ids anew for each row.
    const changed = await db.query<{ id: string }>({
      text: `with held as materialized (
          select d.id from unnest($1::uuid[], $2::uuid[]) as given (id, claim_id)
          join webhook_deliveries d on d.id = given.id and d.claim_id = given.claim_id
          where d.id between $3::uuid and $4::uuid and d.status = 'pending'
          order by d.id for update of d skip locked
        )
        update webhook_deliveries d set ${change}
        from unnest(array(select id from held)) as ours (id)
        where d.id = ours.id and d.id between $3::uuid and $4::uuid
        returning d.id`,
      values: [plainArray(ids), plainArray(held.map(one => one.claimId)), ...boundsOf(ids)],
    })
    return changed.map(row => row.id)
  }

  return {
    claimDue: ({ limit, perWebhook, leaseMs: claimMs, except = [], shares = {} }) =>
      db.query<DueDelivery>({
        name: 'claim-due-deliveries',
        text: claimStatement,
        values: [limit, perWebhook, randomUUID(), claimMs, except, json(shares)],
      }),
    async nextDueAt() {
      const [first] = await db.query<{ at: Date | null }>({
        name: 'next-due-delivery',
        text: nextDueStatement,
      })
      return first?.at ?? null
    },
    heartbeat: held =>
      changeHeld(`next_attempt_at = now() + ${Number(leaseMs)} * interval '1 millisecond'`, held),
    async release(held) {
      await changeHeld('next_attempt_at = now(), claim_id = null', held)
    },
    async redeliver(profileId, id) {
      const [row] = await db.query<DueDelivery & { taken: boolean; disabled: boolean }>({
        text: redeliverStatement,
        values: [profileId, asUuid(id), randomUUID(), leaseMs],
      })
      if (row === undefined) return 'not_found'
      const { taken, disabled, ...delivery } = row
      if (disabled) return 'webhook_disabled'
      return taken ? delivery : 'in_flight'
    },
  }
}

// Each enabled webhook offers its longest due deliveries, and they are taken in turns: the first of every webhook
// before the second of any. A webhook with a million due rows costs one index probe, like one with a single row.
// A gated webhook (see webhook-health.ts) offers a single trial, or while it drains 2^step deliveries; what was claimed
// shuts its gate in the same statement: for a trial as long as its lease, while draining for a second. So of many
// dispatchers one gets the trial. The gate of a drained webhook is taken away. (The quota is no LIMIT: one the planner
// cannot see makes it expect a tenth of all rows, and read them. For the same reason what was found is locked and updated
// by way of arrays: of those it expects ten.) $6: the share of a webhook that has a smaller one.
// Of what an ordered webhook has waiting, only the head of each chat can be claimed (see 20261124190100_ordered_webhooks).
// Those deliveries have no `next_attempt_at` until their first attempt, so the index by time is not crowded with them.
const claimStatement = `with gated as materialized (
  select id, health_state <> 'healthy' as trial,
    case when health_state <> 'healthy' then 1
      else least($2::int, ($6::jsonb ->> id::text)::int, 1 << least(health_step, 20)) end as quota
  from webhook_configs
  where enabled and health_state <> 'disabled' and health_gate_at <= now() and id <> all($5::uuid[])
  order by id for no key update skip locked
), open as (
  select id, least($2::int, ($6::jsonb ->> id::text)::int) as quota from webhook_configs
  where enabled and health_state = 'healthy' and health_gate_at is null and id <> all($5::uuid[])
  union all
  select id, quota from gated
), heads as materialized (
  select * from claimable_heads(array(select id from open), $2::int + 1)
), offered as (
  select mine.id, mine.turn, mine.due_at
  from (
    select due.id, due.quota, due.due_at, row_number() over (partition by due.webhook_id order by due.due_at) as turn
    from (
      select d.id, w.id as webhook_id, w.quota, d.next_attempt_at as due_at
      from open w cross join lateral (
        select id, next_attempt_at from webhook_deliveries
        where webhook_config_id = w.id and status = 'pending' and next_attempt_at <= now() and chat is null
        order by next_attempt_at limit $2
      ) d
      union all
      select heads.id, w.id, w.quota, heads.due_at from heads join open w on w.id = heads.webhook_config_id
    ) due
  ) mine
  where mine.turn <= mine.quota
  order by mine.turn, mine.due_at limit $1
), locked as materialized (
  select d.id, d.claim_id is not null as reclaimed
  from unnest(array(select id from offered)) as due (id) join webhook_deliveries d on d.id = due.id
  where d.status = 'pending' and (d.next_attempt_at <= now() or d.next_attempt_at is null)
  order by d.id for update of d skip locked
), d as (
  update webhook_deliveries d
  set claim_id = $3::uuid, next_attempt_at = now() + $4::int * interval '1 millisecond'
  from unnest(array(select id from locked)) as held (id) where d.id = held.id
  returning d.*
), portion as (
  select g.id, g.trial, g.quota, (select count(*) from d where d.webhook_config_id = g.id) as claimed,
    (select count(*) from (
      select from webhook_deliveries
      where webhook_config_id = g.id and status = 'pending' and next_attempt_at <= now() and chat is null
      limit g.quota + 1
    ) due) + (select count(*) from heads where heads.webhook_config_id = g.id) as due
  from gated g
), shut as (
  update webhook_configs w
  set health_gate_at = case
      when portion.trial then now() + $4::int * interval '1 millisecond'
      when portion.due <= portion.claimed then null
      else now() + interval '1 second' end,
    health_step = case when portion.trial then w.health_step when portion.due <= portion.claimed then 0
      else w.health_step + 1 end
  from portion
  where w.id = portion.id and (portion.claimed > 0 or (portion.due = 0 and not portion.trial))
)
select ${dueColumns}, d.id in (select id from locked where reclaimed) as reclaimed,
  exists (select from gated g where g.trial and g.id = d.webhook_config_id) as trial
from d join events e on e.id = d.event_id order by d.id`

// Those behind the head of a chat are not due at any time: they would have a dispatcher look for what it cannot claim.
const nextDueStatement = `select min(greatest(mine.due_at, w.health_gate_at)) as at
from webhook_configs w join (
  select hook.id, due.next_attempt_at as due_at from webhook_configs hook cross join lateral (
    select next_attempt_at from webhook_deliveries
    where webhook_config_id = hook.id and status = 'pending' and next_attempt_at is not null and chat is null
    order by next_attempt_at limit 1
  ) due
  union all
  select ordered.id, head.due_at from ordered_webhooks() ordered (id) cross join lateral heads_of_chats(ordered.id) head
) mine on mine.id = w.id
where w.enabled and w.health_state <> 'disabled'`

// What had ended begins its schedule anew; of what waits for a retry the schedule goes on after this attempt.
// A claim whose lease has not run out is an attempt under way, and a disabled webhook gets nothing; then nothing is
// changed and `taken` is false.
const redeliverStatement = `with found as materialized (
  select d.id, not w.enabled as disabled,
    not w.enabled or (d.claim_id is not null and d.next_attempt_at > now()) as refused
  from webhook_deliveries d join webhook_configs w on w.id = d.webhook_config_id
  where d.id = $2 and d.user_id = $1 and exists (select from events e where e.id = d.event_id)
  for update of d
), taken as (
  update webhook_deliveries d
  set status = 'pending', manual = true, claim_id = $3::uuid, delivered_at = null,
    attempts_before = case when d.status = 'pending' then d.attempts_before else d.attempts end,
    next_attempt_at = now() + $4::int * interval '1 millisecond'
  from found where d.id = found.id and not found.refused and d.id = $2
  returning d.*
), d as (
  select * from taken
  union all
  select d.* from webhook_deliveries d join found on found.id = d.id where found.refused and d.id = $2
)
select ${dueColumns}, exists (select from taken) as taken, (select disabled from found) as disabled
from d join events e on e.id = d.event_id`
