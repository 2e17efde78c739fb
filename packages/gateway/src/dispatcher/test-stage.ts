import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { type SealedEvent, sealEvent } from '@waxwing/events/event-id'
import pg from 'pg'
import pino from 'pino'
import { createGuard } from '../delivery/guard.ts'
import { createSender, type Sender } from '../delivery/send.ts'
import { type Receiver, startReceiver } from '../delivery/test-receiver.ts'
import type { DeliveryDetail } from '../store/deliveries.ts'
import { openStore, type Store } from '../store/store.ts'
import { testDatabase } from '../store/test-database.ts'
import { createMemoryLane } from '../stream/memory-lane.ts'
import { type DispatcherOptions, startDispatcher } from './dispatcher.ts'
import type { Publish } from './notices.ts'

/** What a test gives back when it ends. */
export type Test = { after(fn: () => unknown): void }

export const log = pino({ level: process.env.TEST_LOG ?? 'silent' })

/** A fresh database with a store, a profile, and a sender that may reach this machine. */
export async function openStage(a: { attemptMs: number; leaseMs: number; maxConnections?: number }) {
  const { attemptMs: timeoutMs, leaseMs, maxConnections = 64 } = a
  const guard = createGuard({ allow: 'public', allowLoopback: true })
  const sender = createSender({ timeoutMs, guard, userAgent: 'Waxwing/test', maxConnections })
  const { databaseUrl, drop } = await testDatabase()
  /** Another process's store on the same database. */
  const open = (options: { leaseMs?: number; onOrdered?: () => void } = {}) =>
    openStore({ databaseUrl, encryptionKey: Buffer.alloc(32, 7), log, leaseMs, ...options })
  const store = await open()
  const db = new pg.Client({ connectionString: databaseUrl })
  db.on('error', () => {}) // a test may cut every connection
  await db.connect()
  const { id: profileId } = await store.profiles.first()

  async function row(id: string): Promise<DeliveryDetail> {
    const found = await store.deliveries.get(profileId, id)
    assert.ok(found)
    return found
  }
  async function ended(id: string): Promise<DeliveryDetail> {
    await until(async () => (await row(id)).status !== 'pending')
    return row(id)
  }

  return {
    databaseUrl,
    guard,
    sender,
    store,
    db,
    profileId,
    open,
    row,
    ended,
    async healthOf(webhookId: string) {
      const found = await store.webhooks.get(profileId, webhookId)
      assert.ok(found)
      return found.health
    },
    async close() {
      await sender.close()
      await store.close()
      await db.end().catch(() => {})
      await drop()
    },
  }
}

/** A dispatcher on a lane of its own, whose events go the whole river. Unless told otherwise with the usual options. */
export function dispatchOn(a: {
  store: Pick<Store, 'deliveries' | 'webhooks' | 'webhookHealth' | 'events'>
  sender: Pick<Sender, 'send' | 'timeoutMs'>
  options: Partial<DispatcherOptions> & { leaseMs: number }
  lane?: ReturnType<typeof createMemoryLane>
  /** Default: what is told of delivering is committed and goes out as well. */
  publish?: Publish
}) {
  const { lane = createMemoryLane({ limit: 10_000 }), sender } = a
  const { deliveries, webhooks, webhookHealth, events } = a.store
  const commit: Publish = async drafts => lane.announce(await events.commit(drafts.map(sealEvent)))
  const publish = a.publish ?? commit
  const usual = { slots: 100, perEndpoint: 10, backlog: 1_000, scanMs: 100 }
  const options = { ...usual, ...a.options }
  const dispatcher = startDispatcher({
    lane,
    deliveries,
    webhooks,
    webhookHealth,
    publish,
    sender,
    log,
    options,
  })
  return { lane, dispatcher }
}

/** This many events, for every webhook there is. */
export function pings(profileId: string, count: number): SealedEvent[] {
  return Array.from({ length: count }, () =>
    sealEvent({
      type: 'webhook.ping',
      at: new Date(),
      sessionId: null,
      profileId,
      chat: null,
      naturalKey: null,
      data: { webhookId: 'w', message: 'grüße' },
    }),
  )
}

/** Answers the n-th request, from 1, with this status. */
export async function answering(t: Test, statusOf: (n: number) => number): Promise<Receiver> {
  let n = 0
  const receiver = await startReceiver((_, __, response) => response.writeHead(statusOf(++n)).end())
  t.after(() => receiver.stop())
  return receiver
}

/** Ends when it holds; fails after two minutes, which no test here should come near. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 12_000; i++) {
    if (await condition()) return
    await pause(10)
  }
  assert.fail('gave up waiting')
}
