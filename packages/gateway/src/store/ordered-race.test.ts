/**
 * Law 15 against chance: two dispatchers that look, end, fail, die, tell too late and replay at once, in whatever order.
 * No delivery of a chat is begun before all that came before it have ended, no two are under way, and nothing is lost.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import type { DueDelivery } from './deliveries.ts'
import type { Store } from './store.ts'
import { addWebhook, furnish, onEveryServer, outcome, type TestBench, textEvent } from './test-stores.ts'

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      chats: fc.array(fc.nat(2), { maxLength: 5 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('look' as const),
      who: fc.nat(1),
      limit: fc.integer({ min: 1, max: 4 }),
      dies: fc.oneof(
        { weight: 3, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      who: fc.nat(1),
      which: fc.nat(9),
      how: fc.constantFrom('delivered' as const, 'dead' as const, 'retry' as const, 'release' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('tell too late' as const), who: fc.nat(1), which: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replay' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never
/** What is done in one wave is done at once. */
const waves = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 5, maxLength: 30 })

const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000)

onEveryServer('deliveries of one chat take turns, whatever happens', fresh => {
  let bench: TestBench
  let stores: [Store, Store]
  before(async () => {
    bench = await fresh()
    stores = [await bench.open(), await bench.open()]
  })
  after(() => bench.close())

  test('and nothing is lost', async t => {
    t.diagnostic(`TEST_SEED=${seed}`)
    await fc.assert(
      fc.asyncProperty(waves, async waves => {
        const world = await createWorld(stores)
        try {
          for (const wave of waves) await world.run(wave)
          await world.drain()
        } finally {
          await world.remove()
        }
      }),
      { numRuns: 25, seed },
    )
  })
})

let serial = 0

