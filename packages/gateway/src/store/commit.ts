import { randomUUID } from 'node:crypto'
import { deliveryId, type SealedEvent } from '@waxwing/events/event-id'
import { plainArray, textArray } from './array-parameter.ts'
import { type Batcher, createBatcher } from './batcher.ts'
import { chatOf, positionOf } from './chat-order.ts'
import { type Database, isFaultOfOneRow, retryingConflicts } from './database.ts'
import type { DueDelivery } from './deliveries.ts'
import type { Partitions } from './partitions.ts'
import type { WebhookCache, WebhookSnapshot } from './webhook-cache.ts'
import type { Witness } from './witness.ts'

/** How often a batch is matched anew because webhooks changed meanwhile; each change costs one round. */
const maxRounds = 20

/** Commits these events within a span that is linked to the captures they come from. */
export type TraceCommit = <T>(events: readonly SealedEvent[], commit: () => Promise<T>) => Promise<T>

/** A stanza of the inbox of which everything is told by this commit and those before it. */
export type ToldStanza = { sessionId: string; delivery: string }

const isStanza = (item: SealedEvent | ToldStanza): item is ToldStanza => 'delivery' in item
const isEvent = (item: SealedEvent | ToldStanza): item is SealedEvent => !isStanza(item)

/** Since the start: events written, and events that were there already, whose deliveries are not made a second time. */
export type CommitStats = { committed: number; known: number }

export type Commit = Batcher<SealedEvent | ToldStanza, DueDelivery[]> & { stats(): CommitStats }

/**
 * Hop 2 of the river. Events and their deliveries become durable in one statement, or not at all. Which webhooks want
 * an event is decided here, against the list in memory; the statement checks that the list is still of this epoch.
 */
export function createCommit(deps: {
  db: Database
  cache: WebhookCache
  partitions: Partitions
  leaseMs: number
  trace?: TraceCommit
  witness?: Pick<Witness, 'committed'>
  /** Deliveries of ordered webhooks were made. They carry no claim: whoever attempts asks for what is due. */
  onOrdered?: () => void
}): Commit {
  const counts = { committed: 0, known: 0 }
  /** Over when all batches begun so far are. */
  let before: Promise<unknown> = Promise.resolve()
  const batcher = createBatcher({ run: traced, isolate: isFaultOfOneRow })
  return { ...batcher, stats: () => ({ ...counts }) }

  function traced(items: readonly (SealedEvent | ToldStanza)[]): Promise<DueDelivery[][]> {
    if (deps.trace === undefined || !items.some(isEvent)) return inTurn(items)
    return deps.trace(items.filter(isEvent), () => inTurn(items))
  }

  function inTurn(items: readonly (SealedEvent | ToldStanza)[]): Promise<DueDelivery[][]> {
    const earlier = before
    const done = commitBatch(items, earlier)
    // Without its results: each would hold those of all before it.
    before = Promise.allSettled([earlier, done]).then(() => undefined)
    return done
  }

  /** `earlier`: batches that came first, which a batch with ordered deliveries may not overtake. */
  async function commitBatch(
    items: readonly (SealedEvent | ToldStanza)[],
    earlier: Promise<unknown>,
  ): Promise<DueDelivery[][]> {
    const told = items.filter(isStanza)
    // Sorted, so that two batches that share events wait for one another in the same order and never in a circle.
    const arrived = [...new Map(items.filter(isEvent).map(event => [event.id, event])).values()]
    const events = arrived.toSorted(byId)
    await deps.partitions.ensureFor(events.map(event => event.id))
    for (let round = 0; round < maxRounds; round++) {
      const snapshot = await deps.cache.current()
      const wanted = wantedOf(arrived, snapshot)
      if (wanted.some(delivery => delivery.ordered)) await earlier
      const born = await retryingConflicts(() =>
        insert(deps.db, { events, wanted, told, epoch: snapshot.epoch, leaseMs: deps.leaseMs }),
      )
      if (born !== null) {
        if (born.ordered) deps.onOrdered?.()
        counts.committed += events.length - born.known.size
        counts.known += items.length - told.length - events.length + born.known.size
        for (const event of events) if (!born.known.has(event.id)) deps.witness?.committed(event, born.at)
        return items.map(item => (isStanza(item) ? [] : take(born.deliveries, item.id)))
      }
      deps.cache.invalidate()
    }
    throw new Error(`webhooks changed ${maxRounds} times while a batch of events was committed`)
  }
}

const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1)

/** The deliveries of an event go to the first who asks: told twice in one batch, it is still delivered once. */
function take(born: Map<string, DueDelivery[]>, eventId: string): DueDelivery[] {
  const deliveries = born.get(eventId) ?? []
  born.delete(eventId)
  return deliveries
}

