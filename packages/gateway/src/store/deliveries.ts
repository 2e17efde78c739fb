import type { EventType } from '@waxwing/events'
import type { Claims } from './claim.ts'
import { asUuid, type Database } from './database.ts'
import { below, lowestIdAt, type Page, type PageRequest, pageOf, whereAll } from './page.ts'
import { createUntold, type Untold } from './untold.ts'

export type DeliveryStatus = 'pending' | 'delivered' | 'failed' | 'cancelled'

/** A delivery with the right to attempt it: whoever has it sends `body` and records the outcome. */
export type DueDelivery = {
  deliveryId: string
  /** The fence: an outcome is only taken while the row still carries it. */
  claimId: string
  webhookId: string
  eventId: string
  eventType: EventType
  sessionId: string | null
  /** The number of the attempt to make, from 1. */
  attempt: number
  /** Of these, how many were made before the schedule that is under way began; default none. */
  attemptsBefore?: number
  /** Asked for by a person: made even when the automatic attempts are used up. */
  manual: boolean
  /** Let through to a degraded or suspended endpoint, to see whether it is back (`EndpointHealth`). */
  trial?: boolean
  /** Of an ordered webhook: when it has ended, the next of its chat can be claimed. */
  ordered?: boolean
  createdAt: Date
  /** The trace its event was captured in (W3C Trace Context); null when nobody traced. */
  traceparent?: string | null
  /** Claimed from somebody whose lease had run out: never announced or heard, or a process that died with it. */
  reclaimed?: boolean
  body: string
}

export type HeldDelivery = Pick<DueDelivery, 'deliveryId' | 'claimId'>

export type RecordedOutcome = {
  /** Of the attempt, a UUIDv7: it is one row however often it is tried to write it. */
  id: string
  delivery: Pick<DueDelivery, 'deliveryId' | 'claimId' | 'webhookId' | 'eventId'>
  attempt: number
  startedAt: Date
  durationMs: number
  timings: object | null
  requestHeaders: Record<string, string>
  responseStatus: number | null
  responseHeaders: Record<string, string> | null
  responseBody: string | null
  errorClass: string | null
  errorMessage: string | null
  next: { kind: 'delivered' } | { kind: 'retry'; at: Date } | { kind: 'dead' }
  /** It is on record, and costs the delivery none of its attempts: a trial that failed. */
  unspent?: boolean
}

export type DeliveryRow = {
  id: string
  profileId: string
  webhookId: string
  eventId: string
  eventType: EventType
  sessionId: string | null
  status: DeliveryStatus
  /** Attempts made so far. */
  attempts: number
  /** When it is tried next, or (while somebody works on it) when the lease ends; null when it is finished. */
  nextAttemptAt: Date | null
  /** When the last attempt began. */
  lastAttemptAt: Date | null
  manual: boolean
  responseStatus: number | null
  errorClass: string | null
  errorMessage: string | null
  createdAt: Date
  deliveredAt: Date | null
}

export type AttemptRow = {
  id: string
  attempt: number
  startedAt: Date
  durationMs: number
  timings: Record<string, number | null> | null
  requestHeaders: Record<string, string>
  responseStatus: number | null
  responseHeaders: Record<string, string> | null
  responseBody: string | null
  errorClass: string | null
  errorMessage: string | null
}

/** A delivery as a page shows it. */
export type DeliveryDetail = DeliveryRow & {
  /** null when retention has dropped the event. */
  body: string | null
  /** The delivery of the same chat that has to end before this one's turn may come; null: it waits for none. */
  waitingFor: string | null
  attemptLog: AttemptRow[]
}

export type DeliveryFilter = {
  profileId: string
  status?: DeliveryStatus
  webhookId?: string
  eventType?: string
  sessionId?: string
  eventId?: string
  errorClass?: string
  responseStatus?: number
  /** Of the event's time. */
  since?: Date
  until?: Date
} & PageRequest

export type Deliveries = Untold & {
  /**
   * Takes due deliveries: at most `limit`, at most `perWebhook` of one webhook, the longest due first; none of the
   * webhooks in `except`, whose backlog is full at the caller, and of those in `shares` at most so many. Of an endpoint
   * in trouble at most its due trial.
   */
  claimDue(a: {
    limit: number
    perWebhook: number
    leaseMs: number
    except?: readonly string[]
    shares?: Readonly<Record<string, number>>
  }): Promise<DueDelivery[]>
  /** When `claimDue` will next find something, or null when nothing is unfinished. */
  nextDueAt(): Promise<Date | null>
  /**
   * Extends the lease of what is still held, and returns those ids. What is missing was taken over, ended, or is
   * being changed at this very moment: nothing may be begun with it.
   */
  heartbeat(held: readonly HeldDelivery[]): Promise<string[]>
  /** Gives unattempted claims back: due now, no attempt spent. */
  release(held: readonly HeldDelivery[]): Promise<void>
  /** Writes attempts and what they mean. `fencedOut`: deliveries somebody else had taken over meanwhile. */
  record(outcomes: readonly RecordedOutcome[]): Promise<{ fencedOut: string[] }>
  get(profileId: string, id: string): Promise<DeliveryDetail | null>
  /** Newest event first. */
  list(filter: DeliveryFilter): Promise<Page<DeliveryRow>>
  /**
   * Claims a delivery for a person, whatever its status; takes over the automatic schedule, which goes on after it, or
   * begins anew for a delivery that had ended. A word: why not.
   */
  redeliver(
    profileId: string,
    id: string,
  ): Promise<DueDelivery | 'not_found' | 'in_flight' | 'webhook_disabled'>
  /** Puts a dead letter away: `cancelled`, with its attempts kept. False when there is no such dead letter. */
  dismiss(profileId: string, id: string): Promise<boolean>
  /** Ends one that still waits, before its next attempt. `in_flight`: somebody holds it at this moment. */
  cancel(profileId: string, id: string): Promise<'cancelled' | 'in_flight' | 'finished' | 'not_found'>
}

