import type { DueDelivery, RecordedOutcome } from './store/deliveries.ts'
import type { SessionRow } from './store/sessions.ts'
import type { Witness } from './store/witness.ts'
import type { Feed, FeedItem, WatchedAttempt } from './stream/feed.ts'

/** Tells the feed what the store has written and the dispatcher has made of it. Nothing is drawn up while nobody listens. */
export type News = Witness & {
  /** An attempt that is written down. */
  recorded(profileId: string, delivery: DueDelivery, outcome: RecordedOutcome): void
}

export function createNews(feed: Pick<Feed, 'tell'>): News {
  const session = (row: SessionRow, removed: boolean) =>
    feed.tell(row.profileId, () => sessionItem(row, removed))
  return {
    committed: ({ id, type, profileId, sessionId, body }, at) =>
      feed.tell(profileId, () => ({
        kind: 'event',
        profileId,
        sessionId,
        id,
        type,
        committedAt: at.toISOString(),
        body,
      })),
    sessionChanged: row => session(row, false),
    sessionRemoved: row => session(row, true),
    recorded: (profileId, delivery, outcome) =>
      feed.tell(profileId, () => ({
        kind: 'delivery',
        profileId,
        sessionId: delivery.sessionId,
        webhookId: delivery.webhookId,
        eventType: delivery.eventType,
        attempt: attemptOf(delivery, outcome),
      })),
  }
}

const statusOf = { delivered: 'delivered', retry: 'pending', dead: 'failed' } as const

function attemptOf({ deliveryId, eventId }: DueDelivery, outcome: RecordedOutcome): WatchedAttempt {
  const { attempt, startedAt, durationMs, responseStatus, errorClass, errorMessage, next } = outcome
  return {
    deliveryId,
    eventId,
    attempt,
    status: statusOf[next.kind],
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(durationMs),
    responseStatus,
    errorClass,
    errorMessage,
    nextAttemptAt: next.kind === 'retry' ? next.at.toISOString() : null,
  }
}

function sessionItem(row: SessionRow, removed: boolean): FeedItem {
  const { id, profileId, name, network, status, reason, final, phone, pushName, qrExpiresAt, updatedAt } = row
  return {
    kind: 'session',
    profileId,
    sessionId: id,
    session: {
      name,
      network,
      status,
      reason,
      final,
      phone,
      pushName,
      qrExpiresAt: qrExpiresAt?.toISOString() ?? null,
      updatedAt: updatedAt.toISOString(),
      removed,
    },
  }
}
