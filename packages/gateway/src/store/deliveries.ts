import type { EventType } from '@waxwing/events'
import type { Page, PageRequest } from './page.ts'

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
  /** Asked for by a person: made even when the automatic attempts are used up. */
  manual: boolean
  createdAt: Date
  body: string
}

export type HeldDelivery = Pick<DueDelivery, 'deliveryId' | 'claimId'>

export type RecordedOutcome = {
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

/** A delivery as a page shows it: `body` is null when retention has dropped the event. */
export type DeliveryDetail = DeliveryRow & { body: string | null; attemptLog: AttemptRow[] }

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

export type Deliveries = {
  /** Takes due deliveries: at most `limit`, at most `perWebhook` of one webhook, the longest due first. */
  claimDue(a: { limit: number; perWebhook: number; leaseMs: number }): Promise<DueDelivery[]>
  /** When `claimDue` will next find something, or null when nothing is unfinished. */
  nextDueAt(): Promise<Date | null>
  /** Extends the lease of what is still held. */
  heartbeat(held: readonly HeldDelivery[]): Promise<void>
  /** Gives unattempted claims back: due now, no attempt spent. */
  release(held: readonly HeldDelivery[]): Promise<void>
  /** Writes attempts and what they mean. `fencedOut`: deliveries somebody else had taken over meanwhile. */
  record(outcomes: readonly RecordedOutcome[]): Promise<{ fencedOut: string[] }>
  get(profileId: string, id: string): Promise<DeliveryDetail | null>
  /** Newest event first. */
  list(filter: DeliveryFilter): Promise<Page<DeliveryRow>>
  /** Claims a delivery for a person, whatever its status; takes over the automatic schedule. */
  redeliver(profileId: string, id: string): Promise<DueDelivery | 'not_found' | 'in_flight'>
}
