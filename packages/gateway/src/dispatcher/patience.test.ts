/** Law 8 on a real database and a real receiver: who asks for patience gets it, from everybody, and it costs nobody else an attempt. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { createSender } from '../delivery/send.ts'
import { startReceiver } from '../delivery/test-receiver.ts'
import { openStore, type Store } from '../store/store.ts'
import { startServer } from '../store/test-server.ts'
import { dispatchOn, log, openStage, pings, type Test, until } from './test-stage.ts'

const leaseMs = 30_000
/** Longer than any test, in seconds. */
const hour = '3600'

const stage = await openStage({ attemptMs: 10_000, leaseMs })
const { store, sender, guard, db, profileId, open, healthOf } = stage
after(() => stage.close())

describe('a receiver that asks for patience', () => {
  test('gets nothing until then, unspent, and only it; and everything after that', async t => {
    let asking = true
    const busy = await hook(t, () => (asking ? [429, hour] : [200]))
    const other = await hook(t, () => [200])
    const river = await dispatching(t)
    const [first] = await river.commit(1, busy.id)
    assert.ok(first)
    await until(async () => (await healthOf(busy.id)).pausedUntil !== null)
    const { state, reason, pausedUntil } = await healthOf(busy.id)
    assert.deepEqual([state, reason], ['healthy', 'It answered 429 and asked for patience.'])
    const asked = Number(hour) * 1_000
    const left = (pausedUntil?.getTime() ?? 0) - Date.now()
    assert.ok(left > asked - 120_000 && left <= asked, `${left} ms of patience`)

    const held = await river.commit(30, busy.id)
    await until(() => other.count() === 31)
    await until(() => river.dispatcher.stats().held === 0)
    assert.equal(busy.count(), 1, 'one 429 is enough')
    for (const id of held) assert.deepEqual(await spent(id), ['pending', 0])
    assert.deepEqual(await spent(first), ['pending', 1], 'who asked was asked')

    asking = false
    await timePasses(busy.id)
    for (const id of held) assert.deepEqual(await ended(id), ['delivered', 1])
    assert.deepEqual(await ended(first), ['delivered', 2])
    assert.equal(busy.count(), 32)
    await until(async () => (await healthOf(busy.id)).pausedUntil === null)
  })

  test('is asked again when the time has come, without anybody’s help, and not before', async t => {
    const times: number[] = []
    const busy = await hook(t, () => (times.push(Date.now()) === 1 ? [503, '2'] : [200]))
    const river = await dispatching(t)
    const ids = await river.commit(1, busy.id)
    await until(() => times.length === 1)
    ids.push(...(await river.commit(5, busy.id)))
    for (const id of ids) assert.equal((await ended(id))[0], 'delivered')
    const [refused = 0, next = 0] = times
    assert.ok(next - refused >= 2_000, `${next - refused} ms`)
    assert.equal(times.length, 7)
  })

  test('ten requests under way cost an attempt each, and none after them', async t => {
    const answer: (() => void)[] = []
    const receiver = await startReceiver((_, __, response) => {
      answer.push(() => response.writeHead(429, { 'retry-after': hour }).end())
    })
    t.after(() => receiver.stop())
    const { id } = await webhook(t, receiver.url)
    const river = await dispatching(t)
    const ids = await river.commit(40, id)
    await until(() => answer.length === 10)
    for (const one of answer) one()
    await until(() => river.dispatcher.stats().held === 0)
    const rows = await Promise.all(ids.map(spent))
    assert.equal(rows.filter(([, attempts]) => attempts === 1).length, 10)
    assert.equal(rows.filter(([, attempts]) => attempts === 0).length, 30)
    assert.equal(receiver.received.length, 10)
  })

  test('keeps its pause through a restart, and in every other process', async t => {
    const busy = await hook(t, () => [429, hour])
    const first = await dispatching(t)
    const elsewhere = await open()
    t.after(() => elsewhere.close())
    const second = await dispatching(t, elsewhere)
    const ids = await first.commit(1, busy.id)
    await until(async () => (await healthOf(busy.id)).pausedUntil !== null)
    const { pausedUntil } = await healthOf(busy.id)
    ids.push(...(await first.commit(3, busy.id)))
    await first.dispatcher.stop()
    const third = await dispatching(t)
    ids.push(...(await third.commit(4, busy.id)))
    await until(() => third.dispatcher.stats().putBack === 4)
    assert.equal(busy.count(), 1)
    // A process that has not looked yet may send some more, and learns by its own 429.
    const { dispatcher } = second
    for (let n = 1; dispatcher.stats().putBack === 0; n++) {
      ids.push(...(await second.commit(1, busy.id)))
      await until(() => dispatcher.stats().attempts + dispatcher.stats().putBack === n)
    }
    const sofar = busy.count()
    ids.push(...(await second.commit(5, busy.id)))
    await until(() => dispatcher.stats().putBack === 6)
    assert.equal(busy.count(), sofar)
    assert.ok(((await healthOf(busy.id)).pausedUntil ?? 0) >= (pausedUntil ?? 1))
    await until(async () => {
      const rows = await Promise.all(ids.map(spent))
      return rows.reduce((sum, [, attempts]) => sum + attempts, 0) === sofar
    })
  })

  test('still gets what a person sends again, and when it takes that, everything else at once', async t => {
    let asking = true
    const busy = await hook(t, () => (asking ? [429, hour] : [200]))
    const river = await dispatching(t)
    const [first = ''] = await river.commit(1, busy.id)
    await until(async () => (await healthOf(busy.id)).pausedUntil !== null)
    const [second = '', ...rest] = await river.commit(6, busy.id)
    await until(() => river.dispatcher.stats().held === 0)

    // It still asks: the pause stays, and so do the others.
    await river.redeliver(second)
    await until(() => busy.count() === 2)
    await until(() => river.dispatcher.stats().held === 0)
    assert.ok((await healthOf(busy.id)).pausedUntil !== null)
    for (const id of rest) assert.deepEqual(await spent(id), ['pending', 0])

    asking = false
    await river.redeliver(first)
    for (const id of rest) assert.deepEqual(await ended(id), ['delivered', 1])
    assert.deepEqual(await ended(first), ['delivered', 2])
    const { pausedUntil, reason } = await healthOf(busy.id)
    assert.deepEqual([pausedUntil, reason], [null, null])
    assert.deepEqual(await spent(second), ['pending', 1], 'its own schedule honours what it was told')
  })

  test('is not taken to have changed its mind by an answer to an earlier request', async t => {
    const answer: ((status: number) => void)[] = []
    const receiver = await startReceiver((_, __, response) => {
      answer.push(status => response.writeHead(status, status === 429 ? { 'retry-after': hour } : {}).end())
    })
    t.after(() => receiver.stop())
    const { id } = await webhook(t, receiver.url)
    const river = await dispatching(t)
    const ids = await river.commit(2, id)
    await until(() => answer.length === 2)
    answer[1]?.(429)
    await until(async () => (await healthOf(id)).pausedUntil !== null)
    answer[0]?.(200)
    await until(async () => (await Promise.all(ids.map(spent))).some(([status]) => status === 'delivered'))
    await river.commit(3, id)
    await until(() => river.dispatcher.stats().held === 0)
    assert.ok((await healthOf(id)).pausedUntil !== null)
    assert.equal(receiver.received.length, 2)
  })

  test('while the database is away gets nothing more either, and its pause is written when it is back', async t => {
    const server = await startServer()
    const hasty = createSender({ timeoutMs: 1_000, guard, userAgent: 'Waxwing/test', maxConnections: 64 })
    const own = await openStore({
      databaseUrl: server.databaseUrl,
      encryptionKey: Buffer.alloc(32, 7),
      log,
      leaseMs: 3_000,
    })
    const answer: (() => void)[] = []
    const receiver = await startReceiver((_, __, response) => {
      answer.push(() => response.writeHead(429, { 'retry-after': hour }).end())
    })
    t.after(() => receiver.stop())
    const owner = (await own.profiles.first()).id
    const { id } = await webhook(t, receiver.url, own)
    const river = await dispatching(t, own, { sender: hasty, leaseMs: 3_000 })
    t.after(() => Promise.all([hasty.close(), own.close()]))
    const ids = await river.commit(40, id)
    await until(() => answer.length === 10)
    await server.stop('fast')
    for (const one of answer) one()
    await until(() => river.dispatcher.stats().putBack >= 30)
    assert.equal(river.dispatcher.stats().unrecorded, 10)
    await server.start()
    await until(async () => (await own.webhooks.get(owner, id))?.health.pausedUntil !== null)
    const rows = () => Promise.all(ids.map(one => own.deliveries.get(owner, one)))
    const isDue = (at: Date | null | undefined) => at && at.getTime() < Date.now() - 300
    await until(async () => (await rows()).every(row => row?.attempts === 1 || isDue(row?.nextAttemptAt)))
    const attempts = (await rows()).map(row => row?.attempts)
    assert.deepEqual([attempts.filter(n => n === 1).length, attempts.filter(n => n === 0).length], [10, 30])
    assert.equal(
      receiver.received.length,
      10,
      'also when the leases of what could not be given back have run out',
    )
  })

  test('is not ill: 503 with Retry-After, as often as it likes, degrades nobody, and without it does', async t => {
    let retryAfter = true
    const busy = await hook(t, () => (retryAfter ? [503, hour] : [503]))
    const river = await dispatching(t)
    for (let n = 0; n < 7; n++) {
      await river.commit(1, busy.id)
      await until(async () => (await healthOf(busy.id)).pausedUntil !== null)
      assert.deepEqual([(await healthOf(busy.id)).state, busy.count()], ['healthy', n + 1])
      await store.webhooks.setEnabled(profileId, busy.id, true)
    }
    retryAfter = false
    await until(async () => {
      await river.commit(1, busy.id)
      return (await healthOf(busy.id)).state === 'degraded'
    })
  })
})