/** An ordered webhook with a plain one beside it, and what is known of every delivery of the ordered one. */
async function createWorld(stores: readonly [Store, Store]) {
  const [store] = stores
  const owner = await furnish(store)
  const { profileId, webhookId } = owner
  const plain = await addWebhook(store, profileId)
  await store.webhooks.update(profileId, webhookId, { ordered: true })
  const began = new Date(Date.now() - 60_000)

  /** Of each chat the events in the order in which they were given to the commit. */
  const arrived = new Map<string, string[]>()
  const chatOf = new Map<string, string>()
  const everEnded = new Set<string>()
  const perhapsEnded = new Set<string>()
  let underWay: DueDelivery[] = []
  const abandoned: DueDelivery[] = []

  /** Every event that came before this one in its chat has ended at least once. */
  function checkTurn({ eventId }: DueDelivery): void {
    const chat = arrived.get(chatOf.get(eventId) ?? '') ?? []
    const before = chat.slice(0, chat.indexOf(eventId))
    const open = before.filter(one => !everEnded.has(one) && !perhapsEnded.has(one))
    assert.deepEqual(open, [], `${eventId} was begun while others of its chat were waiting`)
  }

  function checkOneAtATime(): void {
    const chats = underWay.map(one => chatOf.get(one.eventId))
    assert.equal(new Set(chats).size, chats.length, `under way together: ${chats}`)
  }

  async function commit(chats: readonly number[]): Promise<void> {
    const at = new Date()
    const events = chats.map(chat => ({ ...textEvent(owner, `race ${serial++}`, at), chat: `chat ${chat}` }))
    for (const { id, chat } of events) {
      arrived.set(chat, [...(arrived.get(chat) ?? []), id])
      chatOf.set(id, chat)
    }
    const due = await store.events.commit(events)
    assert.equal(due.length, events.length, 'the plain webhook has its deliveries at once')
    assert.ok(due.every(one => one.webhookId === plain.id && !one.ordered))
    await store.deliveries.record(due.map(one => outcome(one, { kind: 'delivered' })))
  }

  /** Resolves to what was claimed; a process that dies claims and is never heard of again. */
  async function look(who: number, limit: number, dies: boolean): Promise<DueDelivery[]> {
    const due = await stores[who % 2 === 0 ? 0 : 1].deliveries.claimDue({
      limit,
      perWebhook: limit,
      leaseMs: dies ? 1 : 600_000,
    })
    if (dies) abandoned.push(...due)
    else underWay.push(...due)
    return due
  }

  async function end(
    who: number,
    which: number,
    how: 'delivered' | 'dead' | 'retry' | 'release',
  ): Promise<void> {
    const [delivery] = underWay.splice(which % Math.max(1, underWay.length), 1)
    if (delivery === undefined) return
    const { deliveries } = stores[who % 2 === 0 ? 0 : 1]
    if (how === 'release') return deliveries.release([delivery])
    if (how !== 'retry') everEnded.add(delivery.eventId)
    const next = how === 'retry' ? { kind: how, at: new Date(Date.now() + 3) } : { kind: how }
    const { fencedOut } = await deliveries.record([outcome(delivery, next)])
    assert.deepEqual(fencedOut, [], 'its lease is long, so it is nobody else’s')
  }

  /** Of a process that was only slow: taken if nobody has claimed the delivery since. */
  async function tellTooLate(who: number, which: number): Promise<void> {
    const [delivery] = abandoned.splice(which % Math.max(1, abandoned.length), 1)
    if (delivery === undefined) return
    // Before the answer is here, another may have claimed the next.
    perhapsEnded.add(delivery.eventId)
    const told = [outcome(delivery, { kind: 'delivered' })]
    const { fencedOut } = await stores[who % 2 === 0 ? 0 : 1].deliveries.record(told)
    if (fencedOut.length === 0) everEnded.add(delivery.eventId)
  }

  async function replay(): Promise<void> {
    const until = new Date(Date.now() + 60_000)
    const filter = {
      since: began,
      until,
      status: 'failed' as const,
      eventType: null,
      force: false,
      rate: 1_000,
    }
    const job = await store.replays.create({ profileId, webhookId, filter })
    assert.ok(job)
    for (let n = 0; n < 20; n++) {
      const turn = await store.replays.takeTurn()
      if (turn === null || turn.finished) return
    }
  }

  async function take(one: Step): Promise<DueDelivery[]> {
    if (one.do === 'look') return look(one.who, one.limit, one.dies)
    if (one.do === 'commit') await commit(one.chats)
    else if (one.do === 'end') await end(one.who, one.which, one.how)
    else if (one.do === 'tell too late') await tellTooLate(one.who, one.which)
    else await replay()
    return []
  }

  async function pending(): Promise<number> {
    const rows = await store.deliveries.list({ profileId, webhookId, status: 'pending', limit: 1_000 })
    return rows.rows.length
  }

  return {
    async run(wave: readonly Step[]): Promise<void> {
      const begun = (await Promise.all(wave.map(take))).flat()
      begun.forEach(checkTurn)
      perhapsEnded.clear()
      checkOneAtATime()
    },
    /** Everything that is left ends, chat by chat. */
    async drain(): Promise<void> {
      for (let n = 0; (await pending()) > 0; n++) {
        assert.ok(n < 2_000, 'gave up waiting')
        const begun = await look(n, 100, false)
        begun.forEach(checkTurn)
        checkOneAtATime()
        if (underWay.length === 0) await sleep(2)
        while (underWay.length > 0) await end(n, n, 'delivered')
      }
      const { rows } = await store.deliveries.list({ profileId, webhookId, limit: 1_000 })
      assert.deepEqual(rows.map(row => row.eventId).sort(), [...chatOf.keys()].sort())
      assert.ok(rows.every(row => row.status === 'delivered' || row.status === 'failed'))
    },
    async remove(): Promise<void> {
      underWay = []
      for (const id of [webhookId, plain.id]) await store.webhooks.remove(profileId, id)
    },
  }
}