type Wanted = { id: string; webhookId: string; ordered: boolean; event: SealedEvent }

/** In the order of the events given: the order of arrival, which ids of one millisecond do not have. */
function wantedOf(events: readonly SealedEvent[], snapshot: WebhookSnapshot): Wanted[] {
  return events.flatMap(event =>
    snapshot
      .wanting(event)
      .map(({ id, ordered }) => ({ id: deliveryId(event.id, id), webhookId: id, ordered, event })),
  )
}

/** `known`: events that had been committed before. */
type Born = { known: Set<string>; at: Date; deliveries: Map<string, DueDelivery[]>; ordered: boolean }

/** One statement. Null: the webhooks changed since that epoch, nothing was written. */
async function insert(
  db: Database,
  {
    events,
    wanted,
    told,
    epoch,
    leaseMs,
  }: {
    events: readonly SealedEvent[]
    wanted: readonly Wanted[]
    told: readonly ToldStanza[]
    epoch: string
    leaseMs: number
  },
): Promise<Born | null> {
  const claimId = randomUUID()
  const [done] = await db.query<{ fresh: boolean; at: Date; unborn: string[]; known: string[] }>({
    name: 'commit-events',
    text: commitStatement,
    values: [
      epoch,
      plainArray(events.map(event => event.id)),
      plainArray(events.map(event => event.profileId)),
      plainArray(events.map(event => event.sessionId)),
      textArray(events.map(event => event.type)),
      textArray(events.map(event => event.chat)),
      textArray(events.map(event => event.body)),
      plainArray(wanted.map(delivery => delivery.id)),
      plainArray(wanted.map(delivery => delivery.webhookId)),
      plainArray(wanted.map(delivery => delivery.event.id)),
      claimId,
      leaseMs,
      plainArray(told.map(stanza => stanza.sessionId)),
      textArray(told.map(stanza => stanza.delivery)),
      textArray(events.map(event => event.traceparent ?? null)),
      plainArray(wanted.map(delivery => delivery.ordered)),
    ],
  })
  if (done === undefined || !done.fresh) return null
  const unborn = new Set(done.unborn)
  const born = unborn.size === 0 ? wanted : wanted.filter(delivery => !unborn.has(delivery.id))
  const claimed = born.filter(delivery => !delivery.ordered)
  const deliveries = Map.groupBy(
    claimed.map(({ id, webhookId, event }) => ({
      deliveryId: id,
      claimId,
      webhookId,
      eventId: event.id,
      eventType: event.type,
      sessionId: event.sessionId,
      attempt: 1,
      manual: false,
      createdAt: done.at,
      traceparent: event.traceparent ?? null,
      body: event.body,
    })),
    delivery => delivery.eventId,
  )
  const ordered = claimed.length < born.length
  return { known: new Set(done.known), at: done.at, deliveries, ordered }
}

// What is missing is told, for as a rule nothing is. A delivery is inserted only for an event inserted here: a known event has had its deliveries. One of an ordered
// webhook gets its place instead of a claim, and no time: it is due when it is its turn.
const commitStatement = `with fresh as materialized (
  select from webhook_epoch where epoch = $1
), new_events as (
  insert into events (id, user_id, session_id, type, chat, body, traceparent)
  select given.* from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $15::text[]) as given
  where exists (select from fresh)
  on conflict (id) do nothing
  returning id, user_id, session_id, type, chat
), new_deliveries as (
  insert into webhook_deliveries
    (id, webhook_config_id, event_id, event_type, session_id, user_id, claim_id, next_attempt_at, chat, position)
  select wanted.id, wanted.webhook_config_id, e.id, e.type, e.session_id, e.user_id,
    case when not wanted.ordered then $11::uuid end,
    case when not wanted.ordered then now() + $12::int * interval '1 millisecond' end,
    case when wanted.ordered then ${chatOf('e')} end,
    case when wanted.ordered then ${positionOf('wanted.nth')} end
  from unnest($8::uuid[], $9::uuid[], $10::uuid[], $16::boolean[])
    with ordinality as wanted (id, webhook_config_id, event_id, ordered, nth)
  join new_events e on e.id = wanted.event_id
  on conflict (id) do nothing
  returning id
), told as (
  update inbox i set published_at = now()
  from unnest($13::uuid[], $14::text[]) as stanza (session_id, delivery)
  where i.session_id = stanza.session_id and i.delivery = stanza.delivery and i.published_at is null
    and exists (select from fresh)
)
select exists (select from fresh) as fresh, now() as at,
  array(select id from unnest($8::uuid[]) as wanted (id) except select id from new_deliveries) as unborn,
  array(select id from unnest($2::uuid[]) as given (id) except select id from new_events) as known`
