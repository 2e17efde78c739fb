import type { EventType } from '@waxwing/events'
import type { Attempt } from './attempt.ts'
import type { Guard } from './guard.ts'

export type { Attempt, ErrorClass, Timings } from './attempt.ts'

export type SendRequest = {
  url: string
  /** The committed bytes: signed and sent as they are. */
  body: string
  eventId: string
  eventType: EventType
  deliveryId: string
  /** From 1. */
  attempt: number
  /** Newest first; each signs. */
  secrets: readonly string[]
  /** The user's. Those `checkUserHeaders` objects to are left out. */
  headers: Record<string, string>
  signal?: AbortSignal
}

export type Sender = {
  /**
   * Makes one attempt. Whatever the receiver or the network does is a value.
   * Rejects only when `signal` aborts: then nobody knows whether the receiver got it.
   */
  send(request: SendRequest): Promise<Attempt>
  /** No attempt takes longer than this. */
  timeoutMs: number
  close(): Promise<void>
}

export type SenderOptions = {
  /** One deadline over DNS, connect, TLS, headers and body; 1,000 to 30,000. */
  timeoutMs: number
  guard: Guard
  /** `Waxwing/<version>` */
  userAgent: string
  /** Per origin. */
  maxConnections?: number
}

export declare function createSender(options: SenderOptions): Sender
