import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type Receiver, startReceiver } from '../delivery/test-receiver.ts'
import type { ReplayFilter } from '../store/replay-choice.ts'
import type { ReplayRow } from '../store/replays.ts'
import type { Store } from '../store/store.ts'
import { startReplayer } from './replay.ts'
import { dispatchOn, log, openStage, pings, type Test, until } from './test-stage.ts'

const leaseMs = 3_000

const stage = await openStage({ attemptMs: 1_000, leaseMs })
const { store, sender, profileId, open } = stage
let receiver: Receiver
let answers: number
let webhookId: string

before(async () => {
  receiver = await startReceiver((_, __, response) => response.writeHead(answers).end())
})
beforeEach(async () => {
  answers = 200
  receiver.received.length = 0
  if (webhookId) await store.webhooks.remove(profileId, webhookId)
  const retryConfig = { maxAttempts: 1, backoffMs: 1_000 }
  const made = await store.webhooks.create({
    profileId,
    name: 'test',
    webhookUrl: receiver.url,
    subscribedEvents: ['webhook.ping'],
    retryConfig,
  })
  webhookId = made.id
})
after(async () => {
  await receiver.stop()
  await stage.close()
})

describe('a replay', () => {
  test('sends dead letters and what was written while the webhook was disabled, and nothing twice', async t => {
    const since = new Date()
    const delivered = await settled(t, 2, 200)
    const dead = await settled(t, 2, 400)
    await store.webhooks.setEnabled(profileId, webhookId, false)
    const missed = pings(profileId, 3)
    assert.deepEqual(await store.events.commit(missed), [])
    await store.webhooks.setEnabled(profileId, webhookId, true)
    receiver.received.length = 0
    answers = 200

    gateway(t, store)
    const { id } = await replaying({ since })
    const row = await finished(id)
    const expected = [...dead, ...missed.map(event => event.id)].sort()
    await until(() => receiver.received.length >= expected.length)
    assert.deepEqual(arrived(), expected)
    assert.deepEqual([row.handled >= 7, row.replayed], [true, expected.length])
    await until(async () => (await statuses('delivered')) === expected.length + delivered.length)

    // Everything is there now, so the same replay finds nothing to send.
    const again = await replaying({ since })
    assert.equal((await finished(again.id)).replayed, 0)
  })

  test('with force sends what the receiver has, under the same ids', async t => {
    const since = new Date()
    const ids = await settled(t, 3, 200)
    receiver.received.length = 0
    gateway(t, store)
    const { id } = await replaying({ since, force: true })
    assert.equal((await finished(id)).replayed, 3)
    await until(() => receiver.received.length >= 3)
    assert.deepEqual(arrived(), ids.sort())
  })

  test('paused makes nothing due any more, and resumed in another process goes on from there', async t => {
    const since = new Date()
    const dead = await settled(t, 12, 400)
    receiver.received.length = 0
    answers = 200
    const first = await open()
    const stopFirst = gateway(t, first)
    const { id } = await replaying({ since, rate: 3 })
    await until(async () => (await get(id)).replayed > 0)
    const paused = await store.replays.change(profileId, id, 'paused')
    assert.ok(paused !== null && paused !== 'ended' && paused.status === 'paused')
    assert.ok(paused.replayed > 0 && paused.replayed < 12, `${paused.replayed} of 12`)
    assert.equal(await store.replays.takeTurn(), null, 'nobody gets a turn of a paused replay')
    await until(() => receiver.received.length === paused.replayed)
    await stopFirst()
    await first.close()

    const second = await open()
    const stopSecond = gateway(t, second)
    await second.replays.change(profileId, id, 'running')
    const row = await finished(id)
    await until(() => receiver.received.length >= 12)
    assert.deepEqual(arrived(), dead.sort(), 'each once, none left out')
    assert.deepEqual([row.handled, row.replayed], [12, 12])
    assert.ok(row.beginsAt && row.reachedAt && row.beginsAt <= row.reachedAt)
    await stopSecond()
    await second.close()
  })

  test('a process that stops half-way is followed by the next, which begins where it was', async t => {
    const since = new Date()
    const dead = await settled(t, 9, 400)
    receiver.received.length = 0
    answers = 200
    const first = await open()
    const stopFirst = gateway(t, first)
    const { id } = await replaying({ since, rate: 2 })
    await until(async () => (await get(id)).replayed > 0)
    await stopFirst()
    await first.close()
    const left = await get(id)
    assert.ok(left.status === 'running' && left.replayed < 9)

    gateway(t, store)
    await finished(id)
    await until(() => receiver.received.length >= 9)
    assert.deepEqual(arrived(), dead.sort())
  })

  test('cancelled stays so, and leaves the rest dead', async t => {
    const since = new Date()
    await settled(t, 6, 400)
    const { id } = await replaying({ since, rate: 2 })
    const turn = await store.replays.takeTurn()
    assert.deepEqual([turn?.replayId, turn?.replayed], [id, 2])
    const cancelled = await store.replays.change(profileId, id, 'cancelled')
    assert.ok(cancelled !== null && cancelled !== 'ended')
    assert.equal(await store.replays.change(profileId, id, 'running'), 'ended')
    assert.equal(await store.replays.takeTurn(), null)
    assert.equal(await statuses('failed'), 4)
  })

  test('makes no more due than its endpoint takes, and nothing while the webhook is disabled', async t => {
    const since = new Date()
    await settled(t, 6, 400)
    const { id } = await replaying({ since, rate: 3 })
    assert.equal((await store.replays.takeTurn())?.replayed, 3)
    // Nobody attempts them: three are due, which is a second's worth.
    await until(async () => (await store.replays.takeTurn()) !== null)
    assert.deepEqual([(await get(id)).replayed, await statuses('pending')], [3, 3])
    await store.webhooks.setEnabled(profileId, webhookId, false)
    await until(async () => (await store.replays.takeTurn()) !== null)
    assert.deepEqual([(await get(id)).replayed, (await get(id)).status], [3, 'running'])
  })

  test('gives a dead letter its whole schedule again, as does a person who sends it again', async t => {
    const since = new Date()
    await store.webhooks.update(profileId, webhookId, { retryConfig: { maxAttempts: 2, backoffMs: 100 } })
    answers = 400
    gateway(t, store)
    const [due] = await store.events.commit(pings(profileId, 1))
    assert.ok(due)
    await store.deliveries.release([due])
    const deadAfter = async (attempts: number) => {
      await until(async () => (await store.deliveries.get(profileId, due.deliveryId))?.status === 'failed')
      const row = await store.deliveries.get(profileId, due.deliveryId)
      const numbers = Array.from({ length: attempts }, (_, index) => index + 1)
      assert.deepEqual([row?.attempts, row?.attemptLog.map(one => one.attempt)], [attempts, numbers])
      assert.deepEqual(
        receiver.received.map(one => one.headers['x-delivery-attempt']),
        numbers.map(String),
      )
    }
    await deadAfter(2)
    await finished((await replaying({ since })).id)
    await deadAfter(4)
    const manual = await store.deliveries.redeliver(profileId, due.deliveryId)
    assert.ok(typeof manual === 'object')
    await store.deliveries.release([manual]) // as if nobody had heard of it
    await deadAfter(6)
  })

  test('that fails by hand before its time goes on with its schedule, and never twice at once', async t => {
    const hour = 3_600_000
    await store.webhooks.update(profileId, webhookId, { retryConfig: { maxAttempts: 3, backoffMs: hour } })
    answers = 400
    gateway(t, store)
    const [due] = await store.events.commit(pings(profileId, 1))
    assert.ok(due)
    await store.deliveries.release([due])
    const attempted = async (attempts: number) => {
      await until(async () => (await store.deliveries.get(profileId, due.deliveryId))?.attempts === attempts)
      return store.deliveries.get(profileId, due.deliveryId)
    }
    const sendAgain = async () => {
      const manual = await store.deliveries.redeliver(profileId, due.deliveryId)
      assert.ok(typeof manual === 'object')
      await store.deliveries.release([manual])
    }
    const first = await attempted(1)
    assert.ok((first?.nextAttemptAt?.getTime() ?? 0) > Date.now() + hour / 2)
    await sendAgain()
    const second = await attempted(2)
    assert.equal(second?.status, 'pending')
    assert.ok(
      (second.nextAttemptAt?.getTime() ?? 0) > Date.now() + 1.5 * hour,
      'the second wait, not the first',
    )
    await sendAgain()
    const third = await attempted(3)
    assert.deepEqual([third?.status, third?.attemptLog.length], ['failed', 3])
  })

  test('says what it waits for, and goes on when that is over', async t => {
    const since = new Date()
    const [dead] = await settled(t, 1, 400)
    receiver.received.length = 0
    answers = 200
    const { id } = await replaying({ since })
    assert.equal((await get(id)).waitingReason, null)
    await store.webhooks.setEnabled(profileId, webhookId, false)
    assert.equal((await get(id)).waitingReason, 'webhook_disabled')
    await store.webhooks.setEnabled(profileId, webhookId, true)
    for (const state of ['degraded', 'suspended', 'disabled'] as const) {
      const gateAt = new Date(Date.now() + 3_600_000)
      await store.webhookHealth.change(webhookId, before => ({
        health: { ...before, state, downSince: new Date(), gateAt },
        notice: null,
      }))
      assert.equal((await get(id)).waitingReason, `endpoint_${state}`)
    }
    const stop = gateway(t, store)
    assert.equal((await get(id)).replayed, 0)
    await store.replays.change(profileId, id, 'paused')
    assert.equal((await get(id)).waitingReason, null, 'it is paused, and waits for nobody but its operator')
    await store.replays.change(profileId, id, 'running')
    await store.webhooks.setEnabled(profileId, webhookId, true) // which lifts what automation did
    await finished(id)
    await until(() => receiver.received.length > 0)
    assert.deepEqual(arrived(), [dead])
    assert.equal((await get(id)).waitingReason, null)
    await stop()
  })

  test('of many processes one takes a turn', async t => {
    const since = new Date()
    const dead = await settled(t, 8, 400)
    const { id } = await replaying({ since, rate: 4 })
    const turns = await Promise.all(Array.from({ length: 6 }, () => store.replays.takeTurn()))
    const replayed = turns.map(turn => turn?.replayed ?? 0).filter(count => count > 0)
    assert.deepEqual(replayed, [4])
    assert.equal(await statuses('pending'), 4)
    assert.equal(dead.length, 8)
    await store.replays.change(profileId, id, 'cancelled')
  })
})

