/** Law 13 on a real database and a real receiver: an outage costs no delivery, and everything arrives after it. */
import assert from 'node:assert/strict'
import { after, afterEach, describe, test } from 'node:test'
import { type Receiver, startReceiver } from '../delivery/test-receiver.ts'
import { answering, dispatchOn, openStage, pings, type Test, until } from './test-stage.ts'

const leaseMs = 60_000
/** Longer than any test: what fails is not tried again by its own schedule meanwhile. */
const patient = { maxAttempts: 3, backoffMs: 3_600_000 }

const stage = await openStage({ attemptMs: 10_000, leaseMs })
const { store, sender, db, profileId, open, row, ended, healthOf } = stage
after(() => stage.close())

describe('the health of an endpoint', () => {
  afterEach(() => db.query('delete from events'))

  test('five deliveries that fail hold all others unspent, and when it is back every one arrives', async t => {
    let status = 500
    const receiver = await answering(t, () => status)
    const hook = await webhook(t, receiver)
    const river = await dispatching(t)
    const first = await river.commit(5)
    await until(async () => (await healthOf(hook.id)).state === 'degraded')
    await noTrialYet(hook.id)
    const held = await river.commit(30)
    await until(() => river.dispatcher.stats().held === 0)
    assert.equal(receiver.received.length, 5)
    for (const id of held)
      assert.deepEqual([(await row(id)).status, (await row(id)).attempts], ['pending', 0])
    assert.match((await healthOf(hook.id)).reason ?? '', /^5 deliveries in a row failed: it fails \(500\)\.$/)

    // Two trials that fail: other deliveries each time, and neither pays for it.
    for (const trials of [1, 2]) {
      await trialNow(hook.id)
      await until(async () => (await unwell(hook.id))?.step === trials)
    }
    assert.equal(receiver.received.length, 7)
    assert.equal(new Set(receiver.received.map(one => one.headers['webhook-id'])).size, 7)

    status = 200
    await trialNow(hook.id)
    await until(async () => (await healthOf(hook.id)).state === 'healthy')
    const rows = await Promise.all(held.map(ended))
    assert.ok(rows.every(one => one.status === 'delivered' && one.attempts === 1))
    assert.equal(rows.filter(one => one.attemptLog.length === 2).length, 2, 'the two trials are on record')
    await db.query('update webhook_deliveries set next_attempt_at = now() where next_attempt_at > now()')
    for (const one of await Promise.all(first.map(ended)))
      assert.deepEqual([one.status, one.attempts], ['delivered', 2])
    assert.deepEqual(await eventTypes(), { 'webhook.ping': 35 })
  })

  test('fresh events go out at once while the backlog of an outage waits for its turn', async t => {
    const receiver = await answering(t, () => 200)
    const hook = await webhook(t, receiver)
    const held = await commit(10)
    await store.deliveries.release(held)
    await store.webhookHealth.change(hook.id, health => ({
      health: { ...health, gateAt: new Date(Date.now() + 3_600_000) },
      notice: null,
    }))
    const river = await dispatching(t)
    await Promise.all((await river.commit(5)).map(ended))
    assert.equal(receiver.received.length, 5)
    await trialNow(hook.id)
    await Promise.all(held.map(one => ended(one.deliveryId)))
    await until(async () => (await unwell(hook.id)) === undefined)
  })

  test('410 suspends at once, the others are told once, and enabling sends what waited', async t => {
    let status = 410
    const receiver = await answering(t, () => status)
    const hook = await webhook(t, receiver)
    const told = await answering(t, () => 200)
    await webhook(t, told, patient, ['webhook.disabled', 'webhook.recovered', 'delivery.failed'])
    const river = await dispatching(t)
    const [gone] = await river.commit(1)
    await until(async () => (await healthOf(hook.id)).state === 'suspended')
    assert.ok(gone)
    assert.equal((await ended(gone)).status, 'failed')
    const held = await river.commit(4)
    await until(() => told.received.length >= 2 && river.dispatcher.stats().held === 0)
    const notices = bodies(told)
    assert.deepEqual(notices.map(event => event.type).sort(), ['delivery.failed', 'webhook.disabled'])
    const disabled = notices.find(event => event.type === 'webhook.disabled')?.data
    assert.equal(disabled?.webhookId, hook.id)
    assert.equal(disabled?.webhookUrl, `${new URL(receiver.url).origin}/hook`)
    assert.deepEqual([disabled?.state, disabled?.responseStatus], ['suspended', 410])
    const failed = notices.find(event => event.type === 'delivery.failed')?.data
    assert.deepEqual([failed?.deliveryId, failed?.attempts, failed?.responseStatus], [gone, 1, 410])
    assert.equal(receiver.received.length, 1, 'neither the rest nor a notice about itself')
    for (const id of held)
      assert.deepEqual([(await row(id)).status, (await row(id)).attempts], ['pending', 0])

    status = 200
    await store.webhooks.setEnabled(profileId, hook.id, true)
    for (const one of await Promise.all(held.map(ended))) assert.equal(one.status, 'delivered')
    assert.equal((await eventTypes())['webhook.recovered'], undefined, 'its operator knows')
  })

  test('a suspended endpoint that answers again recovers in two trials, and the others are told once', async t => {
    const receiver = await answering(t, () => 200)
    const hook = await webhook(t, receiver)
    const told = await answering(t, () => 200)
    await webhook(t, told, patient, ['webhook.recovered'])
    const downSince = new Date(Date.now() - 7_200_000)
    await store.webhookHealth.change(hook.id, before => ({
      health: { ...before, state: 'suspended', reason: '…', downSince, told: 'suspended', gateAt: downSince },
      notice: null,
    }))
    const river = await dispatching(t)
    await Promise.all((await river.commit(6)).map(ended))
    await until(() => told.received.length === 1)
    const [notice] = bodies(told)
    assert.deepEqual([notice?.type, notice?.data.downSince], ['webhook.recovered', downSince.toISOString()])
    assert.equal((await healthOf(hook.id)).state, 'healthy')
    assert.deepEqual(await eventTypes(), { 'webhook.ping': 6, 'webhook.recovered': 1 })
  })

  test('an operator’s disable stays, whatever an attempt under way comes to', async t => {
    let answer = () => {}
    const receiver = await startReceiver((_, __, response) => {
      answer = () => response.end()
    })
    t.after(() => receiver.stop())
    const hook = await webhook(t, receiver)
    await store.webhookHealth.change(hook.id, before => ({
      health: { ...before, state: 'degraded', downSince: new Date(), gateAt: new Date(0) },
      notice: null,
    }))
    const river = await dispatching(t)
    const ids = await river.commit(3)
    await until(() => receiver.received.length === 1)
    await store.webhooks.setEnabled(profileId, hook.id, false)
    answer()
    await until(async () => (await healthOf(hook.id)).state === 'healthy')
    await until(() => river.dispatcher.stats().held === 0)
    assert.equal((await store.webhooks.get(profileId, hook.id))?.enabled, false)
    assert.deepEqual(await store.deliveries.claimDue({ limit: 9, perWebhook: 9, leaseMs }), [])
    const rows = await Promise.all(ids.map(row))
    assert.deepEqual(rows.map(one => one.status).sort(), ['delivered', 'pending', 'pending'])
  })

  test('a hold outlives the process, and holds in every other one', async t => {
    const receiver = await answering(t, () => 500)
    const hook = await webhook(t, receiver)
    const first = await dispatching(t)
    const elsewhere = await open()
    t.after(() => elsewhere.close())
    const second = await dispatching(t, elsewhere)
    await first.commit(5)
    await until(async () => (await healthOf(hook.id)).state === 'degraded')
    await noTrialYet(hook.id)
    await first.dispatcher.stop()
    const third = await dispatching(t)
    const held = await third.commit(4)
    await until(() => third.dispatcher.stats().putBack === 4)
    // The other process hears of it at its next look; until then it may spend attempts, never lose them.
    for (let n = 0; second.dispatcher.stats().putBack === 0 && n < 500; n++) {
      await second.commit(1)
      await until(() => second.dispatcher.stats().held === 0)
    }
    const sofar = receiver.received.length
    const more = await second.commit(3)
    await until(() => second.dispatcher.stats().held === 0)
    assert.equal(receiver.received.length, sofar)
    for (const id of [...held, ...more])
      assert.deepEqual([(await row(id)).status, (await row(id)).attempts], ['pending', 0])
  })

  test('a delivery a person sends again goes to an endpoint in trouble, and its success lifts it', async t => {
    const receiver = await answering(t, () => 200)
    const hook = await webhook(t, receiver)
    await store.webhookHealth.change(hook.id, before => ({
      health: {
        ...before,
        state: 'degraded',
        downSince: new Date(),
        gateAt: new Date(Date.now() + 3_600_000),
      },
      notice: null,
    }))
    const river = await dispatching(t)
    const [id, other] = await river.commit(2)
    assert.ok(id && other)
    // Counted as put back first, and a moment later due in the database, where a redelivery looks.
    const dueAt = async () => Number((await store.deliveries.get(profileId, id))?.nextAttemptAt)
    await until(async () => river.dispatcher.stats().putBack === 2 && (await dueAt()) <= Date.now())
    const manual = await store.deliveries.redeliver(profileId, id)
    assert.ok(typeof manual === 'object', String(manual))
    river.lane.announce([manual])
    assert.equal((await ended(id)).status, 'delivered')
    assert.equal((await ended(other)).status, 'delivered')
    assert.equal((await healthOf(hook.id)).state, 'healthy')
  })

  test('two dead receivers that want every notice do not notify one another for ever', async t => {
    const [one, two] = [await answering(t, () => 404), await answering(t, () => 404)]
    const once = { maxAttempts: 1, backoffMs: 100 }
    const hooks = [await webhook(t, one, once), await webhook(t, two, once)]
    const river = await dispatching(t)
    await river.commit(3)
    // Three events for two webhooks are six dead letters; each is told to the other webhook, and dies there untold.
    await until(async () => (await finished()) === 12)
    await until(() => river.dispatcher.stats().held === 0)
    assert.deepEqual(await eventTypes(), { 'webhook.ping': 3, 'delivery.failed': 6 })
    assert.equal(one.received.length, 6)
    for (const hook of hooks) assert.equal((await healthOf(hook.id)).state, 'healthy', '404 hurts nobody')
  })

  test('a notice whose process was killed before it was committed is committed by another, once', async t => {
    const hook = await webhook(t, await answering(t, () => 200))
    const at = new Date(Date.now() - 60_000).toISOString()
    await store.webhookHealth.change(hook.id, health => ({
      health,
      notice: { kind: 'recovered', at, downSince: at },
    }))
    await dispatching(t)
    await dispatching(t)
    await until(async () => (await unwell(hook.id)) === undefined)
    assert.deepEqual(await eventTypes(), { 'webhook.recovered': 1 })
  })
})

