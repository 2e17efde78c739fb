/** The law: the notice of a dead letter is as durable as the dead letter, and told twice it is one event. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { sealEvent } from '@waxwing/events/event-id'
import type { DueDelivery } from '../store/deliveries.ts'
import { openStore, type Store } from '../store/store.ts'
import { type TestDatabase, testDatabase } from '../store/test-database.ts'
import { addWebhook, outcome, testKey, textEvent } from '../store/test-stores.ts'
import { type DeadLetterNotices, startDeadLetterNotices } from './dead-letter-notices.ts'
import type { Publish } from './notices.ts'
import { log, until } from './test-stage.ts'

let database: TestDatabase
let store: Store
let owner: { profileId: string; sessionId: string }
let webhookId: string
let watcherId: string
let running: DeadLetterNotices[]

beforeEach(async () => {
  database = await testDatabase()
  store = await openStore({ ...database, encryptionKey: testKey, log, leaseMs: 60_000 })
  const { id: profileId } = await store.profiles.first()
  const session = await store.sessions.create({ profileId, name: 'Shop', network: 'sandbox' })
  owner = { profileId, sessionId: session.id }
  webhookId = (await addWebhook(store, profileId, ['messages.*'])).id
  watcherId = (await addWebhook(store, profileId, ['delivery.failed'])).id
  running = []
})
afterEach(async () => {
  await Promise.all(running.map(one => one.stop(1_000)))
  await store.close()
  await database.drop()
})

/** As a process does that begins to dispatch. */
function begin(publish: Publish): DeadLetterNotices {
  const notices = startDeadLetterNotices({ store: store.deliveries, publish, log })
  running.push(notices)
  return notices
}

const commit: Publish = async drafts => void (await store.events.commit(drafts.map(sealEvent)))

/** Deliveries whose death is recorded, and whose process came no further. */
async function dead(count: number): Promise<DueDelivery[]> {
  const events = Array.from({ length: count }, (_, index) => textEvent(owner, `${index} ${Math.random()}`))
  const due = await store.events.commit(events)
  await die(due)
  return due
}

async function die(due: readonly DueDelivery[]): Promise<void> {
  const { fencedOut } = await store.deliveries.record(due.map(one => outcome(one, { kind: 'dead' })))
  assert.deepEqual(fencedOut, [])
}

/** What the notices say, sorted by the attempt; and how many deliveries of them there are. */
async function told() {
  const { rows } = await store.events.list({
    profileId: owner.profileId,
    type: 'delivery.failed',
    limit: 500,
  })
  const to = { profileId: owner.profileId, webhookId: watcherId, limit: 500 }
  return {
    notices: rows.map(row => JSON.parse(row.body)),
    deliveries: (await store.deliveries.list(to)).rows.length,
  }
}

async function allTold(): Promise<void> {
  await until(async () => (await store.deliveries.untold(1)).length === 0)
}

test('a dead letter whose process was killed before it told is told of by the next one', async () => {
  const [one] = await dead(1)
  const [untold] = await store.deliveries.untold(10)
  begin(commit)
  await allTold()
  const { notices, deliveries } = await told()
  assert.equal(deliveries, 1)
  assert.deepEqual(
    notices.map(notice => notice.data),
    [
      {
        webhookId,
        webhookName: 'Hook',
        webhookUrl: 'https://example.org/hook',
        deliveryId: one?.deliveryId,
        eventId: one?.eventId,
        eventType: 'messages.received',
        attempts: 1,
        errorClass: 'http_5xx',
        responseStatus: 500,
        detail: 'The receiver failed. Its own log of this moment knows why.',
        lastAttemptAt: untold?.lastAttemptAt.toISOString(),
      },
    ],
  )
})

test('one killed between committing the notice and noting that is followed by one that tells it again: one event', async () => {
  await dead(3)
  const killed = begin(async drafts => {
    await commit(drafts)
    throw new Error('killed')
  })
  await until(async () => (await told()).notices.length === 3)
  await killed.stop(1_000)
  assert.equal((await store.deliveries.untold(10)).length, 3)
  begin(commit)
  begin(commit)
  await allTold()
  const { notices, deliveries } = await told()
  assert.deepEqual([notices.length, deliveries], [3, 3])
})

test('what cannot be committed now is told later, and one that fails holds up no other', async () => {
  const [first] = await dead(2)
  let refuse = true
  const notices = begin(async drafts => {
    if (refuse && JSON.stringify(drafts).includes(String(first?.deliveryId))) throw new Error('not now')
    await commit(drafts)
  })
  await until(async () => (await store.deliveries.untold(10)).length === 1)
  refuse = false
  notices.look()
  await allTold()
  assert.equal((await told()).notices.length, 2)
})

test('a backlog that dies at once is told of whole', async () => {
  await dead(250)
  begin(commit)
  await allTold()
  const { notices, deliveries } = await told()
  assert.deepEqual([new Set(notices.map(notice => notice.data.deliveryId)).size, deliveries], [250, 250])
})

test('one that is revived and dies again is news again', async () => {
  const [one] = await dead(1)
  assert.ok(one)
  const notices = begin(commit)
  await allTold()
  const again = await store.deliveries.redeliver(owner.profileId, one.deliveryId)
  assert.ok(typeof again === 'object')
  assert.deepEqual(await store.deliveries.untold(10), [], 'pending is not dead')
  await die([again])
  notices.look()
  await allTold()
  assert.deepEqual((await told()).notices.map(notice => notice.data.attempts).sort(), [1, 2])
})

test('nobody is told of the dead letters of a removed webhook, nor of a notice that died', async () => {
  await dead(2)
  await store.webhooks.remove(owner.profileId, webhookId)
  begin(commit)
  await allTold()
  assert.deepEqual(await told(), { notices: [], deliveries: 0 })
  const ping = { sessionId: null, profileId: owner.profileId, chat: null, naturalKey: null }
  const data = {
    webhookId: 'w',
    webhookName: 'Hook',
    webhookUrl: 'https://example.org/',
    deliveryId: 'd',
    eventId: 'e',
  }
  const rest = {
    eventType: 'call',
    attempts: 1,
    errorClass: null,
    responseStatus: null,
    detail: '',
    lastAttemptAt: '',
  }
  const draft = { ...ping, at: new Date(), type: 'delivery.failed', data: { ...data, ...rest } }
  const due = await store.events.commit([sealEvent(draft as Parameters<typeof sealEvent>[0])])
  assert.equal(due.length, 1)
  await die(due)
  running[0]?.look()
  await allTold()
  assert.equal((await told()).notices.length, 1, 'the one that died')
})
