import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SealedEvent } from '@waxwing/events/event-id'
import pino from 'pino'
import { type Database, openDatabase } from './database.ts'
import type { DeliveryDetail, DueDelivery, RecordedOutcome } from './deliveries.ts'
import type { Store } from './store.ts'
import { furnish, only, outcome, type TestBench, textEvent } from './test-stores.ts'

export const all = { limit: 1000, perWebhook: 1000, leaseMs: 60_000 }
export const delivered = { kind: 'delivered' } as const
export const dead = { kind: 'dead' } as const
export const inAnHour = () => ({ kind: 'retry', at: new Date(Date.now() + 3_600_000) }) as const
export const atOnce = () => ({ kind: 'retry', at: new Date(Date.now() - 1) }) as const

export const ids = (events: readonly { id: string }[]) => events.map(event => event.id)
export const eventIds = (due: readonly DueDelivery[]) => due.map(one => one.eventId).sort()

/** Two stores on one database, and for each test an ordered webhook of its own that wants everything. */
export function orderedKit(fresh: () => Promise<TestBench>) {
  let bench: TestBench
  let store: Store
  let other: Store
  let db: Database
  let owner: Awaited<ReturnType<typeof furnish>>
  let nudges = 0
  let serial = 0
  before(async () => {
    bench = await fresh()
    store = await bench.open({ onOrdered: () => nudges++ })
    other = await bench.open()
    db = openDatabase({ databaseUrl: bench.databaseUrl, poolSize: 4, log: pino({ level: 'silent' }) })
  })
  after(async () => {
    await db.close()
    await bench.close()
  })
  beforeEach(async () => {
    if (owner !== undefined) await store.webhooks.remove(owner.profileId, owner.webhookId)
    await db.query({ text: 'delete from events' })
    owner = await furnish(store)
    await setOrdered(true)
    nudges = 0
  })

  const setOrdered = (ordered: boolean) =>
    store.webhooks.update(owner.profileId, owner.webhookId, { ordered })

  function message(chat: string | null, at = new Date()): SealedEvent {
    return { ...textEvent(owner, `event ${serial++}`, at), chat }
  }

  const look = (more = {}) => store.deliveries.claimDue({ ...all, ...more })
  const end = (delivery: DueDelivery, next: RecordedOutcome['next'] = delivered) =>
    store.deliveries.record([outcome(delivery, next)])

  return {
    get store() {
      return store
    },
    get other() {
      return other
    },
    get db() {
      return db
    },
    get owner() {
      return owner
    },
    /** How often the store said that ordered deliveries were made. */
    get nudges() {
      return nudges
    },
    setOrdered,
    message,
    /** Events of these chats, each committed before the next is made. */
    async commit(...chats: (string | null)[]): Promise<SealedEvent[]> {
      const events = chats.map(chat => message(chat))
      for (const event of events) assert.deepEqual(await store.events.commit([event]), [])
      return events
    },
    look,
    end,
    async get(deliveryId: string): Promise<DeliveryDetail> {
      const row = await store.deliveries.get(owner.profileId, deliveryId)
      assert.ok(row)
      return row
    },
    /** The events of one chat, in the order in which they could be claimed. */
    async oneAfterTheOther(): Promise<string[]> {
      const seen: string[] = []
      for (let due = await look(); due.length > 0; due = await look()) {
        const head = only(due)
        seen.push(head.eventId)
        await end(head)
      }
      return seen
    },
    /** Everything that died, or that the webhook never had, is made due. */
    async replay(): Promise<void> {
      const filter = { status: null, eventType: null, force: false, rate: 1_000 }
      const since = new Date(Date.now() - 60_000)
      const until = new Date(Date.now() + 60_000)
      const { profileId, webhookId } = owner
      await store.replays.create({ profileId, webhookId, filter: { ...filter, since, until } })
      while (!(await store.replays.takeTurn())?.finished) await sleep(5)
    },
  }
}

/** Ends when it holds; fails after a minute. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 6_000; i++) {
    if (await condition()) return
    await sleep(10)
  }
  assert.fail('gave up waiting')
}
