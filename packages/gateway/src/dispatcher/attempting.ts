import type { Logger } from 'pino'
import type { Sender } from '../delivery/send.ts'
import type { DueDelivery, RecordedOutcome } from '../store/deliveries.ts'
import type { WebhookRow } from '../store/webhooks.ts'
import { logAttempt, outcomeOf, type TraceAttempt } from './attempt-line.ts'
import type { HealthBoard } from './health-board.ts'
import { meaningOf } from './meaning.ts'

export type Endpoint = Pick<
  WebhookRow,
  'id' | 'profileId' | 'name' | 'webhookUrl' | 'enabled' | 'retryConfig' | 'rateLimit' | 'headers' | 'secrets'
>

/**
 * Makes one attempt: the request, what its answer means for the delivery and says of the endpoint, and the log line. Resolves
 * to what is to be recorded; rejects when `signal` aborts, for then nobody knows what came of it.
 */
export function createAttempting(a: {
  sender: Pick<Sender, 'send'>
  board: Pick<HealthBoard, 'observe'>
  trace: TraceAttempt | undefined
  signal: AbortSignal
  now: () => Date
  random: () => number
  log: Logger
}): (delivery: DueDelivery, endpoint: Endpoint) => Promise<RecordedOutcome> {
  const { sender, board, trace, signal, now, random, log } = a
  return async (delivery, endpoint) => {
    const { webhookUrl: url, secrets, headers, retryConfig: retry } = endpoint
    const send = (traceparent?: string) =>
      sender.send({ ...delivery, url, secrets, headers, traceparent, signal })
    const attempt = await (trace?.(delivery, url, send) ?? send())
    const { next, unspent, seen } = meaningOf(attempt, { delivery, retry, now: now(), random })
    board.observe(delivery.webhookId, seen)
    logAttempt(log, delivery, url, attempt, next)
    return { ...outcomeOf(delivery, attempt, next), unspent }
  }
}
