/** Law 12 on a real database and a real receiver: a limit is kept as the receiver counts, costs no attempt and no other endpoint anything. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startReceiver } from '../delivery/test-receiver.ts'
import type { DueDelivery } from '../store/deliveries.ts'
import { dispatchOn, openStage, pings, type Test, until } from './test-stage.ts'

const leaseMs = 30_000

const stage = await openStage({ attemptMs: 10_000, leaseMs })
const { store, sender, profileId } = stage
after(() => stage.close())

describe('a rate limit', () => {
  test('holds for first attempts, retries and redeliveries alike, while another endpoint is not slowed', async t => {
    const limited = await hook(t, { rateLimit: 5, failFirst: 6 })
    const free = await hook(t, { rateLimit: null })
    const river = dispatching(t)
    const due = await commit(20)
    const ofLimited = due.filter(one => one.webhookId === limited.id)
    river.lane.announce(due)
    await until(() => limited.arrivals.length > 0)
    await until(() => free.arrivals.length === 20)
    // Twenty at five a second, and six of them twice, need more than four seconds; the other endpoint needed none of them.
    assert.ok(limited.arrivals.length < 20, `${limited.arrivals.length} had arrived when the other was done`)
    await delivered(ofLimited)
    for (const one of ofLimited.slice(0, 4)) {
      const again = await store.deliveries.redeliver(profileId, one.deliveryId)
      assert.ok(typeof again === 'object')
      river.lane.announce([again])
    }
    await until(() => limited.arrivals.length === 30)
    assertKept(limited.arrivals, 5)
    await until(async () => (await begun(ofLimited)).times.length === 30)
    const { times, attempts } = await begun(ofLimited)
    assertKept(times, 5, 990)
    assert.equal(attempts, 30, 'waiting for a token spent none')
  })

  test('that is lowered and raised while deliveries wait holds from then on, and loses nothing', async t => {
    const limited = await hook(t, { rateLimit: 20 })
    const river = dispatching(t)
    river.lane.announce(await commit(100))
    await until(() => limited.arrivals.length >= 20)
    await store.webhooks.update(profileId, limited.id, { rateLimit: 2 })
    const before = limited.arrivals.length
    await until(() => limited.arrivals.length >= before + 6)
    // The first two may have had their tokens before the change.
    assertKept(limited.arrivals.slice(before + 2), 2)
    await store.webhooks.update(profileId, limited.id, { rateLimit: null })
    await until(() => limited.arrivals.length === 100)
    await until(() => river.dispatcher.stats().held === 0)
    assert.equal(new Set(limited.ids).size, 100)
  })

  test('keeps in memory what goes out soon, and leaves the rest to the database without asking for it again and again', async t => {
    const limited = await hook(t, { rateLimit: 1 })
    const river = dispatching(t)
    const due = await commit(60)
    river.lane.announce(due)
    await until(() => limited.arrivals.length >= 3)
    const { held, putBack } = river.dispatcher.stats()
    assert.ok(held <= 11, `${held} held for one request a second`)
    await until(() => limited.arrivals.length >= 6)
    assert.equal(river.dispatcher.stats().putBack, putBack, 'no more is claimed than may wait')
    await store.webhooks.update(profileId, limited.id, { rateLimit: 1_000 })
    await delivered(due)
    assert.equal(new Set(limited.ids).size, limited.ids.length)
  })

  test('holds from the first attempt of a process on', async t => {
    const limited = await hook(t, { rateLimit: 1 })
    await store.deliveries.release(await commit(8))
    const river = dispatching(t)
    await until(() => limited.arrivals.length === 3)
    assertKept(limited.arrivals, 1)
    await river.dispatcher.stop()
    assert.equal(river.dispatcher.stats().held, 0)
    const [open] = await store.deliveries.claimDue({ limit: 1, perWebhook: 1, leaseMs })
    assert.equal(open?.attempt, 1, 'what waited for a token is due again, unspent')
  })
})

/** A webhook with a receiver that writes down when each request arrived, by its own clock. */
async function hook(t: Test, a: { rateLimit: number | null; failFirst?: number }) {
  const arrivals: number[] = []
  const ids: unknown[] = []
  const receiver = await startReceiver(({ headers }, _, response) => {
    arrivals.push(performance.now())
    ids.push(headers['webhook-id'])
    response.writeHead(arrivals.length <= (a.failFirst ?? 0) ? 404 : 200).end()
  })
  t.after(() => receiver.stop())
  const { id } = await store.webhooks.create({
    profileId,
    name: 'test',
    webhookUrl: receiver.url,
    subscribedEvents: ['*'],
    retryConfig: { maxAttempts: 3, backoffMs: 100 },
    rateLimit: a.rateLimit,
  })
  t.after(() => store.webhooks.remove(profileId, id))
  return { id, arrivals, ids }
}

function dispatching(t: Test) {
  const river = dispatchOn({ store, sender, options: { leaseMs, scanMs: 200 } })
  t.after(() => river.dispatcher.stop())
  return river
}

const commit = (count: number): Promise<DueDelivery[]> => store.events.commit(pings(profileId, count))

/**
 * No window of `windowMs` has more than the limit of a second. By the receiver's clock it is six tenths of one: so long
 * may a request be under way, on a machine that is busy, before it counts for the window after its own.
 */
function assertKept(times: readonly number[], limit: number, windowMs = 600): void {
  const busiest = Math.max(
    ...times.map(from => times.filter(at => at >= from && at < from + windowMs).length),
  )
  assert.ok(busiest <= limit, `${busiest} within ${windowMs} ms, at most ${limit} a second`)
}

/** When the attempts on record began, and how many were spent. */
async function begun(due: readonly DueDelivery[]) {
  const rows = await Promise.all(due.map(({ deliveryId }) => store.deliveries.get(profileId, deliveryId)))
  const times = rows.flatMap(row => row?.attemptLog ?? []).map(({ startedAt }) => startedAt.getTime())
  return { times, attempts: rows.reduce((sum, row) => sum + (row?.attempts ?? 0), 0) }
}

async function delivered(due: readonly DueDelivery[]): Promise<void> {
  for (const { deliveryId } of due)
    await until(async () => (await store.deliveries.get(profileId, deliveryId))?.status === 'delivered')
}