type Answer = [status: number, retryAfter?: string]

async function webhook(t: Test, webhookUrl: string, on = store) {
  const owner = (await on.profiles.first()).id
  const made = await on.webhooks.create({
    profileId: owner,
    name: 'test',
    webhookUrl,
    subscribedEvents: ['*'],
    retryConfig: { maxAttempts: 10, backoffMs: 100 },
  })
  t.after(() => on.webhooks.remove(owner, made.id))
  return made
}

/** A webhook and its receiver. */
async function hook(t: Test, answer: () => Answer) {
  const receiver = await startReceiver((_, __, response) => {
    const [status, retryAfter] = answer()
    response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end()
  })
  t.after(() => receiver.stop())
  const { id } = await webhook(t, receiver.url)
  return { id, count: () => receiver.received.length }
}

async function dispatching(t: Test, on = store, a = { sender, leaseMs }) {
  const { lane, dispatcher } = dispatchOn({ store: on, sender: a.sender, options: { leaseMs: a.leaseMs } })
  t.after(() => dispatcher.stop())
  return {
    dispatcher,
    /** Resolves to the ids of this webhook's deliveries of so many events. */
    async commit(count: number, webhookId: string): Promise<string[]> {
      const due = await commit(count, on)
      lane.announce(due)
      return due.filter(one => one.webhookId === webhookId).map(one => one.deliveryId)
    },
    async redeliver(id: string): Promise<void> {
      // What was given back is given back a moment after it is no longer held.
      await until(async () => {
        const due = await on.deliveries.redeliver(profileId, id)
        if (typeof due === 'object') lane.announce([due])
        return typeof due === 'object'
      })
    },
  }
}

async function commit(count: number, on: Store) {
  const { id: owner } = await on.profiles.first()
  return on.events.commit(pings(owner, count))
}

/** An hour later, for this webhook and its deliveries. */
async function timePasses(webhookId: string): Promise<void> {
  await db.query(
    `update webhook_configs set paused_at = paused_at - interval '1 hour', paused_until = paused_until - interval '1 hour',
      health_gate_at = health_gate_at - interval '1 hour' where id = $1`,
    [webhookId],
  )
  await db.query(
    `update webhook_deliveries set next_attempt_at = next_attempt_at - interval '1 hour'
      where webhook_config_id = $1 and status = 'pending' and claim_id is null`,
    [webhookId],
  )
}

async function spent(id: string): Promise<[status: string, attempts: number]> {
  const { status, attempts } = await stage.row(id)
  return [status, attempts]
}

async function ended(id: string): Promise<[status: string, attempts: number]> {
  await until(async () => (await spent(id))[0] !== 'pending')
  return spent(id)
}