/** Dispatcher and replayer of one process. Returns what stops them. */
function gateway(t: Test, using: Store): () => Promise<void> {
  const { dispatcher } = dispatchOn({
    store: using,
    sender,
    options: { backlog: 100, leaseMs, scanMs: 50 },
    // The notices about dead letters are another test's matter.
    publish: async () => {},
  })
  const replayer = startReplayer({ replays: using.replays, pollMs: 20, log })
  let stopped: Promise<void> | null = null
  const stop = () => (stopped ??= replayer.stop().then(() => dispatcher.stop()))
  t.after(stop)
  return stop
}

/** Events whose deliveries have all been attempted once, with this answer; their ids. */
async function settled(t: Test, count: number, answer: number): Promise<string[]> {
  answers = answer
  const before = receiver.received.length
  const stop = gateway(t, store)
  const due = await store.events.commit(pings(profileId, count))
  await store.deliveries.release(due)
  await until(() => receiver.received.length === before + count)
  await stop()
  return due.map(one => one.eventId)
}

async function replaying(asked: Partial<ReplayFilter> & { since: Date }): Promise<ReplayRow> {
  const usual = {
    until: new Date(Date.now() + 1_000),
    status: null,
    eventType: null,
    force: false,
    rate: 100,
  }
  const row = await store.replays.create({ profileId, webhookId, filter: { ...usual, ...asked } })
  assert.ok(row?.status === 'running' && row.replayed === 0)
  return row
}

async function get(id: string): Promise<ReplayRow> {
  const row = await store.replays.get(profileId, id)
  assert.ok(row)
  return row
}

async function finished(id: string): Promise<ReplayRow> {
  await until(async () => (await get(id)).status === 'finished')
  return get(id)
}

/** The events that arrived, sorted; one that arrived twice is there twice. */
function arrived(): string[] {
  return receiver.received.map(one => String(one.headers['webhook-id'])).sort()
}

async function statuses(status: 'delivered' | 'failed' | 'pending'): Promise<number> {
  return (await store.deliveries.list({ profileId, webhookId, status, limit: 100 })).rows.length
}
