import type { SealedEvent } from '@waxwing/events/event-id'
import type { SessionRow } from './sessions.ts'

/** Hears of what this process has just written, after it is durable. Must neither throw nor wait: the writer does not. */
export type Witness = {
  /** An event that was not known before. `at`: when it became durable. */
  committed(event: SealedEvent, at: Date): void
  sessionChanged(row: SessionRow): void
  /** The row as it was. */
  sessionRemoved(row: SessionRow): void
}
