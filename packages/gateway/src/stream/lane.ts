import type { EventType } from '@waxwing/events'

/**
 * "This delivery is due, and the claim travels with the news." The same fields as a row claimed from the
 * store: whoever hears it may attempt at once, without asking Postgres first.
 */
export type Announcement = {
  deliveryId: string
  /** The fence: an outcome is recorded only while the row still carries this claim. */
  claimId: string
  webhookId: string
  eventId: string
  eventType: EventType
  sessionId: string | null
  /** The number of the attempt to make, from 1. */
  attempt: number
  /** Of these, how many were made before the schedule that is under way began; default none. */
  attemptsBefore?: number
  /** Asked for by a person: it goes ahead of automatic retries. */
  manual: boolean
  /** Of an ordered webhook: when it has ended, the next of its chat is due. */
  ordered?: boolean
  createdAt: Date
  /** The trace its event was captured in (W3C Trace Context); null when nobody traced. */
  traceparent?: string | null
  /** The committed bytes; what is signed is what is sent. */
  body: string
}

/** Counted since the lane was made. `dropped` is not lost work: the due-scan finds it when its lease runs out. */
export type LaneStats = {
  announced: number
  dropped: number
  waiting: number
  /** How long the first of those that wait has been waiting; 0 without one. */
  lagMs: number
}

/**
 * The fast lane between whoever commits deliveries and whoever attempts them. Postgres is the truth; the lane
 * only saves the wait. It may therefore drop (and count) what does not fit, and never blocks who announces.
 */
export type Lane = {
  /** Never throws and never waits. The listener is called later, with everything announced meanwhile. */
  announce(items: readonly Announcement[]): void
  /**
   * Something is due that travels without a claim: the database has to be asked for it. One listener at least hears it,
   * for many at once; nobody who is not there, for whoever begins to listen asks anyway. Never throws, never waits.
   */
  nudge(): void
  /** Several listeners share the work: each announcement reaches one of them. */
  listen(handler: (items: Announcement[]) => void, onNudge?: () => void): { stop(): void }
  stats(): LaneStats
  /** What was announced and not yet heard is dropped and counted. */
  close(): Promise<void>
}