/** A dispatcher of its own, whose events go the whole river: committed, announced, attempted. */
async function dispatching(t: Test, on = store) {
  const { lane, dispatcher } = dispatchOn({ store: on, sender, options: { leaseMs } })
  t.after(() => dispatcher.stop())
  return {
    lane,
    dispatcher,
    /** Resolves to the ids of the deliveries of these events. */
    async commit(count: number): Promise<string[]> {
      const due = await commit(count)
      lane.announce(due)
      return due.map(one => one.deliveryId)
    },
  }
}

const commit = (count: number) => store.events.commit(pings(profileId, count))

async function webhook(t: Test, receiver: Receiver, retryConfig = patient, subscribedEvents = ['*']) {
  const webhookUrl = `${new URL(receiver.url).origin}/hook?token=secret`
  const made = await store.webhooks.create({
    profileId,
    name: 'test',
    webhookUrl,
    retryConfig,
    subscribedEvents,
  })
  t.after(() => store.webhooks.remove(profileId, made.id))
  return made
}

async function unwell(webhookId: string) {
  return (await store.webhookHealth.unwell()).find(one => one.webhookId === webhookId)?.health
}

/** The clock of the ladder, turned forward. */
async function trialNow(webhookId: string): Promise<void> {
  await db.query('update webhook_configs set health_gate_at = now() where id = $1', [webhookId])
}

/** A slow machine may take longer than the first five seconds of the ladder. */
async function noTrialYet(webhookId: string): Promise<void> {
  await db.query(`update webhook_configs set health_gate_at = now() + interval '1 hour' where id = $1`, [
    webhookId,
  ])
}

async function eventTypes(): Promise<Record<string, number>> {
  const { rows } = await db.query(
    'select type, count(*)::int as count from events group by type order by type',
  )
  return Object.fromEntries(rows.map(one => [one.type, one.count]))
}

async function finished(): Promise<number> {
  const { rows } = await db.query(`select count(*)::int as count from webhook_deliveries d
    join events e on e.id = d.event_id where d.status <> 'pending'`)
  return rows[0].count
}

function bodies(receiver: Receiver): { type: string; data: Record<string, unknown> }[] {
  return receiver.received.map(one => JSON.parse(one.body.toString()))
}
