import { uuidv7 } from '@waxwing/events/event-id'
import type { Logger } from 'pino'
import type { Attempt } from '../delivery/send.ts'
import type { DueDelivery, RecordedOutcome } from '../store/deliveries.ts'

/** Makes the attempt by `send`, telling it the `traceparent` of its span. */
export type TraceAttempt = (
  delivery: DueDelivery,
  webhookUrl: string,
  send: (traceparent: string) => Promise<Attempt>,
) => Promise<Attempt>

/** The row an attempt leaves. `delivery` is shared, not copied: its claim may be renewed until it is written. */
export function outcomeOf(
  delivery: DueDelivery,
  attempt: Attempt,
  next: RecordedOutcome['next'],
): RecordedOutcome {
  return {
    id: uuidv7(),
    delivery,
    attempt: delivery.attempt,
    startedAt: attempt.startedAt,
    durationMs: attempt.durationMs,
    timings: attempt.timings,
    requestHeaders: attempt.requestHeaders,
    responseStatus: attempt.response?.status ?? null,
    responseHeaders: attempt.response?.headers ?? null,
    responseBody: attempt.response?.body ?? null,
    errorClass: attempt.error?.class ?? null,
    errorMessage: attempt.error?.message ?? null,
    next,
  }
}

/** The one wide log line of an attempt. Of the URL only the origin: paths and queries carry tokens. */
export function logAttempt(
  log: Logger,
  delivery: DueDelivery,
  webhookUrl: string,
  attempt: Attempt,
  next: RecordedOutcome['next'],
): void {
  const line = {
    deliveryId: delivery.deliveryId,
    eventId: delivery.eventId,
    eventType: delivery.eventType,
    sessionId: delivery.sessionId,
    traceId: attempt.requestHeaders.traceparent?.split('-')[1],
    webhookId: delivery.webhookId,
    to: URL.parse(webhookUrl)?.origin ?? null,
    attempt: delivery.attempt,
    manual: delivery.manual,
    trial: delivery.trial ?? false,
    ageMs: attempt.startedAt.getTime() - delivery.createdAt.getTime(),
    durationMs: attempt.durationMs,
    ...attempt.timings,
    status: attempt.response?.status ?? null,
    errorClass: attempt.error?.class ?? null,
    error: attempt.error?.message ?? null,
    next: next.kind,
    nextAt: next.kind === 'retry' ? next.at : null,
  }
  if (next.kind === 'delivered') log.info(line, 'attempt delivered')
  else if (next.kind === 'retry') log.warn(line, 'attempt failed; it will be made again')
  else log.error(line, 'attempt failed; the delivery is a dead letter now')
}
