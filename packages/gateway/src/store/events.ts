import type { EventType } from '@waxwing/events'
import type { SealedEvent } from '@waxwing/events/event-id'
import type { DueDelivery } from './deliveries.ts'
import type { Page, PageRequest } from './page.ts'

export type EventRow = {
  id: string
  profileId: string
  sessionId: string | null
  type: EventType
  chat: string | null
  /** When it happened; the time of its id. */
  at: Date
  committedAt: Date
  /** The envelope, the exact bytes that are signed and sent. */
  body: string
}

export type EventFilter = {
  profileId: string
  type?: string
  sessionId?: string
  since?: Date
  until?: Date
} & PageRequest

export type Events = {
  /**
   * Makes events durable together with one delivery per matching webhook; resolves after the commit with the
   * deliveries the caller may attempt now. An event that is known already yields none.
   */
  commit(events: readonly SealedEvent[]): Promise<DueDelivery[]>
  get(profileId: string, id: string): Promise<EventRow | null>
  /** Newest first. */
  list(filter: EventFilter): Promise<Page<EventRow>>
}
