/**
 * The law: whatever dies and whenever, every event has its deliveries, every delivery ends delivered or dead, nothing
 * is attempted again after its outcome was taken, and a second attempt is made only where a crash fell between an
 * attempt and its record.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SealedEvent } from '@waxwing/events/event-id'
import pg from 'pg'
import type { DueDelivery, RecordedOutcome } from './deliveries.ts'
import type { Store } from './store.ts'
import { addWebhook, furnish, onEveryServer, outcome, type TestBench, textEvent } from './test-stores.ts'

const eventCount = 400
const leaseMs = 400
const maxAttempts = 3
/** Far above the seconds a run takes; only a delivery that is never taken up again reaches it. */
const budgetMs = 90_000

onEveryServer('nothing is lost and nothing fires twice while processes die', fresh => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
  test(`two processes with crashes at random places (SEED=${seed})`, async t => {
    const bench = await fresh()
    t.after(() => bench.close())
    await playRiver(bench, seed)
  })
})

/** What the receivers and we know of one delivery. */
type Story = { sent: number; taken: number; untold: number; finished: boolean }

async function playRiver(bench: TestBench, seed: number): Promise<void> {
  const random = randomFrom(seed)
  const stories = new Map<string, Story>()
  const first = await bench.open()
  const owner = await furnish(first)
  await addWebhook(first, owner.profileId)
  const unsaid = Array.from({ length: eventCount }, (_, index) => textEvent(owner, `${seed} ${index}`))
  const end = Date.now() + budgetMs

  async function life(name: string): Promise<void> {
    for (let birth = 0; !(await allFinished()); birth++) {
      assert.ok(Date.now() < end, `deliveries are left over after ${budgetMs} ms`)
      await liveAndDie(`${name}${birth}`)
    }
  }

  /** One process: it commits what it hears, attempts what is due, and dies after a while, whatever it is doing. */
  async function liveAndDie(name: string): Promise<void> {
    const url = new URL(bench.databaseUrl)
    url.searchParams.set('application_name', name)
    const store = await bench.open({ databaseUrl: url.href, leaseMs })
    const alive = { now: true }
    const deadline = Date.now() + 150 + random() * 500
    const tellers = Array.from({ length: 4 }, () => tell(store, alive))
    const lookers = [look(store, alive)]
    while (Date.now() < deadline && !(await allFinished())) await sleep(20)
    alive.now = false
    await cutConnections(bench.databaseUrl, name)
    await Promise.all([...tellers, ...lookers])
  }

  /** WhatsApp tells an event until somebody has taken it. */
  async function tell(store: Store, alive: { now: boolean }): Promise<void> {
    for (let event = unsaid.pop(); event !== undefined; event = unsaid.pop()) {
      if (!alive.now) return void unsaid.push(event)
      const due = await commitOrRefuse(store, event)
      if (due === null) unsaid.push(event)
      else await attempt(store, alive, due)
      if (random() < 0.3) await sleep(random() * 10)
    }
  }

  async function commitOrRefuse(store: Store, event: SealedEvent): Promise<DueDelivery[] | null> {
    return store.events.commit([event]).catch(() => null)
  }

  async function look(store: Store, alive: { now: boolean }): Promise<void> {
    while (alive.now) {
      const due = await store.deliveries.claimDue({ limit: 50, perWebhook: 20, leaseMs }).catch(() => [])
      await attempt(store, alive, due)
      await sleep(10)
    }
  }

  async function attempt(store: Store, alive: { now: boolean }, due: DueDelivery[]): Promise<void> {
    for (const delivery of due) {
      if (!alive.now) return
      const story = stories.get(delivery.deliveryId) ?? { sent: 0, taken: 0, untold: 0, finished: false }
      stories.set(delivery.deliveryId, story)
      assert.ok(!story.finished, `${delivery.deliveryId} was attempted again after it had ended`)
      story.sent++
      if (random() < 0.2) await sleep(random() * 5)
      await record(store, delivery, story)
    }
  }

  async function record(store: Store, delivery: DueDelivery, story: Story): Promise<void> {
    const next = nextOf(delivery)
    try {
      const { fencedOut } = await store.deliveries.record([outcome(delivery, next)])
      if (fencedOut.length > 0) story.untold++
      else story.taken++
      story.finished ||= fencedOut.length === 0 && next.kind !== 'retry'
    } catch {
      story.untold++ // cut off: it was recorded or not, and the database knows
    }
  }

  function nextOf(delivery: DueDelivery): RecordedOutcome['next'] {
    if (random() < 0.6) return { kind: 'delivered' }
    if (delivery.attempt >= maxAttempts) return { kind: 'dead' }
    return { kind: 'retry', at: new Date(Date.now() + random() * 30) }
  }

  async function allFinished(): Promise<boolean> {
    return unsaid.length === 0 && stories.size > 0 && (await first.deliveries.nextDueAt()) === null
  }

  await Promise.all([life('one'), life('two')])
  await checkEnds(first, owner.profileId, stories)
}

async function checkEnds(store: Store, profileId: string, stories: Map<string, Story>): Promise<void> {
  const { rows } = await store.deliveries.list({ profileId, limit: 10_000 })
  assert.equal(rows.length, eventCount * 2, 'every event has a delivery for each of two webhooks')
  for (const row of rows) {
    const story = stories.get(row.id)
    assert.ok(story !== undefined && story.sent >= 1, `${row.id} was never attempted`)
    assert.ok(row.status === 'delivered' || row.status === 'failed', `${row.id} ended ${row.status}`)
    assert.ok(row.attempts <= maxAttempts)
    assert.equal(story.sent, story.taken + story.untold)
    const extra = story.sent - row.attempts
    assert.ok(
      extra >= 0 && extra <= story.untold,
      `${row.id}: ${JSON.stringify(story)}, ${row.attempts} on record`,
    )
  }
}

async function cutConnections(databaseUrl: string, applicationName: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [
    applicationName,
  ])
  await client.end()
}

/** mulberry32: a small generator whose runs can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
