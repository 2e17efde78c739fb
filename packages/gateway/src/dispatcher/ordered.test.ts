/**
 * Law 15, the whole river: real dispatchers and a real receiver that fails, hangs up and hangs. The requests of a chat
 * come in the order of its events, the next never before the one before has ended, and nothing is lost.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type EventDraft, type SealedEvent, sealEvent } from '@waxwing/events/event-id'
import fc from 'fast-check'
import { type Receiver, startReceiver } from '../delivery/test-receiver.ts'
import { createMemoryLane } from '../stream/memory-lane.ts'
import { dispatchOn, openStage, until } from './test-stage.ts'

const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000)
const timeoutMs = 1_000
/** What is tried four times and fails has died; a few do. */
const retryConfig = { maxAttempts: 4, backoffMs: 10 }

const leaseMs = 6 * timeoutMs
const stage = await openStage({ attemptMs: timeoutMs, leaseMs })
const { store, sender, db, profileId } = stage
after(() => stage.close())

test('an ordered delivery goes out at once, and the next of its chat when it has ended', async t => {
  const asked: string[] = []
  const answers: (() => void)[] = []
  const receiver = await startReceiver(({ headers }, _, response) => {
    asked.push(String(headers['webhook-id']))
    answers.push(() => response.end())
  })
  t.after(() => receiver.stop())
  const hook = await webhook(receiver, true)
  t.after(() => store.webhooks.remove(profileId, hook.id))
  // No look for a minute, but for what is told.
  const river = await dispatching({ scanMs: 60_000 })
  t.after(() => river.stop())
  await until(() => river.looked())
  const [one, two, elsewhere] = [message('a'), message('a'), message('b')]
  await river.store.events.commit([one, two, elsewhere])
  await until(() => asked.length === 2)
  assert.deepEqual(asked.toSorted(), [one.id, elsewhere.id].toSorted())
  answers[asked.indexOf(one.id)]?.()
  await until(() => asked.length === 3)
  assert.equal(asked[2], two.id)
  for (const answer of answers) answer()
  await until(async () => (await pending()) === 0)
})

