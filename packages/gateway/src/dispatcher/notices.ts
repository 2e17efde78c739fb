/** The events about delivering events: who tells of them, and what they say. */
import type { ErrorClass, EventType } from '@waxwing/events'
import type { EventDraft } from '@waxwing/events/event-id'
import { hint } from '../delivery/outcome.ts'
import type { UntoldDeadLetter } from '../store/untold.ts'
import type { HealthNotice, HealthRow } from '../store/webhook-health.ts'

/** Commits events and announces their deliveries: hops 2 and 3 of the river. */
export type Publish = (drafts: EventDraft[]) => Promise<void>

type Webhook = NonNullable<UntoldDeadLetter['webhook']>
type Subject = { id: string; profileId: string; name: string; webhookUrl: string }

/** A notice that could not be delivered is a dead letter and no news, or two dead receivers would notify one another for ever. */
const notices: ReadonlySet<EventType> = new Set(['webhook.disabled', 'webhook.recovered', 'delivery.failed'])

export function isNotice(type: EventType): boolean {
  return notices.has(type)
}

/** Told twice, it is the same event: its id comes from the episode, and so does its time. */
export function healthDraft(row: HealthRow, notice: HealthNotice, heldDeliveries: number): EventDraft {
  const subject = { id: row.webhookId, profileId: row.profileId, name: row.name, webhookUrl: row.webhookUrl }
  const { at, downSince } = notice
  if (notice.kind === 'recovered')
    return {
      ...addressed(subject, new Date(at), `${subject.id} ${downSince} recovered`),
      type: 'webhook.recovered',
      data: { ...endpointOf(subject), downSince, heldDeliveries },
    }
  const { state, reason, errorClass, responseStatus } = notice
  return {
    ...addressed(subject, new Date(at), `${subject.id} ${downSince} ${state}`),
    type: 'webhook.disabled',
    data: {
      ...endpointOf(subject),
      state,
      since: downSince,
      reason,
      ...(errorClass === null ? {} : { errorClass: errorClass as ErrorClass }),
      ...(responseStatus === null ? {} : { responseStatus }),
    },
  }
}

/** Told twice, it is the same event: its id comes from the delivery and the attempt with which it died. */
export function deadLetterDraft(dead: UntoldDeadLetter, webhook: Webhook): EventDraft {
  const { deliveryId, eventId, eventType, attempts, responseStatus, lastAttemptAt } = dead
  const errorClass = dead.errorClass as ErrorClass | null
  const subject = { ...webhook, profileId: dead.profileId }
  return {
    ...addressed(subject, lastAttemptAt, `${deliveryId} ${attempts}`),
    type: 'delivery.failed',
    data: {
      ...endpointOf(subject),
      deliveryId,
      eventId,
      eventType,
      attempts,
      errorClass,
      responseStatus,
      detail: errorClass === null ? 'It was given up.' : hint(errorClass, responseStatus),
      lastAttemptAt: lastAttemptAt.toISOString(),
    },
  }
}

function addressed(subject: Subject, at: Date, naturalKey: string) {
  const { id: aboutWebhookId, profileId } = subject
  return { at, sessionId: null, profileId, chat: null, naturalKey, aboutWebhookId }
}

function endpointOf({ id, name, webhookUrl }: Subject) {
  return { webhookId: id, webhookName: name, webhookUrl: shownUrl(webhookUrl) }
}

/** Without user, password and query, which may hold secrets. */
function shownUrl(webhookUrl: string): string {
  const url = new URL(webhookUrl)
  url.username = ''
  url.password = ''
  url.search = ''
  url.hash = ''
  return url.href
}
