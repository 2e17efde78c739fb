import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { RetryConfig } from '../delivery/retry-schedule.ts'
import { createSender, type Sender } from '../delivery/send.ts'
import { type Receiver, startReceiver } from '../delivery/test-receiver.ts'
import type { DispatcherOptions } from './dispatcher.ts'
import { answering, dispatchOn, openStage, pings, type Test, until } from './test-stage.ts'

/** As long as a gateway's own: a busy machine may take seconds for what is done in milliseconds. */
const attemptMs = 10_000
const leaseMs = 3 * attemptMs
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

const stage = await openStage({ attemptMs, leaseMs })
const { store, sender, guard, profileId, databaseUrl, row, ended } = stage
after(() => stage.close())

describe('the dispatcher', () => {
  test('attempts at once what it hears, and records it as delivered', async t => {
    const receiver = await answering(t, () => 200)
    await webhook(t, receiver)
    const { lane } = dispatching(t, { scanMs: 60_000 })
    const due = await commit(3)
    lane.announce(due)
    const rows = await Promise.all(due.map(one => ended(one.deliveryId)))
    assert.deepEqual(
      rows.map(row => [row.status, row.attempts, row.responseStatus]),
      due.map(() => ['delivered', 1, 200]),
    )
    assert.equal(receiver.received.length, 3)
    const [attempt] = rows[0]?.attemptLog ?? []
    assert.ok(attempt && attempt.errorClass === null && attempt.requestHeaders['webhook-id'])
  })

  test('a delivery that fails twice and then succeeds is delivered on its third attempt, with the same bytes', async t => {
    const receiver = await answering(t, n => (n < 3 ? 500 : 200))
    await webhook(t, receiver, { maxAttempts: 3, backoffMs: 100 })
    const { lane } = dispatching(t)
    const [due] = await commit(1)
    assert.ok(due)
    lane.announce([due])
    const row = await ended(due.deliveryId)
    assert.deepEqual([row.status, row.attempts], ['delivered', 3])
    assert.deepEqual(
      row.attemptLog.map(one => [one.attempt, one.responseStatus, one.errorClass]),
      [
        [1, 500, 'http_5xx'],
        [2, 500, 'http_5xx'],
        [3, 200, null],
      ],
    )
    assert.deepEqual(
      receiver.received.map(one => [one.headers['x-delivery-attempt'], one.body.toString()]),
      ['1', '2', '3'].map(n => [n, due.body]),
    )
    assert.equal(new Set(receiver.received.map(one => one.headers['webhook-id'])).size, 1)
  })

  test('a delivery that never succeeds is dead after its attempts, never sooner apart than configured', async t => {
    const receiver = await answering(t, () => 503)
    await webhook(t, receiver, { maxAttempts: 3, backoffMs: 200 })
    // It is woken for the retries: at its own pace it would look for them when this test has long given up.
    const { lane, dispatcher } = dispatching(t, { scanMs: 3_600_000 })
    const due = await commit(1)
    lane.announce(due)
    const row = await ended(due[0]?.deliveryId ?? '')
    assert.deepEqual([row.status, row.attempts, row.nextAttemptAt], ['failed', 3, null])
    const [first, second, third] = row.attemptLog.map(one => one.startedAt.getTime())
    assert.ok(first && second && third)
    assert.ok(second - first >= 200 && third - second >= 400, `${second - first} ${third - second}`)
    assert.equal(receiver.received.length, 3)
    await until(() => dispatcher.stats().held === 0)
  })

  test('a list of waits is kept to, wait by wait', async t => {
    const receiver = await answering(t, () => 500)
    await webhook(t, receiver, { maxAttempts: 4, backoffMs: 100, delaysMs: [100, 900, 300] })
    const { lane } = dispatching(t, { scanMs: 3_600_000 })
    const due = await commit(1)
    lane.announce(due)
    const row = await ended(due[0]?.deliveryId ?? '')
    assert.deepEqual([row.status, row.attempts], ['failed', 4])
    const times = row.attemptLog.map(one => one.startedAt.getTime())
    const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0))
    for (const [index, least] of [100, 900, 300].entries())
      assert.ok((waits[index] ?? 0) >= least, `waited ${waits.join(', ')} ms`)
  })

  test('410 makes a delivery dead at once', async t => {
    const receiver = await answering(t, () => 410)
    await webhook(t, receiver)
    const { lane } = dispatching(t)
    const due = await commit(1)
    lane.announce(due)
    const row = await ended(due[0]?.deliveryId ?? '')
    assert.deepEqual([row.status, row.attempts], ['failed', 1])
  })

  test('an endpoint that hangs keeps its own share, and the others get everything meanwhile', async t => {
    const patient = createSender({ timeoutMs: 20_000, guard, userAgent: 'test' })
    t.after(() => patient.close())
    const open: (() => void)[] = []
    const hanging = await startReceiver((_, __, response) => open.push(() => response.end()))
    t.after(() => hanging.stop())
    const living = await answering(t, () => 200)
    await webhook(t, hanging)
    await webhook(t, living)
    const { lane, dispatcher } = dispatching(t, { slots: 10, perEndpoint: 10, leaseMs: 60_000 }, patient)
    for (let round = 0; round < 5; round++) lane.announce(await commit(10))
    await until(() => living.received.length === 50 && hanging.received.length > 0)
    await until(() => dispatcher.stats().inFlight === 1)
    // A tenth of ten slots, and not one more, although forty-nine others wait for the same endpoint.
    assert.equal(hanging.received.length, 1)
    for (let i = 0; i < 5_000 && hanging.received.length < 50; i++) {
      for (const answer of open.splice(0)) answer()
      await pause(2)
    }
    for (const answer of open.splice(0)) answer()
    await until(() => dispatcher.stats().held === 0)
    assert.equal(hanging.received.length, 50)
  })

  test('what was to be retried when it stopped is retried by the next one', async t => {
    const receiver = await answering(t, n => (n === 1 ? 500 : 200))
    await webhook(t, receiver, { maxAttempts: 3, backoffMs: 300 })
    const first = dispatching(t)
    const due = await commit(1)
    first.lane.announce(due)
    const id = due[0]?.deliveryId ?? ''
    await until(async () => (await row(id)).attempts === 1)
    await first.dispatcher.stop()
    dispatching(t)
    const ending = await ended(id)
    assert.deepEqual([ending.status, ending.attempts], ['delivered', 2])
    assert.deepEqual(
      receiver.received.map(one => one.headers['x-delivery-attempt']),
      ['1', '2'],
    )
  })

  test('what nobody heard of is found when its lease has run out, and not before', async t => {
    const receiver = await answering(t, () => 200)
    await webhook(t, receiver)
    dispatching(t)
    const [due] = await commit(1)
    const id = due?.deliveryId ?? ''
    const { createdAt, nextAttemptAt } = await row(id)
    assert.equal(nextAttemptAt?.getTime(), createdAt.getTime() + leaseMs)
    await sql(
      `update webhook_deliveries set next_attempt_at = now() + interval '1 second' where id = '${id}'`,
    )
    const until = (await row(id)).nextAttemptAt
    const { attemptLog } = await ended(id)
    const [attempt] = attemptLog
    assert.ok(attempt && until && attempt.startedAt >= until, `${attempt?.startedAt} ${until}`)
  })

  test('waiting longer than the lease behind others costs no second attempt', async t => {
    const slow = await startReceiver((_, __, response) => setTimeout(() => response.end(), 450))
    t.after(() => slow.stop())
    const leaseMs = 3_000
    const brief = await stage.open({ leaseMs })
    t.after(() => brief.close())
    await webhook(t, slow)
    // It says that it takes a second at most, and waits for a busy machine all the same: this is not about the deadline.
    const patient = { send: sender.send, timeoutMs: 1_000 }
    const { lane } = dispatching(t, { slots: 10, leaseMs }, patient, brief)
    const due = await commit(10, brief)
    lane.announce(due)
    await Promise.all(due.map(one => ended(one.deliveryId)))
    assert.equal(slow.received.length, 10)
  })

  test('what does not fit in memory waits in the database, and everything arrives once', async t => {
    const receiver = await answering(t, () => 200)
    await webhook(t, receiver)
    const { lane, dispatcher } = dispatching(t, { backlog: 5, scanMs: 200 })
    const due = await commit(100)
    lane.announce(due)
    await Promise.all(due.map(one => ended(one.deliveryId)))
    assert.ok(dispatcher.stats().putBack > 0)
    assert.equal(receiver.received.length, 100)
    assert.equal(new Set(receiver.received.map(one => one.headers['webhook-id'])).size, 100)
  })

  test('an outcome of a delivery that was taken over meanwhile changes nothing and is counted', async t => {
    let answer = () => {}
    const receiver = await startReceiver((_, __, response) => {
      answer = () => response.end()
    })
    t.after(() => receiver.stop())
    await webhook(t, receiver)
    const { lane, dispatcher } = dispatching(t, { scanMs: 60_000 })
    const due = await commit(1)
    lane.announce(due)
    await until(() => receiver.received.length === 1)
    const id = due[0]?.deliveryId ?? ''
    await sql(`update webhook_deliveries set next_attempt_at = now() where id = '${id}'`)
    const [stolen] = await store.deliveries.claimDue({ limit: 1, perWebhook: 1, leaseMs })
    assert.equal(stolen?.deliveryId, id)
    answer()
    await until(() => dispatcher.stats().fencedOut === 1)
    assert.deepEqual([(await row(id)).status, (await row(id)).attempts], ['pending', 0])
    await store.deliveries.release([stolen])
  })

  test('an outcome that meets a newer claim of its own process is recorded under it, and nothing is sent again', async t => {
    const receiver = await answering(t, () => 200)
    await webhook(t, receiver)
    const refused = Promise.withResolvers<void>()
    let tries = 0
    const deliveries: typeof store.deliveries = {
      ...store.deliveries,
      /** The lease runs out while the outcome is on its way, and before it arrives the due-scan has claimed anew. */
      async record(outcomes) {
        const { deliveryId, claimId } = outcomes[0]?.delivery ?? { deliveryId: '', claimId: '' }
        if (tries++ === 0) {
          await sql(`update webhook_deliveries set next_attempt_at = now() where id = '${deliveryId}'`)
          await until(async () => (await claimOf(deliveryId)) !== claimId)
        }
        const answer = await store.deliveries.record(outcomes)
        setImmediate(refused.resolve)
        return answer
      },
      /** The answer to the claim is the last to come back. */
      async claimDue(options) {
        const due = await store.deliveries.claimDue(options)
        if (due.length > 0) await refused.promise
        return due
      },
    }
    const { lane, dispatcher } = dispatching(t, { scanMs: 100 }, sender, { ...store, deliveries })
    const due = await commit(1)
    lane.announce(due)
    const { status, attempts, attemptLog } = await ended(due[0]?.deliveryId ?? '')
    await until(() => dispatcher.stats().held === 0)
    assert.deepEqual([status, attempts, attemptLog.length, tries], ['delivered', 1, 1, 2])
    assert.deepEqual([receiver.received.length, dispatcher.stats().fencedOut], [1, 0])
  })

  test('deliveries of a disabled webhook stay pending and unspent, and go out when it is enabled', async t => {
    const receiver = await answering(t, () => 200)
    const hook = await webhook(t, receiver)
    const { lane, dispatcher } = dispatching(t, { scanMs: 100 })
    const due = await commit(2)
    await store.webhooks.setEnabled(profileId, hook.id, false)
    lane.announce(due)
    await until(() => dispatcher.stats().putBack === 2)
    await pause(300)
    assert.equal(receiver.received.length, 0)
    assert.deepEqual(
      [(await row(due[0]?.deliveryId ?? '')).status, dispatcher.stats().putBack],
      ['pending', 2],
    )
    await store.webhooks.setEnabled(profileId, hook.id, true)
    const rows = await Promise.all(due.map(one => ended(one.deliveryId)))
    assert.ok(rows.every(one => one.status === 'delivered' && one.attempts === 1))
  })

  test('deliveries of a deleted webhook are not attempted', async t => {
    const receiver = await answering(t, () => 200)
    const hook = await webhook(t, receiver)
    const { lane, dispatcher } = dispatching(t, { scanMs: 100 })
    const due = await commit(1)
    await store.webhooks.remove(profileId, hook.id)
    lane.announce(due)
    await until(() => dispatcher.stats().held === 0 && dispatcher.stats().putBack === 1)
    assert.equal(receiver.received.length, 0)
  })

  test('stopping lets attempts end and be recorded, and gives the rest back due at once and unspent', async t => {
    const receiver = await startReceiver((_, __, response) => setTimeout(() => response.end(), 200))
    t.after(() => receiver.stop())
    await webhook(t, receiver)
    const { lane, dispatcher } = dispatching(t, { slots: 10 })
    const due = await commit(5)
    lane.announce(due)
    await until(() => receiver.received.length === 1)
    await dispatcher.stop()
    const rows = await Promise.all(due.map(one => row(one.deliveryId)))
    assert.equal(receiver.received.length, 1)
    assert.equal(rows.filter(one => one.status === 'delivered' && one.attempts === 1).length, 1)
    const back = rows.filter(one => one.status === 'pending' && one.attempts === 0)
    assert.equal(back.length, 4)
    assert.ok(back.every(one => (one.nextAttemptAt?.getTime() ?? Number.POSITIVE_INFINITY) <= Date.now()))
  })

  test('stopping does not wait for a hanging attempt longer than told, and gives its delivery back', async t => {
    const receiver = await startReceiver(() => {})
    t.after(() => receiver.stop())
    await webhook(t, receiver)
    const { lane, dispatcher } = dispatching(t, { drainMs: 50 })
    const due = await commit(1)
    lane.announce(due)
    await until(() => receiver.received.length === 1)
    await dispatcher.stop()
    const { status, attempts, nextAttemptAt } = await row(due[0]?.deliveryId ?? '')
    assert.deepEqual([status, attempts], ['pending', 0])
    assert.ok(nextAttemptAt !== null && nextAttemptAt.getTime() <= Date.now())
  })

  test('with the database away outcomes are kept, recorded when it is back, and no attempt is made twice', async t => {
    let answer = () => {}
    const receiver = await startReceiver((_, __, response) => {
      answer = () => response.end()
    })
    t.after(() => receiver.stop())
    await webhook(t, receiver)
    const { lane, dispatcher } = dispatching(t, { scanMs: 100 })
    const due = await commit(1)
    lane.announce(due)
    await until(() => receiver.received.length === 1)
    await databaseAway(async () => {
      answer()
      await until(() => dispatcher.stats().unrecorded === 1)
      await pause(300)
      assert.equal(dispatcher.stats().unrecorded, 1)
    })
    const ending = await ended(due[0]?.deliveryId ?? '')
    assert.deepEqual([ending.status, ending.attempts], ['delivered', 1])
    assert.equal(receiver.received.length, 1)
    // And it claims again.
    const more = await commit(1)
    lane.announce(more)
    await until(() => receiver.received.length === 2)
    answer()
    await ended(more[0]?.deliveryId ?? '')
  })

  test('does not start with a lease that could end during an attempt', () => {
    const start = () => dispatchOn({ store, sender, options: { leaseMs: 3 * attemptMs - 1 } })
    assert.throws(start, /three times/)
  })
})

