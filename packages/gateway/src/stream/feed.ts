import type { SessionStatus } from '@waxwing/events'

/** Something that has just become true, for whoever watches. Plain JSON: it may cross a process border. */
export type FeedItem = { profileId: string } & (
  | {
      kind: 'event'
      sessionId: string | null
      id: string
      type: string
      /** ISO: when it became durable. */
      committedAt: string
      body: string
    }
  | {
      kind: 'delivery'
      sessionId: string | null
      webhookId: string
      eventType: string
      attempt: WatchedAttempt
    }
  | { kind: 'session'; sessionId: string; session: WatchedSession }
)

/** One attempt and where it leaves the delivery. Times are ISO; `nextAttemptAt` null: it is finished. */
export type WatchedAttempt = {
  deliveryId: string
  eventId: string
  attempt: number
  status: 'delivered' | 'pending' | 'failed'
  startedAt: string
  durationMs: number
  responseStatus: number | null
  errorClass: string | null
  errorMessage: string | null
  nextAttemptAt: string | null
}

/** Where a session stands now; `removed`: it is gone. Times are ISO. */
export type WatchedSession = {
  name: string
  network: 'whatsapp' | 'sandbox'
  status: SessionStatus
  reason: string | null
  final: boolean
  phone: string | null
  pushName: string | null
  qrExpiresAt: string | null
  updatedAt: string
  removed: boolean
}

/**
 * What commits and attempts tell to whoever watches. It is for looking, never for work: nothing is kept for those who
 * come later (the database has it), and what is lost on the way costs a watcher a line and nobody anything else.
 */
export type Feed = {
  /**
   * Never throws and never waits. `make` is only called when somebody may be listening to this profile: while nobody
   * watches, a commit or an attempt pays for a look into a map.
   */
  tell(profileId: string, make: () => FeedItem): void
  /**
   * Every listener of the profile hears everything told from now on, in order, with what was told together in one
   * call, never inside of `tell`. Resolves once it is certain to hear.
   */
  listen(profileId: string, handler: (items: readonly FeedItem[]) => void): Promise<{ stop(): void }>
  /** Nobody hears anything any more. */
  close(): Promise<void>
}
