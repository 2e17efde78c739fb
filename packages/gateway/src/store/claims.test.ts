/** The law: a delivery is worked on by one at a time, and only who holds its claim may say what came of it. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { DueDelivery } from './deliveries.ts'
import type { Store } from './store.ts'
import {
  addWebhook,
  furnish,
  onEveryServer,
  only,
  outcome,
  type TestBench,
  textEvent,
} from './test-stores.ts'

const all = { limit: 1000, perWebhook: 1000, leaseMs: 60_000 }
const inAnHour = () => ({ kind: 'retry', at: new Date(Date.now() + 3_600_000) }) as const
const at = (time: number) => ({ kind: 'retry', at: new Date(time) }) as const

onEveryServer('a delivery belongs to one claim', fresh => {
  let bench: TestBench
  let store: Store
  let other: Store
  let owner: Awaited<ReturnType<typeof furnish>>
  let serial = 0
  before(async () => {
    bench = await fresh()
    store = await bench.open()
    other = await bench.open()
  })
  after(() => bench.close())
  // Each test has a webhook of its own; the one before it takes its deliveries along.
  beforeEach(async () => {
    if (owner !== undefined) await store.webhooks.remove(owner.profileId, owner.webhookId)
    owner = await furnish(store)
  })

  const commitOne = async () => only(await store.events.commit([textEvent(owner, `event ${serial++}`)]))
  const statusOf = async (delivery: DueDelivery) =>
    (await store.deliveries.get(owner.profileId, delivery.deliveryId))?.status

  test('what was announced is claimed by nobody else until its lease has run out', async () => {
    const short = await bench.open({ leaseMs: 50 })
    const before = Date.now()
    const [announced] = await short.events.commit([textEvent(owner, 'short lease')])
    const after = Date.now()
    assert.ok(announced)
    const due = (await short.deliveries.nextDueAt())?.getTime() ?? 0
    // The database's clock is this machine's; a millisecond for what a Date cuts off.
    assert.ok(due >= before + 50 - 1 && due <= after + 50 + 1, `due ${due - before} ms after the start`)
    await sleep(80)
    const taken = only(await other.deliveries.claimDue(all))
    assert.equal(taken.deliveryId, announced.deliveryId)
    assert.notEqual(taken.claimId, announced.claimId)
    assert.equal(taken.attempt, 1)
    assert.equal(taken.body, announced.body)
  })

  test('two dispatchers that look at the same moment never get the same delivery', async () => {
    const events = Array.from({ length: 120 }, (_, index) => textEvent(owner, `shared ${index}`))
    await store.deliveries.release(await store.events.commit(events))
    const looks = Array.from({ length: 8 }, (_, index) =>
      (index % 2 === 0 ? store : other).deliveries.claimDue({ ...all, limit: 40 }),
    )
    const claimed = (await Promise.all(looks)).flat()
    let rest: DueDelivery[]
    do {
      rest = await store.deliveries.claimDue(all)
      claimed.push(...rest)
    } while (rest.length > 0)
    assert.equal(claimed.length, events.length)
    assert.equal(new Set(claimed.map(delivery => delivery.deliveryId)).size, events.length)
  })

  test('a webhook with a thousand due deliveries does not keep another from its turn', async () => {
    const flood = Array.from({ length: 1000 }, (_, index) => textEvent(owner, `flood ${index}`))
    await store.deliveries.release(await store.events.commit(flood))
    await store.webhooks.update(owner.profileId, owner.webhookId, { subscribedEvents: ['call'] })
    const quiet = await addWebhook(store, owner.profileId)
    await store.deliveries.release(await store.events.commit([textEvent(owner, 'quiet')]))
    const claimed = await store.deliveries.claimDue({ ...all, limit: 20, perWebhook: 15 })
    assert.equal(claimed.filter(delivery => delivery.webhookId === quiet.id).length, 1)
    assert.equal(claimed.length, 16)
    assert.deepEqual(await store.deliveries.claimDue({ ...all, except: [owner.webhookId, quiet.id] }), [])
    await store.webhooks.remove(owner.profileId, quiet.id)
  })

  test('of a webhook with a smaller share no more is claimed than that, and of the others what was asked for', async () => {
    const quiet = await addWebhook(store, owner.profileId)
    const events = Array.from({ length: 12 }, (_, index) => textEvent(owner, `share ${index}`))
    await store.deliveries.release(await store.events.commit(events))
    const shares = { [owner.webhookId]: 3 }
    const claimed = await store.deliveries.claimDue({ ...all, perWebhook: 10, shares })
    const count = (id: string) => claimed.filter(delivery => delivery.webhookId === id).length
    assert.deepEqual([count(owner.webhookId), count(quiet.id)], [3, 10])
    assert.deepEqual(
      await store.deliveries.claimDue({ ...all, shares: { [owner.webhookId]: 0, [quiet.id]: 0 } }),
      [],
    )
    await store.webhooks.remove(owner.profileId, quiet.id)
  })

  test('a claim that was taken over can neither record, nor prolong, nor give back', async () => {
    const first = await commitOne()
    await store.deliveries.release([first])
    const second = only(await other.deliveries.claimDue(all))
    assert.deepEqual(await store.deliveries.record([outcome(first, { kind: 'dead' })]), {
      fencedOut: [first.deliveryId],
    })
    assert.deepEqual(await store.deliveries.heartbeat([first]), [])
    assert.deepEqual(await other.deliveries.heartbeat([first, second]), [second.deliveryId])
    await store.deliveries.release([first])
    assert.deepEqual(await store.deliveries.claimDue(all), [])
    assert.deepEqual(await other.deliveries.record([outcome(second, { kind: 'delivered' })]), {
      fencedOut: [],
    })
    const row = await store.deliveries.get(owner.profileId, first.deliveryId)
    assert.equal(row?.status, 'delivered')
    assert.equal(row.attemptLog.length, 2, 'both attempts happened, and both are on record')
  })

  test('an outcome is taken once', async () => {
    const delivery = await commitOne()
    const told = [outcome(delivery, { kind: 'delivered' }), outcome(delivery, { kind: 'dead' })]
    const answers = [
      await store.deliveries.record(told.slice(0, 1)),
      await store.deliveries.record(told.slice(1)),
    ]
    assert.deepEqual(
      answers.map(answer => answer.fencedOut.length),
      [0, 1],
    )
    assert.equal(await statusOf(delivery), 'delivered')
  })

  test('an outcome written again because the answer was lost counts once, as one attempt', async () => {
    const delivery = await commitOne()
    const told = outcome(delivery, { kind: 'delivered' })
    await store.deliveries.record([told])
    assert.deepEqual(await store.deliveries.record([told]), { fencedOut: [] })
    const stranger = await commitOne()
    await store.deliveries.release([stranger])
    await other.deliveries.claimDue(all)
    const late = outcome(stranger, { kind: 'delivered' })
    for (let tries = 0; tries < 2; tries++)
      assert.deepEqual(await store.deliveries.record([late]), { fencedOut: [stranger.deliveryId] })
    for (const { deliveryId } of [delivery, stranger])
      assert.equal((await store.deliveries.get(owner.profileId, deliveryId))?.attemptLog.length, 1)
  })

  test('an outcome whose claim is renewed while it is being written is refused under the one it was sent with', async () => {
    const first = await commitOne()
    await store.deliveries.release([first])
    const second = only(await other.deliveries.claimDue(all))
    const told = outcome({ ...first }, { kind: 'delivered' })
    const blocker = new pg.Client({ connectionString: bench.databaseUrl })
    await blocker.connect()
    await blocker.query('begin')
    await blocker.query('select from webhook_deliveries where id = $1 for update', [first.deliveryId])
    const recording = store.deliveries.record([told])
    const waiting = `select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%webhook_attempts%'`
    while ((await blocker.query(waiting)).rowCount === 0) {
      await sleep(5)
      await blocker.query('select pg_stat_clear_snapshot()')
    }
    told.delivery.claimId = second.claimId
    await blocker.query('rollback')
    await blocker.end()
    assert.deepEqual(await recording, { fencedOut: [first.deliveryId] })
    assert.deepEqual(await store.deliveries.record([told]), { fencedOut: [] })
    assert.equal(await statusOf(first), 'delivered')
  })

  test('a heartbeat keeps the lease, and giving back spends no attempt', async () => {
    const short = await bench.open({ leaseMs: 30_000 })
    await store.deliveries.release([await commitOne()])
    const delivery = only(await short.deliveries.claimDue({ ...all, leaseMs: 60 }))
    await short.deliveries.heartbeat([delivery])
    await sleep(90)
    assert.deepEqual(await store.deliveries.claimDue(all), [])
    await short.deliveries.release([delivery])
    assert.equal(only(await store.deliveries.claimDue(all)).attempt, 1)
  })

  test('a retry waits for its time, counts its attempts, and outlives the process', async () => {
    const delivery = await commitOne()
    const soon = Date.now() + 3_600_000
    await store.deliveries.record([outcome(delivery, at(soon))])
    assert.deepEqual(await store.deliveries.claimDue(all), [])
    const reopened = await bench.open()
    assert.equal((await reopened.deliveries.nextDueAt())?.getTime(), soon)
    const now = await commitOne()
    await reopened.deliveries.record([outcome(now, at(Date.now() - 1))])
    const again = only(await reopened.deliveries.claimDue(all))
    assert.deepEqual([again.deliveryId, again.attempt, again.manual], [now.deliveryId, 2, false])
  })

  test('an outcome whose text no column can hold is recorded all the same', async () => {
    const delivery = await commitOne()
    const odd = 'zero \0 half \ud800'
    const told = { ...outcome(delivery, { kind: 'dead' as const }), responseBody: odd, errorMessage: odd }
    await store.deliveries.record([{ ...told, responseHeaders: { odd }, requestHeaders: { odd } }])
    const row = await store.deliveries.get(owner.profileId, delivery.deliveryId)
    assert.equal(row?.attemptLog[0]?.responseBody, 'zero \ufffd half \ufffd')
  })

  test('redelivering takes over a waiting retry, and the two never both fire', async () => {
    const delivery = await commitOne()
    await store.deliveries.record([outcome(delivery, inAnHour())])
    const manual = await store.deliveries.redeliver(owner.profileId, delivery.deliveryId)
    assert.ok(typeof manual === 'object')
    assert.deepEqual([manual.attempt, manual.manual], [2, true])
    assert.equal(await other.deliveries.redeliver(owner.profileId, delivery.deliveryId), 'in_flight')
    assert.deepEqual(await store.deliveries.claimDue(all), [])
    await store.deliveries.record([outcome(manual, { kind: 'delivered' })])
    assert.equal(await statusOf(delivery), 'delivered')
    assert.equal(await store.deliveries.nextDueAt(), null)
  })

  test('of two people who redeliver at once, one does', async () => {
    const delivery = await commitOne()
    await store.deliveries.record([outcome(delivery, { kind: 'dead' })])
    const answers = await Promise.all(
      [store, other, store, other].map(one => one.deliveries.redeliver(owner.profileId, delivery.deliveryId)),
    )
    assert.equal(answers.filter(answer => answer === 'in_flight').length, 3)
  })

  test('a dead letter and a delivered one can be redelivered, what is unknown or another’s cannot', async () => {
    const delivery = await commitOne()
    await store.deliveries.record([outcome(delivery, { kind: 'dead' })])
    const dead = await store.deliveries.list({ profileId: owner.profileId, status: 'failed', limit: 1 })
    assert.equal(only(dead.rows).id, delivery.deliveryId)
    for (const expected of [2, 3]) {
      const again = await store.deliveries.redeliver(owner.profileId, delivery.deliveryId)
      assert.ok(typeof again === 'object')
      assert.equal(again.attempt, expected)
      await store.deliveries.record([outcome(again, { kind: 'delivered' })])
    }
    for (const [profile, id] of [
      [owner.profileId, owner.sessionId],
      [owner.profileId, 'no id'],
      [owner.sessionId, delivery.deliveryId],
    ] as const) {
      assert.equal(await store.deliveries.redeliver(profile, id), 'not_found')
    }
  })

  test('a disabled webhook keeps its deliveries until it is enabled again', async () => {
    await store.deliveries.release([await commitOne()])
    await store.webhooks.setEnabled(owner.profileId, owner.webhookId, false)
    assert.deepEqual(await store.deliveries.claimDue(all), [])
    assert.equal(await store.deliveries.nextDueAt(), null)
    await store.webhooks.setEnabled(owner.profileId, owner.webhookId, true)
    only(await store.deliveries.claimDue(all))
  })

  test('to a disabled webhook nothing can be redelivered, and the delivery stays as it was', async () => {
    const delivery = await commitOne()
    await store.deliveries.record([outcome(delivery, { kind: 'dead' })])
    await store.webhooks.setEnabled(owner.profileId, owner.webhookId, false)
    const before = await store.deliveries.get(owner.profileId, delivery.deliveryId)
    const again = () => store.deliveries.redeliver(owner.profileId, delivery.deliveryId)
    assert.equal(await again(), 'webhook_disabled')
    assert.deepEqual(await store.deliveries.get(owner.profileId, delivery.deliveryId), before)
    await store.webhooks.setEnabled(owner.profileId, owner.webhookId, true)
    assert.equal(typeof (await again()), 'object')
  })

  test('removing a webhook cancels what it was still to get, and an attempt under way ends fenced out', async () => {
    const delivery = await commitOne()
    await store.webhooks.remove(owner.profileId, owner.webhookId)
    assert.deepEqual(await store.deliveries.record([outcome(delivery, inAnHour())]), {
      fencedOut: [delivery.deliveryId],
    })
    assert.equal(await statusOf(delivery), 'cancelled')
    assert.equal(await store.deliveries.nextDueAt(), null)
    assert.equal(await store.deliveries.redeliver(owner.profileId, delivery.deliveryId), 'not_found')
  })

  test('deliveries are found by every filter and listed page by page', async () => {
    const due = await store.events.commit(
      Array.from({ length: 9 }, (_, index) => textEvent(owner, `page ${index}`)),
    )
    await store.deliveries.record(due.slice(0, 4).map(delivery => outcome(delivery, { kind: 'dead' })))
    const mine = { profileId: owner.profileId, webhookId: owner.webhookId, limit: 4 }
    const first = await store.deliveries.list(mine)
    const second = await store.deliveries.list({ ...mine, cursor: first.nextCursor })
    const third = await store.deliveries.list({ ...mine, cursor: second.nextCursor })
    const seen = [first, second, third].flatMap(page => page.rows.map(row => row.id))
    assert.deepEqual(
      seen,
      due
        .map(delivery => delivery.deliveryId)
        .sort()
        .reverse(),
    )
    assert.equal(third.nextCursor, null)
    const filters = [
      { status: 'failed' as const },
      { errorClass: 'http_5xx', eventType: 'messages.received', sessionId: owner.sessionId },
      { responseStatus: 500, since: new Date(Date.now() - 60_000), until: new Date(Date.now() + 60_000) },
    ]
    for (const filter of filters) {
      assert.equal((await store.deliveries.list({ ...mine, limit: 50, ...filter })).rows.length, 4)
    }
    const one = await store.deliveries.list({ ...mine, eventId: due[0]?.eventId ?? '' })
    assert.equal(only(one.rows).id, due[0]?.deliveryId)
    assert.deepEqual((await store.deliveries.list({ ...mine, eventId: 'no id' })).rows, [])
  })
})