function dispatching(
  t: Test,
  options: Partial<DispatcherOptions> = {},
  using: Pick<Sender, 'send' | 'timeoutMs'> = sender,
  from = store,
) {
  const usual = { slots: 20, leaseMs, scanMs: 1_000 }
  const river = dispatchOn({ store: from, sender: using, options: { ...usual, ...options } })
  t.after(() => river.dispatcher.stop())
  return river
}

async function webhook(
  t: Test,
  receiver: Receiver,
  retryConfig: RetryConfig = { maxAttempts: 3, backoffMs: 1_000 },
) {
  const made = await store.webhooks.create({
    profileId,
    name: 'test',
    webhookUrl: receiver.url,
    subscribedEvents: ['*'],
    retryConfig,
    secret,
  })
  t.after(() => store.webhooks.remove(profileId, made.id))
  return made
}

/** This many events, with one delivery for each webhook there is. */
const commit = (count: number, to = store) => to.events.commit(pings(profileId, count))

async function claimOf(deliveryId: string): Promise<string | null> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client
    .query('select claim_id from webhook_deliveries where id = $1', [deliveryId])
    .finally(() => client.end())
  return rows[0]?.claim_id ?? null
}

async function sql(text: string, url = databaseUrl): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(text).finally(() => client.end())
}

/** Every connection is cut and none is taken until `meanwhile` is over. */
async function databaseAway(meanwhile: () => Promise<void>): Promise<void> {
  const url = new URL(databaseUrl)
  const name = url.pathname.slice(1)
  url.pathname = '/postgres'
  await sql(`alter database ${name} with allow_connections false`, url.href)
  try {
    await sql(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`, url.href)
    await meanwhile()
  } finally {
    await sql(`alter database ${name} with allow_connections true`, url.href)
  }
}