type Way = 'ok' | 'slow' | 'fail' | 'refuse' | 'hang up' | 'hang'
const way = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Way>('ok', 'slow') },
  { weight: 4, arbitrary: fc.constantFrom<Way>('fail', 'refuse', 'hang up') },
  { weight: 1, arbitrary: fc.constant<Way>('hang') },
)
const chats = 6
/** Commits that are made together, each with the chats of its events. */
const burst = fc.array(fc.array(fc.nat(chats - 1), { minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 5,
})
const story = fc.record({
  ways: fc.array(way, { minLength: 40, maxLength: 40 }),
  bursts: fc.array(burst, { minLength: 4, maxLength: 8 }),
})

test('whatever the receiver does, the requests of a chat keep its order and none is lost', async t => {
  t.diagnostic(`TEST_SEED=${seed}`)
  await fc.assert(
    fc.asyncProperty(story, ({ ways, bursts }) => play(ways, bursts)),
    { numRuns: 4, seed, endOnFailure: true },
  )
})

async function play(ways: readonly Way[], bursts: readonly number[][][]): Promise<void> {
  const plain = await startReceiver((_, __, response) => response.end())
  const ordered = await moody(ways)
  const hooks = [await webhook(ordered.receiver, true), await webhook(plain, false)]
  const rivers = [await dispatching(), await dispatching()]
  const ladder = turnTheClock()
  try {
    const arrived: SealedEvent[] = []
    for (const [index, burst] of bursts.entries()) {
      const commits = burst.map(list => list.map(chat => message(`chat ${chat}`)))
      arrived.push(...commits.flat())
      await Promise.all(commits.map(events => rivers[0]?.commit(events)))
      // A process that dies with what it has claimed.
      await store.deliveries.claimDue({ limit: 2, perWebhook: 2, leaseMs: 300 })
      // In the middle of it one dispatcher goes, and another comes.
      if (index === 2) await rivers.pop()?.stop()
      if (index === 2) rivers.push(await dispatching())
    }
    await until(async () => (await pending()) === 0)
    assert.equal(plain.received.length, arrived.length, 'beside it every event goes out once')
    for (const [chat, events] of Map.groupBy(arrived, event => event.chat)) {
      const requests = ordered.asked.filter(one => events.some(event => event.id === one))
      const begun = requests.filter((one, index) => one !== requests[index - 1])
      assert.deepEqual(begun, ids(events), `${chat}: each event's attempts together, in the order they came`)
    }
    assert.deepEqual(ordered.overlaps, [], 'a request while another of its chat was not answered yet')
  } finally {
    await ladder.stop()
    for (const river of rivers) await river.stop()
    for (const { id } of hooks) await store.webhooks.remove(profileId, id)
    for (const receiver of [ordered.receiver, plain]) await receiver.stop()
    await db.query('delete from events')
  }
}

const ids = (events: readonly SealedEvent[]) => events.map(event => event.id)

/** A receiver in these moods, one a request. `asked`: the events of its requests, in the order they began. */
async function moody(ways: readonly Way[]) {
  const asked: string[] = []
  const overlaps: string[] = []
  /** Chats with a request that will be answered, and is not yet. */
  const open = new Set<string>()
  const receiver = await startReceiver(({ headers, body }, request, response) => {
    const { chat } = JSON.parse(body.toString()).data
    if (open.has(chat)) overlaps.push(chat)
    const way = ways[asked.length % ways.length]
    asked.push(String(headers['webhook-id']))
    if (way === 'hang') return
    if (way === 'hang up') return void request.socket.destroy()
    open.add(chat)
    const status = way === 'fail' ? 500 : way === 'refuse' ? 404 : 200
    const answer = () => {
      open.delete(chat)
      response.writeHead(status).end()
    }
    if (way === 'slow') setTimeout(answer, 30)
    else answer()
  })
  return { receiver, asked, overlaps }
}

let serial = 0
function message(chat: string): SealedEvent {
  const draft: EventDraft = {
    type: 'webhook.ping',
    at: new Date(),
    sessionId: null,
    profileId,
    chat,
    naturalKey: `${serial++}`,
    data: { webhookId: 'w', message: 'hello' },
  }
  const event = sealEvent(draft)
  return { ...event, body: JSON.stringify({ id: event.id, data: { chat } }) }
}

function webhook(receiver: Receiver, ordered: boolean) {
  return store.webhooks.create({
    profileId,
    name: 'test',
    webhookUrl: receiver.url,
    subscribedEvents: ['webhook.ping'],
    retryConfig,
    ordered,
  })
}

/** A process of its own: its store, its lane and its dispatcher. */
async function dispatching({ scanMs = 100 } = {}) {
  const lane = createMemoryLane({ limit: 10_000 })
  const own = await stage.open({ onOrdered: lane.nudge })
  let looks = 0
  const deliveries = {
    ...own.deliveries,
    async nextDueAt() {
      const due = await own.deliveries.nextDueAt()
      looks++
      return due
    },
  }
  const { dispatcher } = dispatchOn({
    store: { ...own, deliveries },
    sender,
    lane,
    options: { leaseMs, scanMs },
  })
  return {
    store: own,
    looked: () => looks > 0,
    commit: async (events: SealedEvent[]) => lane.announce(await own.events.commit(events)),
    async stop() {
      await dispatcher.stop()
      await own.close()
    },
  }
}

/** The ladder of an endpoint in trouble has steps of minutes; here they are over at once. */
function turnTheClock() {
  let stopped = false
  const turning = (async () => {
    while (!stopped) {
      await db.query('update webhook_configs set health_gate_at = now() where health_gate_at > now()')
      await pause(50)
    }
  })()
  return {
    stop() {
      stopped = true
      return turning
    },
  }
}

async function pending(): Promise<number> {
  const { rows } = await db.query(
    `select count(*)::int as count from webhook_deliveries where status = 'pending'`,
  )
  return rows[0].count
}
