import type { EventType } from '@waxwing/events'
import type { Database } from './database.ts'

/** A delivery that failed for good, of which nobody was told yet. */
export type UntoldDeadLetter = {
  deliveryId: string
  eventId: string
  eventType: EventType
  profileId: string
  /** Attempts made: with this one it died. */
  attempts: number
  errorClass: string | null
  responseStatus: number | null
  lastAttemptAt: Date
  /** null: it was removed since. */
  webhook: { id: string; name: string; webhookUrl: string } | null
}

export type Untold = {
  /** In the order of their events. Every death is among them until `told` has heard of it, whoever recorded it. */
  untold(limit: number): Promise<UntoldDeadLetter[]>
  /** Nobody needs to tell of these deaths any more. */
  told(dead: readonly Pick<UntoldDeadLetter, 'deliveryId' | 'attempts'>[]): Promise<void>
}

export function createUntold(db: Database): Untold {
  return {
    untold: limit =>
      db.query<UntoldDeadLetter>({
        name: 'untold-dead-letters',
        text: `select d.id as "deliveryId", d.event_id as "eventId", d.event_type as "eventType",
            d.user_id as "profileId", d.attempts, d.error_class as "errorClass",
            d.response_status as "responseStatus", coalesce(d.last_attempt_at, d.created_at) as "lastAttemptAt",
            case when w.id is not null
              then jsonb_build_object('id', w.id, 'name', w.name, 'webhookUrl', w.webhook_url) end as webhook
          from webhook_deliveries d left join webhook_configs w on w.id = d.webhook_config_id
          where d.status = 'failed' and d.told_attempt is distinct from d.attempts
          order by d.id limit $1`,
        values: [limit],
      }),
    async told(dead) {
      if (dead.length === 0) return
      await db.query({
        name: 'told-dead-letters',
        text: `with mine as materialized (
            select d.id from webhook_deliveries d
            join unnest($1::uuid[], $2::int[]) as given (id, attempts) on d.id = given.id and d.attempts = given.attempts
            where d.id = any($1::uuid[]) and d.status = 'failed' order by d.id for update of d
          )
          update webhook_deliveries d set told_attempt = d.attempts from mine
          where d.id = mine.id and d.id = any($1::uuid[])`,
        values: [dead.map(one => one.deliveryId), dead.map(one => one.attempts)],
      })
    },
  }
}
