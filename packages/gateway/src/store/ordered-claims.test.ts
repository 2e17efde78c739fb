/** Law 15, in the store: of each chat of an ordered webhook one delivery at a time can be claimed, in the order they came. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SealedEvent } from '@waxwing/events/event-id'
import pino from 'pino'
import { type Database, openDatabase } from './database.ts'
import type { DueDelivery } from './deliveries.ts'
import { createReplays } from './replays.ts'
import type { Store } from './store.ts'
import { furnish, onEveryServer, only, outcome, type TestBench, textEvent } from './test-stores.ts'

const all = { limit: 1000, perWebhook: 1000, leaseMs: 60_000 }
const delivered = { kind: 'delivered' } as const
const dead = { kind: 'dead' } as const
const inAnHour = () => ({ kind: 'retry', at: new Date(Date.now() + 3_600_000) }) as const
const atOnce = () => ({ kind: 'retry', at: new Date(Date.now() - 1) }) as const

onEveryServer('deliveries of one chat take turns', fresh => {
  let bench: TestBench
  let store: Store
  let other: Store
  let db: Database
  let owner: Awaited<ReturnType<typeof furnish>>
  let nudges = 0
  let serial = 0
  before(async () => {
    bench = await fresh()
    store = await bench.open({ onOrdered: () => nudges++ })
    other = await bench.open()
    db = openDatabase({ databaseUrl: bench.databaseUrl, poolSize: 2, log: pino({ level: 'silent' }) })
  })
  after(async () => {
    await db.close()
    await bench.close()
  })
  beforeEach(async () => {
    if (owner !== undefined) await store.webhooks.remove(owner.profileId, owner.webhookId)
    await db.query({ text: 'delete from events' })
    owner = await furnish(store)
    await setOrdered(true)
    nudges = 0
  })

  const setOrdered = (ordered: boolean) =>
    store.webhooks.update(owner.profileId, owner.webhookId, { ordered })
  const message = (chat: string | null, at = new Date()): SealedEvent => ({
    ...textEvent(owner, `event ${serial++}`, at),
    chat,
  })
  /** Each is committed before the next is made. */
  async function commit(...chats: (string | null)[]): Promise<SealedEvent[]> {
    const events = chats.map(chat => message(chat))
    for (const event of events) assert.deepEqual(await store.events.commit([event]), [])
    return events
  }
  const ids = (events: readonly { id: string }[]) => events.map(event => event.id)
  const eventIds = (due: readonly DueDelivery[]) => due.map(one => one.eventId).sort()
  const look = (more = {}) => store.deliveries.claimDue({ ...all, ...more })
  const end = (delivery: DueDelivery, next: Parameters<typeof outcome>[1] = delivered) =>
    store.deliveries.record([outcome(delivery, next)])
  const get = async ({ deliveryId }: Pick<DueDelivery, 'deliveryId'>) => {
    const row = await store.deliveries.get(owner.profileId, deliveryId)
    assert.ok(row)
    return row
  }

  /** The events of one chat, in the order in which they could be claimed. */
  async function oneAfterTheOther(): Promise<string[]> {
    const seen: string[] = []
    for (let due = await look(); due.length > 0; due = await look()) {
      const head = only(due)
      seen.push(head.eventId)
      await end(head)
    }
    return seen
  }

  test('one delivery of a chat can be claimed, the others wait, and other chats go on', async () => {
    const [one, two, three, elsewhere] = await commit('a', 'a', 'a', 'b')
    assert.ok(one && two && three && elsewhere)
    assert.equal(nudges, 4)
    const due = await look()
    assert.deepEqual(eventIds(due), [one.id, elsewhere.id].sort())
    assert.ok(due.every(delivery => delivery.ordered === true && delivery.attempt === 1))
    assert.deepEqual(await other.deliveries.claimDue(all), [])
    const first = due.find(delivery => delivery.eventId === one.id)
    assert.ok(first)
    await end(first)
    assert.deepEqual(eventIds(await other.deliveries.claimDue(all)), [two.id])
    assert.deepEqual(await look(), [])
  })

  test('what came in one millisecond and one batch keeps the order in which it came', async () => {
    const at = new Date()
    const events = Array.from({ length: 700 }, () => message('a', at))
    // Seven hundred commits in flight together, in three batches at least.
    await Promise.all(events.map(event => store.events.commit([event])))
    assert.notDeepEqual(ids(events), ids(events).sort(), 'the ids say nothing about the order')
    const rows = await db.query<{ id: string }>({
      text: 'select event_id as id from webhook_deliveries where webhook_config_id = $1 order by position',
      values: [owner.webhookId],
    })
    assert.deepEqual(ids(rows), ids(events))
  })

  test('within one commit the order given is the order kept, and a repeated event changes nothing', async () => {
    const at = new Date()
    const events = Array.from({ length: 20 }, () => message('a', at))
    await store.events.commit(events)
    await store.events.commit(events.toReversed())
    assert.deepEqual(await oneAfterTheOther(), ids(events))
  })

  test('a failure holds its chat until it has ended, and those behind it pay nothing', async () => {
    const [one, two] = await commit('a', 'a', 'b')
    assert.ok(one && two)
    const due = await look()
    for (const delivery of due) await end(delivery, delivery.eventId === one.id ? inAnHour() : delivered)
    assert.deepEqual(await look(), [])
    const retryAt = (await store.deliveries.nextDueAt())?.getTime() ?? 0
    assert.ok(retryAt > Date.now() + 3_000_000, 'nothing to look for meanwhile')
    await db.query({
      text: `update webhook_deliveries set next_attempt_at = now() where status = 'pending' and attempts = 1`,
    })
    const again = only(await look())
    assert.deepEqual([again.eventId, again.attempt], [one.id, 2])
    await end(again, dead)
    const next = only(await look())
    assert.deepEqual([next.eventId, next.attempt], [two.id, 1])
  })

  test('nothing is due while the head of every chat is under way, and at once when one has ended', async () => {
    await commit('a', 'a', 'a')
    const before = Date.now()
    const head = only(await look())
    const leaseEnd = (await store.deliveries.nextDueAt())?.getTime() ?? 0
    assert.ok(leaseEnd >= before + 59_000, 'when the lease ends, not before')
    await end(head)
    const due = (await store.deliveries.nextDueAt())?.getTime() ?? Number.POSITIVE_INFINITY
    assert.ok(due <= Date.now() + 1)
  })

  test('a head whose process died is claimed again before those behind it', async () => {
    const [one, two] = await commit('a', 'a')
    assert.ok(one && two)
    const lost = only(await other.deliveries.claimDue({ ...all, leaseMs: 1 }))
    await sleep(10)
    const again = only(await look())
    assert.deepEqual([again.eventId, again.attempt, again.reclaimed], [one.id, 1, true])
    assert.deepEqual(await other.deliveries.record([outcome(lost, delivered)]), {
      fencedOut: [lost.deliveryId],
    })
    assert.deepEqual(await look(), [], 'the refused outcome ended nothing')
    await end(again)
    assert.equal(only(await look()).eventId, two.id)
  })

  test('giving a head back spends nothing and keeps its turn', async () => {
    const [one] = await commit('a', 'a')
    await store.deliveries.release(await look())
    const again = only(await look())
    assert.deepEqual([again.eventId, again.attempt], [one?.id, 1])
  })

  test('the same chat of two sessions is two chats, and events of no chat take turns in their session', async () => {
    const second = await store.sessions.create({
      profileId: owner.profileId,
      name: 'Two',
      network: 'sandbox',
    })
    const elsewhere = (chat: string | null) => ({ ...message(chat), sessionId: second.id })
    const nowhere = () => ({ ...message(null), sessionId: null })
    const events = [
      message('a'),
      elsewhere('a'),
      message(null),
      message(null),
      elsewhere(null),
      nowhere(),
      nowhere(),
    ]
    await store.events.commit(events)
    const expected = [0, 1, 2, 4, 5].map(index => events[index]?.id ?? '')
    assert.deepEqual(eventIds(await look()), expected.sort())
    await store.sessions.remove(owner.profileId, second.id)
  })

  test('a chat with a name longer than an index can hold is a chat like others', async () => {
    const chats = ['x', 'y'].map(letter => letter.repeat(10_000))
    const events = chats.flatMap(chat => [message(chat), message(chat)])
    await store.events.commit(events)
    assert.deepEqual(eventIds(await look()), [events[0]?.id, events[2]?.id].sort())
  })

  test('an unordered webhook beside it takes no number, no turn, and its deliveries at once', async () => {
    const plain = await store.webhooks.create({
      profileId: owner.profileId,
      name: 'plain',
      webhookUrl: 'https://example.org/plain',
      subscribedEvents: ['*'],
    })
    const number = async () =>
      only(await db.query<{ n: string }>({ text: 'select last_value as n from webhook_delivery_positions' }))
        .n
    await store.webhooks.setEnabled(owner.profileId, owner.webhookId, false)
    const before = await number()
    const events = [message('a'), message('a'), message('a')]
    const due = await store.events.commit(events)
    assert.deepEqual(eventIds(due), ids(events).sort())
    assert.equal(await number(), before)
    assert.equal(nudges, 0)
    const rows = await db.query<object>({
      text: 'select from webhook_deliveries where webhook_config_id = $1 and chat is null and position is null',
      values: [plain.id],
    })
    assert.equal(rows.length, 3)
    await store.deliveries.release(due)
    assert.deepEqual(eventIds(await look()), ids(events).sort())
    await store.webhooks.remove(owner.profileId, plain.id)
  })

  test('a delivery stays as it was born when its webhook is ordered, or no longer', async () => {
    const waiting = await commit('a', 'a')
    await setOrdered(false)
    const free = [message('a'), message('a')]
    assert.equal((await store.events.commit(free)).length, 2, 'they wait for nobody')
    assert.deepEqual(await oneAfterTheOther(), ids(waiting))
    await setOrdered(true)
    await store.deliveries.release([])
    const later = await commit('a', 'a')
    assert.deepEqual(await oneAfterTheOther(), ids(later))
  })

  test('limits count over chats, the longest waiting first, and a webhook left out is left out', async () => {
    const events = await commit('d', 'c', 'b', 'a', 'd')
    assert.deepEqual(await look({ except: [owner.webhookId] }), [])
    const two = await look({ perWebhook: 2 })
    assert.deepEqual(eventIds(two), ids(events.slice(0, 2)).sort())
    assert.deepEqual(eventIds(await look({ limit: 1 })), ids(events.slice(2, 3)))
    assert.deepEqual(eventIds(await look()), ids(events.slice(3, 4)))
  })

  test('an endpoint in trouble gets one trial, and its backlog is let out in growing portions', async () => {
    const gate = (state: 'degraded' | 'healthy', step = 0) =>
      store.webhookHealth.change(owner.webhookId, health => ({
        health: {
          ...health,
          state,
          step,
          gateAt: new Date(0),
          downSince: state === 'healthy' ? null : new Date(),
        },
        notice: null,
      }))
    await commit('a', 'a', 'b', 'c', 'd')
    await gate('degraded')
    const trial = only(await look())
    assert.equal(trial.trial, true)
    assert.deepEqual(await other.deliveries.claimDue(all), [], 'one, of all dispatchers')
    await end(trial, atOnce())
    await gate('degraded')
    assert.notEqual(
      only(await look()).eventId,
      trial.eventId,
      'what failed goes to the end of those that wait',
    )
    await gate('healthy', 1)
    assert.equal((await look()).length, 2)
    assert.deepEqual(await look(), [], 'the next portion comes in a second')
    await gate('healthy', 2)
    assert.equal((await look()).length, 1, 'one chat is free')
  })

  test('a disabled webhook keeps what waits, and a removed one cancels it', async () => {
    const events = await commit('a', 'a')
    await store.webhooks.setEnabled(owner.profileId, owner.webhookId, false)
    assert.deepEqual([await look(), await store.deliveries.nextDueAt()], [[], null])
    await store.webhooks.setEnabled(owner.profileId, owner.webhookId, true)
    const head = only(await look())
    assert.equal(head.eventId, events[0]?.id)
    await store.webhooks.remove(owner.profileId, owner.webhookId)
    assert.equal((await get(head)).status, 'cancelled')
    assert.deepEqual([await look(), await store.deliveries.nextDueAt()], [[], null])
  })

  test('a waiting delivery says which one it waits for', async () => {
    const events = await commit('a', 'a', 'b')
    const waitsFor = async () => {
      const { rows } = await store.deliveries.list({
        profileId: owner.profileId,
        webhookId: owner.webhookId,
        limit: 9,
      })
      const idOf = (index: number) => rows.find(row => row.eventId === events[index]?.id)?.id ?? ''
      const waits = await Promise.all([0, 1, 2].map(index => get({ deliveryId: idOf(index) })))
      return waits.map(({ waitingFor }) => (waitingFor === idOf(0) ? 'the first' : waitingFor))
    }
    assert.deepEqual(await waitsFor(), [null, 'the first', null])
    const heads = await look()
    assert.deepEqual(await waitsFor(), [null, 'the first', null], 'while it is under way')
    for (const head of heads) await end(head, inAnHour())
    assert.deepEqual(await waitsFor(), [null, 'the first', null], 'while it waits to be tried again')
    await db.query({ text: 'update webhook_deliveries set next_attempt_at = now() where attempts = 1' })
    for (const head of await look()) await end(head)
    assert.deepEqual(await waitsFor(), [null, null, null])
  })

  test('what a person sends again goes at once, and its chat waits for it', async () => {
    const [one, two, three] = await commit('a', 'a', 'a')
    assert.ok(one && two && three)
    const head = only(await look())
    await end(head, dead)
    const manual = await store.deliveries.redeliver(owner.profileId, head.deliveryId)
    assert.ok(typeof manual === 'object' && manual.ordered)
    assert.deepEqual(await look(), [])
    await end(manual)
    assert.deepEqual(await oneAfterTheOther(), [two.id, three.id])
  })

  test('a replay sends dead letters before what waits, in their order, after the one under way', async () => {
    const [one, two, three, four] = await commit('a', 'a', 'a', 'a')
    assert.ok(one && two && three && four)
    for (const _ of [one, two]) await end(only(await look()), dead)
    const underWay = only(await look())
    assert.equal(underWay.eventId, three.id)
    await replay()
    assert.deepEqual(await look(), [], 'the older ones are due, and the younger one is under way')
    await end(underWay)
    assert.deepEqual(await oneAfterTheOther(), [one.id, two.id, four.id])
  })

  test('a replay appends events an ordered webhook never had, in the order of their time', async () => {
    await store.webhooks.setEnabled(owner.profileId, owner.webhookId, false)
    const events = [0, 1, 2].map(index => message('a', new Date(Date.now() - 1_000 + index)))
    await store.events.commit(events)
    await store.webhooks.setEnabled(owner.profileId, owner.webhookId, true)
    const [waiting] = await commit('a')
    await replay()
    assert.deepEqual(await oneAfterTheOther(), ids([waiting, ...events].filter(one => one !== undefined)))
  })

  /** Everything that died or is missing is made due. */
  async function replay(): Promise<void> {
    const replays = createReplays(db)
    const filter = { status: null, eventType: null, force: false, rate: 1_000 }
    const since = new Date(Date.now() - 60_000)
    const until = new Date(Date.now() + 60_000)
    const { profileId, webhookId } = owner
    await replays.create({ profileId, webhookId, filter: { ...filter, since, until } })
    while (!(await replays.takeTurn())?.finished) await sleep(5)
  }

  test('a hundred thousand waiting deliveries cost a look what their hundred chats cost', async () => {
    await db.query({
      text: `insert into webhook_deliveries
          (id, webhook_config_id, event_id, event_type, session_id, user_id, chat, position)
        select gen_random_uuid(), $1, gen_random_uuid(), 'messages.received', null, $2, '/chat ' || n % 100, n
        from generate_series(1, 100000) as n`,
      values: [owner.webhookId, owner.profileId],
      patient: true,
    })
    const parts = only(
      await db.query<{ n: number }>({
        text: `select count(*)::int as n from pg_inherits where inhparent = 'webhook_deliveries'::regclass`,
      }),
    ).n
    // A chat costs one descent of a tree of three levels and one row; in the partitions without any, one page.
    const pages = 100 * (parts * 4 + 4)
    for (const statement of [
      'select * from claimable_heads($1::uuid[], 1000)',
      'select * from heads_of_chats(($1::uuid[])[1])',
    ]) {
      const [row] = await db.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>({
        text: `explain (analyze, buffers, format json) ${statement}`,
        values: [[owner.webhookId]],
      })
      const plan = row?.['QUERY PLAN'][0].Plan ?? {}
      const touched = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)
      assert.equal(plan['Actual Rows'], 100)
      assert.ok(touched > 100 && touched < pages, `${touched} pages in ${parts} partitions`)
    }
  })
})
