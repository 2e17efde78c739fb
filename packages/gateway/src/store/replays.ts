import { deliveryId, timeOf, uuidv7 } from '@waxwing/events/event-id'
import { chatOf, positionOf } from './chat-order.ts'
import { asUuid, type Database, json, type Query, retryingConflicts } from './database.ts'
import { below, lowestIdAt, type Page, type PageRequest, pageOf } from './page.ts'
import { type CandidateEvent, isReplayed, type ReplayFilter, type ReplayTarget } from './replay-choice.ts'

export type ReplayStatus = 'running' | 'paused' | 'cancelled' | 'finished'

/**
 * Why a running replay sends nothing now. Its operator disabled the webhook; or its endpoint is in trouble, or asked for
 * patience: then what is due already waits with everything else.
 */
export const replayWaits = [
  'webhook_disabled',
  'endpoint_disabled',
  'endpoint_suspended',
  'endpoint_degraded',
  'endpoint_paused',
] as const
export type ReplayWait = (typeof replayWaits)[number]

export type ReplayRow = {
  id: string
  profileId: string
  webhookId: string
  filter: ReplayFilter
  status: ReplayStatus
  /** null: it waits for nothing. */
  waitingReason: ReplayWait | null
  /** Events looked at so far. */
  handled: number
  /** Deliveries made due so far. */
  replayed: number
  /** The time of the first event there was to look at when it was asked for; null: there was none. */
  beginsAt: Date | null
  /** The time of the last event looked at; null: none yet. */
  reachedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

export type Turn = { replayId: string; handled: number; replayed: number; finished: boolean }

export type Replays = {
  /** Null: the profile has no such webhook. */
  create(a: { profileId: string; webhookId: string; filter: ReplayFilter }): Promise<ReplayRow | null>
  get(profileId: string, id: string): Promise<ReplayRow | null>
  /** Newest first. */
  list(a: { profileId: string; webhookId?: string } & PageRequest): Promise<Page<ReplayRow>>
  /**
   * Pauses, resumes or cancels; when it resolves no turn is under way, so a paused replay makes nothing due any more.
   * `ended`: it is finished or cancelled already.
   */
  change(
    profileId: string,
    id: string,
    to: Exclude<ReplayStatus, 'finished'>,
  ): Promise<ReplayRow | 'ended' | null>
  /**
   * Takes one turn of the replay that waits longest, or null when none may have one now. A turn is one transaction
   * that holds the replay's row: of many processes one takes it, and what a killed one began never happened.
   */
  takeTurn(): Promise<Turn | null>
}

/** Events looked at in a turn: some milliseconds of work, so that a pause is heard soon. */
const pageSize = 500
/** How long a replay rests whose webhook is disabled, or still has a second's worth of deliveries due. */
const restMs = 1_000

const columns = `id, user_id as "profileId", webhook_id as "webhookId", filter, status, position, handled, replayed,
  created_at as "createdAt", updated_at as "updatedAt",
  (select case when replays.status <> 'running' then null
      when not w.enabled then 'webhook_disabled'
      when w.health_state <> 'healthy' then 'endpoint_' || w.health_state
      when w.paused_until > now() then 'endpoint_paused' end
    from webhook_configs w where w.id = replays.webhook_id) as "waitingReason"`

type StoredFilter = Omit<ReplayFilter, 'since' | 'until'> & {
  since: string
  until: string
  first: string | null
}
type StoredReplay = Omit<ReplayRow, 'filter' | 'beginsAt' | 'reachedAt'> & {
  filter: StoredFilter
  position: string | null
}

export function createReplays(db: Database): Replays {
  return {
    async create({ profileId, webhookId, filter }) {
      const [row] = await db.query<StoredReplay>({
        text: `insert into replays (id, user_id, webhook_id, filter)
          select $1, w.user_id, w.id, $4::jsonb || jsonb_build_object('first', (
            select id from events where user_id = $2 and id >= $5 and id < $6 order by id limit 1
          ))
          from webhook_configs w where w.user_id = $2 and w.id = $3
          returning ${columns}`,
        values: [
          uuidv7(),
          profileId,
          asUuid(webhookId),
          json(filter),
          lowestIdAt(filter.since),
          lowestIdAt(filter.until),
        ],
      })
      return row === undefined ? null : show(row)
    },
    async get(profileId, id) {
      const [row] = await db.query<StoredReplay>({
        text: `select ${columns} from replays where user_id = $1 and id = $2`,
        values: [profileId, asUuid(id)],
      })
      return row === undefined ? null : show(row)
    },
    async list({ profileId, webhookId, limit, cursor }) {
      const rows = await db.query<StoredReplay>({
        text: `select ${columns} from replays
          where user_id = $1 and id < $2 and ($3::uuid is null or webhook_id = $3) order by id desc limit $4`,
        values: [profileId, below(cursor), webhookId ?? null, limit + 1],
      })
      return pageOf(rows.map(show), limit)
    },
    change: (profileId, id, to) =>
      db.transaction(async query => {
        const [row] = await query<StoredReplay>({
          text: `select ${columns} from replays where user_id = $1 and id = $2 for update`,
          values: [profileId, asUuid(id)],
        })
        if (row === undefined) return null
        if (row.status === to) return show(row)
        if (row.status === 'finished' || row.status === 'cancelled') return 'ended'
        const [changed = row] = await query<StoredReplay>({
          text: `update replays set status = $2, updated_at = now() where id = $1 returning ${columns}`,
          values: [id, to],
        })
        return show(changed)
      }),
    takeTurn: () => retryingConflicts(() => db.transaction(turn)),
  }
}

function show({ position, filter: stored, ...row }: StoredReplay): ReplayRow {
  const { first, ...filter } = stored
  return {
    ...row,
    filter: { ...filter, since: new Date(filter.since), until: new Date(filter.until) },
    beginsAt: first === null ? null : timeOf(first),
    reachedAt: position === null ? null : timeOf(position),
  }
}

async function turn(query: Query): Promise<Turn | null> {
  const [stored] = await query<StoredReplay>({
    text: `select ${columns} from replays where status = 'running' and next_turn_at <= now()
      order by next_turn_at limit 1 for update skip locked`,
  })
  if (stored === undefined) return null
  const replay = show(stored)
  const target = await targetOf(query, replay)
  // Fresh events would wait behind what a replay has made due: it goes no faster than its endpoint takes.
  const room = target.enabled ? replay.filter.rate - target.due : 0
  if (room <= 0) return endTurn(query, replay, { position: stored.position, handled: 0, restMs })

  const events = await nextEvents(query, replay, stored.position)
  const { handled, chosen } = choose(events, target, replay.filter, room)
  await makeDue(query, replay, chosen)
  return endTurn(query, replay, {
    position: events[handled - 1]?.id ?? stored.position,
    handled,
    replayed: chosen.length,
    finished: handled === events.length && events.length < pageSize,
    restMs: (1_000 * chosen.length) / replay.filter.rate,
  })
}

/** The chosen among the first events, as many as there is room for, and how many were looked at for it. */
export function choose<E extends CandidateEvent>(
  events: readonly E[],
  target: ReplayTarget,
  filter: ReplayFilter,
  room: number,
): { handled: number; chosen: E[] } {
  const chosen: E[] = []
  for (const [index, event] of events.entries()) {
    if (!isReplayed(event, target, filter)) continue
    if (chosen.length === room) return { handled: index, chosen }
    chosen.push(event)
  }
  return { handled: events.length, chosen }
}

/** `due`: deliveries of the webhook that wait to be attempted, counted no further than the rate. */
async function targetOf(
  query: Query,
  { webhookId, filter }: ReplayRow,
): Promise<ReplayTarget & { enabled: boolean; due: number }> {
  const [target] = await query<ReplayTarget & { enabled: boolean; due: number }>({
    text: `select id as "webhookId", session_ids as "sessionIds", subscribed_events as "subscribedEvents",
        enabled and health_state <> 'disabled' as enabled,
        (select count(*)::int from (
          select from webhook_deliveries
          where webhook_config_id = w.id and status = 'pending' and next_attempt_at <= now() limit $2
        ) due) as due
      from webhook_configs w where id = $1`,
    values: [webhookId, filter.rate],
  })
  // Its removal removes the replay, and would have to wait for our lock on it.
  if (target === undefined) throw new Error(`the replay's webhook ${webhookId} is gone`)
  return target
}

async function nextEvents(
  query: Query,
  replay: ReplayRow,
  position: string | null,
): Promise<CandidateEvent[]> {
  const { profileId, webhookId, filter } = replay
  const events = await query<Omit<CandidateEvent, 'status'>>({
    text: `select id, type, session_id as "sessionId",
        case when type in ('webhook.disabled', 'webhook.recovered', 'delivery.failed')
          then body::jsonb #>> '{data,webhookId}' end as "aboutWebhookId"
      from events
      where user_id = $1 and id >= $2 and id < $3 and ($4::uuid is null or id > $4) order by id limit ${pageSize}`,
    values: [profileId, lowestIdAt(filter.since), lowestIdAt(filter.until), position],
  })
  const ids = events.map(event => deliveryId(event.id, webhookId))
  const known = await query<{ id: string; status: CandidateEvent['status'] }>({
    text: 'select id, status from webhook_deliveries where id = any($1::uuid[])',
    values: [ids],
  })
  const statuses = new Map(known.map(row => [row.id, row.status]))
  return events.map((event, index) => ({ ...event, status: statuses.get(ids[index] ?? '') ?? null }))
}

/**
 * Due now, for whichever dispatcher claims it. Not `manual`: it waits its turn when the endpoint is in trouble. Of an
 * ordered webhook, what was delivered or died keeps its place and goes before what waits; what it never had comes last.
 * What changed since it was read is let be: somebody redelivers it at this moment.
 */
async function makeDue(query: Query, replay: ReplayRow, chosen: readonly CandidateEvent[]): Promise<void> {
  if (chosen.length === 0) return
  const { webhookId } = replay
  const sorted = chosen
    .map(event => ({ ...event, deliveryId: deliveryId(event.id, webhookId) }))
    .sort((one, other) => (one.deliveryId < other.deliveryId ? -1 : 1))
  const missing = sorted.filter(event => event.status === null)
  const ended = sorted.filter(event => event.status !== null)
  await query({
    text: `insert into webhook_deliveries
        (id, webhook_config_id, event_id, event_type, session_id, user_id, next_attempt_at, chat, position)
      select given.id, w.id, e.id, e.type, e.session_id, e.user_id, now(),
        case when w.ordered then ${chatOf('e')} end,
        case when w.ordered then ${positionOf('row_number() over (order by e.id)')} end
      from unnest($1::uuid[], $2::uuid[]) as given (id, event_id) join events e on e.id = given.event_id
      join webhook_configs w on w.id = $3
      where e.id = any($2::uuid[])
      on conflict (id) do nothing`,
    values: [missing.map(event => event.deliveryId), missing.map(event => event.id), webhookId],
  })
  await query({
    text: `with ended as materialized (
        select id from webhook_deliveries where id = any($1::uuid[]) and status <> 'pending' order by id for update
      )
      update webhook_deliveries d
      set status = 'pending', manual = false, claim_id = null, delivered_at = null, next_attempt_at = now(),
        attempts_before = d.attempts
      from ended where d.id = ended.id and d.id = any($1::uuid[])`,
    values: [ended.map(event => event.deliveryId)],
  })
}

async function endTurn(
  query: Query,
  { id }: ReplayRow,
  a: { position: string | null; handled: number; replayed?: number; finished?: boolean; restMs: number },
): Promise<Turn> {
  const { replayed = 0, finished = false } = a
  await query({
    text: `update replays set position = $2, handled = handled + $3, replayed = replayed + $4,
        status = case when $5 then 'finished' else status end,
        next_turn_at = now() + $6::float8 * interval '1 millisecond', updated_at = now()
      where id = $1`,
    values: [id, a.position, a.handled, replayed, finished, a.restMs],
  })
  return { replayId: id, handled: a.handled, replayed, finished }
}
