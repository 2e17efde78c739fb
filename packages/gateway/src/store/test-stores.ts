import { describe } from 'node:test'
import { eventId, type SealedEvent, uuidv7 } from '@waxwing/events/event-id'
import pino from 'pino'
import type { DueDelivery, RecordedOutcome } from './deliveries.ts'
import { openStore, type Store, type StoreOptions } from './store.ts'
import { oldestServer, oldestTestDatabase, type TestDatabase, testDatabase } from './test-database.ts'

/** A database with the means to open stores on it; every store is closed with it. */
export type TestBench = {
  databaseUrl: string
  open(options?: Partial<StoreOptions>): Promise<Store>
  close(): Promise<void>
}

/** Runs a suite once on the embedded PostgreSQL and once on version 15, the oldest we support. */
export function onEveryServer(law: string, suite: (bench: () => Promise<TestBench>) => void): void {
  describe(`${law} (embedded PostgreSQL)`, () => suite(() => benchOn(testDatabase())))
  const skip = oldestServer === null && 'there is no PostgreSQL 15 in /usr/lib/postgresql/15 on this machine'
  describe(`${law} (PostgreSQL 15)`, { skip }, () => suite(() => benchOn(oldestTestDatabase())))
}

async function benchOn(fresh: Promise<TestDatabase>): Promise<TestBench> {
  const { databaseUrl, drop } = await fresh
  const stores: Store[] = []
  return {
    databaseUrl,
    async open(options = {}) {
      const log = pino({ level: 'silent' })
      const store = await openStore({ databaseUrl, encryptionKey: testKey, log, leaseMs: 60_000, ...options })
      stores.push(store)
      return store
    },
    async close() {
      await Promise.allSettled(stores.map(store => store.close()))
      await drop()
    },
  }
}

export const testKey = Buffer.alloc(32, 7)

/** A profile with a session, and a webhook that wants everything. */
export async function furnish(store: Store) {
  const { id: profileId } = await store.profiles.first()
  const session = await store.sessions.create({ profileId, name: 'Shop', network: 'sandbox' })
  const webhook = await addWebhook(store, profileId)
  return { profileId, sessionId: session.id, webhookId: webhook.id }
}

export function addWebhook(store: Store, profileId: string, subscribedEvents: readonly string[] = ['*']) {
  return store.webhooks.create({
    profileId,
    name: 'Hook',
    webhookUrl: 'https://example.org/hook',
    subscribedEvents,
  })
}

export function textEvent(
  owner: { profileId: string; sessionId: string },
  naturalKey: string,
  at = new Date(),
): SealedEvent {
  const { profileId, sessionId } = owner
  const type = 'messages.received' as const
  const id = eventId({ sessionId, type, naturalKey, at })
  return {
    id,
    type,
    at,
    sessionId,
    profileId,
    chat: 'a chat',
    body: JSON.stringify({ id, naturalKey }),
  }
}

export function outcome(
  delivery: Pick<DueDelivery, 'deliveryId' | 'claimId' | 'webhookId' | 'eventId' | 'attempt'>,
  next: RecordedOutcome['next'],
): RecordedOutcome {
  const ok = next.kind === 'delivered'
  return {
    id: uuidv7(),
    delivery,
    attempt: delivery.attempt,
    startedAt: new Date(),
    durationMs: 12.4,
    timings: { dnsMs: null, connectMs: 1, tlsMs: null, firstByteMs: 10, bodyMs: 1 },
    requestHeaders: { 'webhook-id': delivery.eventId },
    responseStatus: ok ? 200 : 500,
    responseHeaders: { 'content-type': 'text/plain' },
    responseBody: ok ? 'ok' : 'no',
    errorClass: ok ? null : 'http_5xx',
    errorMessage: ok ? null : 'the receiver answered 500',
    next,
  }
}

/** The first of a list, or a failed test. */
export function only<T>(list: readonly T[]): T {
  const [first] = list
  if (list.length !== 1 || first === undefined) throw new Error(`expected one, got ${list.length}`)
  return first
}
