/** Of an endpoint in trouble one delivery is let out when its trial is due, whoever asks; a recovered one drains slowly. */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import type { SealedEvent } from '@waxwing/events/event-id'
import pino from 'pino'
import { type Database, openDatabase } from './database.ts'
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
import type { EndpointHealth, HealthNotice } from './webhook-health.ts'

const all = { limit: 500, perWebhook: 500, leaseMs: 60_000 }
const notice: HealthNotice = {
  kind: 'recovered',
  at: '2026-11-23T10:00:00.000Z',
  downSince: '2026-11-23T09:00:00.000Z',
}

onEveryServer('the health of an endpoint is one for all processes', fresh => {
  let bench: TestBench
  let store: Store
  let other: Store
  let db: Database
  let owner: Awaited<ReturnType<typeof furnish>>
  let serial = 0
  before(async () => {
    bench = await fresh()
    store = await bench.open()
    other = await bench.open()
    db = openDatabase({ databaseUrl: bench.databaseUrl, poolSize: 1, log: pino({ level: 'silent' }) })
  })
  after(async () => {
    await db.close()
    await bench.close()
  })
  beforeEach(async () => {
    owner = await furnish(store)
  })
  afterEach(() => store.webhooks.remove(owner.profileId, owner.webhookId))

  const past = () => new Date(Date.now() - 1_000)
  const events = (count: number): SealedEvent[] =>
    Array.from({ length: count }, () => textEvent(owner, `health ${serial++}`))
  const commitDue = async (count: number) =>
    store.deliveries.release(await store.events.commit(events(count)))
  const set = (change: Partial<EndpointHealth>, told: HealthNotice | null = null) =>
    store.webhookHealth.change(owner.webhookId, before => ({
      health: { ...before, ...change },
      notice: told,
    }))
  const mine = async () =>
    (await store.webhookHealth.unwell()).find(row => row.webhookId === owner.webhookId)?.health
  const openGate = () =>
    db.query({ text: 'update webhook_configs set health_gate_at = now() where health_gate_at is not null' })

  test('of many dispatchers that ask at once, one gets the trial, and it is one delivery', async () => {
    await commitDue(20)
    await set({ state: 'degraded', gateAt: past() })
    const looks = await Promise.all(
      [store, other, store, other, store].map(one => one.deliveries.claimDue(all)),
    )
    const trial = only(looks.flat())
    assert.equal(trial.trial, true)
    assert.deepEqual(await other.deliveries.claimDue(all), [])
    const next = await store.deliveries.nextDueAt()
    assert.ok(next && next.getTime() > Date.now() + 30_000, 'not before the trial has ended or its lease has')
  })

  test('nothing is let out before the trial is due, and the database says when that is', async () => {
    await commitDue(3)
    const gateAt = new Date(Date.now() + 3_600_000)
    for (const state of ['degraded', 'suspended'] as const) {
      await set({ state, gateAt })
      assert.deepEqual(await store.deliveries.claimDue(all), [])
      assert.deepEqual(await store.deliveries.nextDueAt(), gateAt)
    }
  })

  test('of a disabled endpoint nothing is let out, and of one its operator disabled neither', async () => {
    await commitDue(3)
    await set({ state: 'disabled', gateAt: null })
    assert.deepEqual([await store.deliveries.claimDue(all), await store.deliveries.nextDueAt()], [[], null])
    await set({ state: 'degraded', gateAt: past() })
    await store.webhooks.setEnabled(owner.profileId, owner.webhookId, false)
    assert.deepEqual([await store.deliveries.claimDue(all), await store.deliveries.nextDueAt()], [[], null])
    assert.equal((await mine())?.state, 'degraded')
  })

  test('events of an endpoint in trouble are written as deliveries all the same', async () => {
    await set({ state: 'disabled', gateAt: null })
    assert.equal((await store.events.commit(events(4))).length, 4)
    assert.equal(await store.webhookHealth.waiting(owner.webhookId), 4)
  })

  test('a recovered endpoint drains 1, 2, 4 … a second, and then like any other', async () => {
    await commitDue(20)
    await set({ state: 'healthy', gateAt: past() })
    const portions: number[] = []
    for (let round = 0; round < 5; round++) {
      const claimed = await store.deliveries.claimDue(all)
      portions.push(claimed.length)
      assert.ok(claimed.every(one => !one.trial))
      if (round < 4) assert.deepEqual(await other.deliveries.claimDue(all), [], 'the second is not over')
      await openGate()
    }
    assert.deepEqual(portions, [1, 2, 4, 8, 5])
    assert.equal(await mine(), undefined)
    await commitDue(20)
    assert.equal((await store.deliveries.claimDue(all)).length, 20)
  })

  test('what drains keeps no other webhook waiting, and the other does not drain for it', async () => {
    const quiet = await addWebhook(store, owner.profileId)
    await commitDue(10)
    await set({ state: 'healthy', gateAt: past() })
    const claimed = await store.deliveries.claimDue({ ...all, limit: 4 })
    assert.equal(claimed.filter(one => one.webhookId === owner.webhookId).length, 1)
    assert.equal(claimed.length, 4)
    await store.webhooks.remove(owner.profileId, quiet.id)
  })

  test('a trial that failed is on record and costs the delivery no attempt', async () => {
    await commitDue(1)
    for (const _ of [1, 2, 3]) {
      await set({ state: 'degraded', gateAt: past() })
      const trial = only(await store.deliveries.claimDue(all))
      assert.equal(trial.attempt, 1)
      const failed = outcome(trial, { kind: 'retry', at: past() })
      assert.deepEqual(await store.deliveries.record([{ ...failed, unspent: true }]), { fencedOut: [] })
    }
    const row = only((await store.deliveries.list({ ...owner, limit: 5 })).rows)
    const detail = await store.deliveries.get(owner.profileId, row.id)
    assert.deepEqual([row.status, row.attempts, detail?.attemptLog.length], ['pending', 0, 3])
  })

  test('changes of two processes at once are both kept, and outlive them', async () => {
    const ids = events(20).map(event => event.id)
    await Promise.all(
      ids.map((id, index) =>
        (index % 2 === 0 ? store : other).webhookHealth.change(owner.webhookId, before => ({
          health: { ...before, failed: [...before.failed, id] },
          notice: null,
        })),
      ),
    )
    const reopened = await bench.open()
    const found = (await reopened.webhookHealth.unwell()).find(row => row.webhookId === owner.webhookId)
    assert.deepEqual([...(found?.health.failed ?? [])].sort(), [...ids].sort())
  })

  test('a notice waits with the change it tells of until it is committed', async () => {
    await set({}, notice)
    await set({ step: 1 })
    const waiting = only(await store.webhookHealth.unwell())
    assert.deepEqual(waiting.notice, notice)
    await store.webhookHealth.told(owner.webhookId, { ...notice, at: '2026-11-23T11:00:00.000Z' })
    assert.equal((await store.webhookHealth.unwell()).length, 1, 'another notice was told, not this one')
    await store.webhookHealth.told(owner.webhookId, notice)
    assert.deepEqual(await store.webhookHealth.unwell(), [])
  })

  test('a webhook that is gone has no health', async () => {
    for (const id of [owner.sessionId, 'no id'])
      assert.equal(await store.webhookHealth.change(id, health => ({ health, notice: null })), null)
  })

  const down = {
    state: 'suspended',
    reason: 'It answered 410 Gone.',
    gateAt: new Date(Date.now() + 3_600_000),
    downSince: past(),
    told: 'suspended',
    step: 3,
  } as const

  test('enabling lifts a suspension, and the backlog drains slowly', async () => {
    await commitDue(3)
    await set(down)
    const row = await store.webhooks.setEnabled(owner.profileId, owner.webhookId, true)
    assert.deepEqual([row?.health.state, row?.health.reason], ['healthy', null])
    only(await store.deliveries.claimDue(all))
    const { told, downSince, step } = (await mine()) ?? {}
    assert.deepEqual([told, downSince, step], [null, null, 1])
  })

  test('another URL lifts a suspension, the same URL and any other change do not', async () => {
    await set(down)
    const change = (given: object) => store.webhooks.update(owner.profileId, owner.webhookId, given)
    const stateAfter = async (given: object) => (await change(given))?.health.state
    assert.equal(await stateAfter({ name: 'Other', webhookUrl: 'https://example.org/hook' }), 'suspended')
    assert.equal(await stateAfter({ enabled: false }), 'suspended')
    assert.equal(await stateAfter({ name: 'Third', webhookUrl: 'https://example.org/other' }), 'healthy')
    assert.equal((await change({}))?.enabled, false)
  })

  test('a pause keeps everything back until it is over, is shown until then, and drains slowly', async () => {
    await commitDue(5)
    const pausedUntil = new Date(Date.now() + 3_600_000)
    await set({ pausedAt: new Date(), pausedUntil, gateAt: pausedUntil, reason: 'It asked.' })
    assert.deepEqual(await other.deliveries.claimDue(all), [])
    assert.deepEqual(await store.deliveries.nextDueAt(), pausedUntil)
    assert.deepEqual((await mine())?.pausedUntil, pausedUntil)
    const shown = async () => (await other.webhooks.get(owner.profileId, owner.webhookId))?.health
    const health = await shown()
    assert.deepEqual(
      [health?.state, health?.reason, health?.pausedUntil],
      ['healthy', 'It asked.', pausedUntil],
    )
    await set({ pausedUntil: past(), gateAt: past() })
    assert.deepEqual([(await shown())?.reason, (await shown())?.pausedUntil], [null, null])
    only(await other.deliveries.claimDue(all))
    await openGate()
    assert.equal((await store.deliveries.claimDue(all)).length, 2)
  })

  test('enabling ends a pause, and so does another URL; any other change does not', async () => {
    const pause = { pausedAt: new Date(), pausedUntil: new Date(Date.now() + 3_600_000) }
    const change = (given: object) => store.webhooks.update(owner.profileId, owner.webhookId, given)
    await set({ ...pause, gateAt: pause.pausedUntil })
    assert.deepEqual((await change({ rateLimit: 5 }))?.health.pausedUntil, pause.pausedUntil)
    assert.equal((await change({ enabled: true }))?.health.pausedUntil, null)
    await commitDue(1)
    only(await store.deliveries.claimDue(all))
    await set({ ...pause, gateAt: pause.pausedUntil })
    assert.equal((await change({ webhookUrl: 'https://example.org/other' }))?.health.pausedUntil, null)
  })

  test('enabling a healthy webhook changes nothing of its health', async () => {
    const before = await store.webhooks.get(owner.profileId, owner.webhookId)
    const row = await store.webhooks.setEnabled(owner.profileId, owner.webhookId, true)
    assert.deepEqual(row?.health, before?.health)
    assert.deepEqual(await store.webhookHealth.unwell(), [])
  })
})