const columns = `d.id, d.user_id as "profileId", d.webhook_config_id as "webhookId", d.event_id as "eventId",
  d.event_type as "eventType", d.session_id as "sessionId", d.status, d.attempts,
  d.next_attempt_at as "nextAttemptAt", d.last_attempt_at as "lastAttemptAt", d.manual, d.response_status as "responseStatus",
  d.error_class as "errorClass", d.error_message as "errorMessage", d.created_at as "createdAt",
  d.delivered_at as "deliveredAt"`

/** Behind the lock of the row, which a claim and a record take too: an attempt that has begun is not taken from under its maker. */
const cancelStatement = `with found as materialized (
    select id, case
      when status <> 'pending' then 'finished'
      when claim_id is not null and next_attempt_at > now() then 'in_flight'
      else 'cancelled' end as verdict
    from webhook_deliveries where user_id = $1 and id = $2 for update
  ), cancelled as (
    update webhook_deliveries d set status = 'cancelled', next_attempt_at = null, claim_id = null
    from found where d.id = found.id and d.id = $2 and found.verdict = 'cancelled'
  )
  select verdict from found`

/** One index probe; nothing of a delivery that is finished, or waits for no other. */
const headOfItsChat = `select h.id from webhook_deliveries h
  where d.status = 'pending' and d.claim_id is null and h.webhook_config_id = d.webhook_config_id and h.chat = d.chat
    and h.status = 'pending' and h.chat is not null
  order by h.chat, (h.claim_id is null), h.position limit 1`

/** Claims are made in claim.ts and outcomes recorded in record.ts; this file reads. */
export function createDeliveries(
  db: Database,
  claims: Claims,
  record: (outcomes: readonly RecordedOutcome[]) => Promise<boolean[]>,
): Deliveries {
  return {
    ...claims,
    ...createUntold(db),
    async record(outcomes) {
      const taken = await record(outcomes)
      const fenced = outcomes.filter((_, index) => !taken[index])
      return { fencedOut: fenced.map(outcome => outcome.delivery.deliveryId) }
    },
    async get(profileId, id) {
      const [row] = await db.query<Omit<DeliveryDetail, 'attemptLog'>>({
        text: `select ${columns}, e.body, nullif(head.id, d.id) as "waitingFor"
          from webhook_deliveries d left join events e on e.id = d.event_id
          left join lateral (${headOfItsChat}) head on true
          where d.user_id = $1 and d.id = $2`,
        values: [profileId, asUuid(id)],
      })
      return row === undefined ? null : { ...row, attemptLog: await attemptsOf(db, row.id) }
    },
    async list(filter) {
      const { where, values } = whereAll(conditionsOf(filter))
      const rows = await db.query<DeliveryRow>({
        text: `select ${columns} from webhook_deliveries d ${where}
          order by d.id desc limit ${Number(filter.limit) + 1}`,
        values,
      })
      return pageOf(rows, filter.limit)
    },
    async dismiss(profileId, id) {
      const dismissed = await db.query({
        text: `update webhook_deliveries set status = 'cancelled'
          where user_id = $1 and id = $2 and status = 'failed' returning id`,
        values: [profileId, asUuid(id)],
      })
      return dismissed.length > 0
    },
    async cancel(profileId, id) {
      const [row] = await db.query<{ verdict: 'cancelled' | 'in_flight' | 'finished' }>({
        text: cancelStatement,
        values: [profileId, asUuid(id)],
      })
      return row?.verdict ?? 'not_found'
    },
  }
}

function conditionsOf(filter: DeliveryFilter): Record<string, unknown> {
  const id = (text: string | undefined) => (text === undefined ? undefined : asUuid(text))
  return {
    'd.user_id =': filter.profileId,
    'd.id <': below(filter.cursor),
    'd.status =': filter.status,
    'd.webhook_config_id =': id(filter.webhookId),
    'd.event_type =': filter.eventType,
    'd.session_id =': id(filter.sessionId),
    'd.event_id =': id(filter.eventId),
    'd.error_class =': filter.errorClass,
    'd.response_status =': filter.responseStatus,
    'd.id >=': filter.since && lowestIdAt(filter.since),
    // A second name for the same column: this bound is beside the cursor's.
    '(d.id) <': filter.until && lowestIdAt(filter.until),
  }
}

function attemptsOf(db: Database, deliveryId: string): Promise<AttemptRow[]> {
  return db.query<AttemptRow>({
    text: `select id, attempt, started_at as "startedAt", duration_ms as "durationMs", timings,
        request_headers as "requestHeaders", response_status as "responseStatus",
        response_headers as "responseHeaders", response_body as "responseBody",
        error_class as "errorClass", error_message as "errorMessage"
      from webhook_attempts where delivery_id = $1 order by started_at, id`,
    values: [deliveryId],
  })
}
