import type { Logger } from 'pino'
import type { Sender } from '../delivery/send.ts'
import type { DueDelivery, RecordedOutcome } from '../store/deliveries.ts'
import type { WebhookRow } from '../store/webhooks.ts'
import type { Lane } from '../stream/lane.ts'

/** What the dispatcher needs of the store: structurally `store.deliveries`. */
export type Deliveries = {
  claimDue(a: { limit: number; perWebhook: number; leaseMs: number }): Promise<DueDelivery[]>
  nextDueAt(): Promise<Date | null>
  heartbeat(held: readonly { deliveryId: string; claimId: string }[]): Promise<void>
  release(held: readonly { deliveryId: string; claimId: string }[]): Promise<void>
  record(outcomes: readonly RecordedOutcome[]): Promise<{ fencedOut: readonly string[] }>
}

/** Structurally `store.webhooks`. Null: deleted, and its deliveries with it. */
export type Webhooks = {
  findCached(
    id: string,
  ): Promise<Pick<WebhookRow, 'webhookUrl' | 'enabled' | 'retryConfig' | 'headers' | 'secrets'> | null>
}

export type DispatcherOptions = {
  /** Attempts at once, over all endpoints. */
  slots: number
  /** Attempts at once to one endpoint; never more than a tenth of the slots, never less than one. */
  perEndpoint: number
  /** Deliveries waiting in memory for one endpoint; what is more stays in the database. */
  backlog: number
  leaseMs: number
  /** How often the database is asked for due deliveries when nothing is known to be due sooner. */
  scanMs: number
}

export type DispatcherStats = {
  inFlight: number
  waiting: number
  unrecorded: number
  attempts: number
  fencedOut: number
  spilled: number
}

export type Dispatcher = {
  /** Claims nothing more, lets attempts end, records them, and gives the rest back unattempted. */
  stop(): Promise<void>
  stats(): DispatcherStats
}

export declare function startDispatcher(a: {
  lane: Pick<Lane, 'listen'>
  deliveries: Deliveries
  webhooks: Webhooks
  sender: Pick<Sender, 'send' | 'timeoutMs'>
  now?: () => Date
  random?: () => number
  log: Logger
  options: DispatcherOptions
}): Dispatcher
