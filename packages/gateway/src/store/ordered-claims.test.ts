/** Law 15, in the store: of each chat of an ordered webhook one delivery at a time can be claimed, in the order they came. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from './database.ts'
import { all, atOnce, dead, delivered, eventIds, ids, inAnHour, orderedKit, until } from './test-ordered.ts'
import { onEveryServer, only, outcome } from './test-stores.ts'

onEveryServer('deliveries of one chat take turns', fresh => {
  const kit = orderedKit(fresh)
  const { commit, look, end, message, oneAfterTheOther } = kit

  test('one delivery of a chat can be claimed, the others wait, and other chats go on', async () => {
    const [one, two, three, elsewhere] = await commit('a', 'a', 'a', 'b')
    assert.ok(one && two && three && elsewhere)
    assert.equal(kit.nudges, 4)
    const due = await look()
    assert.deepEqual(eventIds(due), [one.id, elsewhere.id].sort())
    assert.ok(due.every(delivery => delivery.ordered === true && delivery.attempt === 1))
    assert.deepEqual(await kit.other.deliveries.claimDue(all), [])
    const first = due.find(delivery => delivery.eventId === one.id)
    assert.ok(first)
    await end(first)
    assert.deepEqual(eventIds(await kit.other.deliveries.claimDue(all)), [two.id])
    assert.deepEqual(await look(), [])
  })

  test('what came in one millisecond and one batch keeps the order in which it came', async () => {
    const at = new Date()
    const events = Array.from({ length: 700 }, () => message('a', at))
    // Seven hundred commits in flight together, in three batches at least.
    await Promise.all(events.map(event => kit.store.events.commit([event])))
    assert.notDeepEqual(ids(events), ids(events).sort(), 'the ids say nothing about the order')
    const rows = await kit.db.query<{ id: string }>({
      text: 'select event_id as id from webhook_deliveries where webhook_config_id = $1 order by position',
      values: [kit.owner.webhookId],
    })
    assert.deepEqual(ids(rows), ids(events))
  })

  test('a commit that has to wait is not overtaken by the next, not even in another batch', async () => {
    const held = message('a')
    // As many as start a batch of their own while another is under way.
    const later = Array.from({ length: 64 }, () => message('a'))
    let committing: Promise<unknown>[] = []
    const blocked = kit.db.transaction(async query => {
      // Somebody else is writing the first event, and thinks better of it.
      await query({
        text: 'insert into events (id, user_id, type, body) values ($1, $2, $3, $4)',
        values: [held.id, held.profileId, held.type, held.body],
      })
      committing = [kit.store.events.commit([held])]
      await until(async () => (await waitingForLocks(kit.db)) === 1)
      committing.push(kit.store.events.commit(later))
      await sleep(200)
      throw new Error('thought better of it')
    })
    await assert.rejects(blocked, /better/)
    await Promise.all(committing)
    assert.deepEqual(await oneAfterTheOther(), ids([held, ...later]))
  })

  test('within one commit the order given is the order kept, and a repeated event changes nothing', async () => {
    const at = new Date()
    const events = Array.from({ length: 20 }, () => message('a', at))
    await kit.store.events.commit(events)
    await kit.store.events.commit(events.toReversed())
    assert.deepEqual(await oneAfterTheOther(), ids(events))
  })

  test('a failure holds its chat until it has ended, and those behind it pay nothing', async () => {
    const [one, two] = await commit('a', 'a', 'b')
    assert.ok(one && two)
    const due = await look()
    for (const delivery of due) await end(delivery, delivery.eventId === one.id ? inAnHour() : delivered)
    assert.deepEqual(await look(), [])
    const retryAt = (await kit.store.deliveries.nextDueAt())?.getTime() ?? 0
    assert.ok(retryAt > Date.now() + 3_000_000, 'nothing to look for meanwhile')
    await kit.db.query({
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
    const leaseEnd = (await kit.store.deliveries.nextDueAt())?.getTime() ?? 0
    assert.ok(leaseEnd >= before + 59_000, 'when the lease ends, not before')
    await end(head)
    const due = (await kit.store.deliveries.nextDueAt())?.getTime() ?? Number.POSITIVE_INFINITY
    assert.ok(due <= Date.now() + 1)
  })

  test('a head whose process died is claimed again before those behind it', async () => {
    const [one, two] = await commit('a', 'a')
    assert.ok(one && two)
    const lost = only(await kit.other.deliveries.claimDue({ ...all, leaseMs: 1 }))
    await sleep(10)
    const again = only(await look())
    assert.deepEqual([again.eventId, again.attempt, again.reclaimed], [one.id, 1, true])
    assert.deepEqual(await kit.other.deliveries.record([outcome(lost, delivered)]), {
      fencedOut: [lost.deliveryId],
    })
    assert.deepEqual(await look(), [], 'the refused outcome ended nothing')
    await end(again)
    assert.equal(only(await look()).eventId, two.id)
  })

  test('giving a head back spends nothing and keeps its turn', async () => {
    const [one] = await commit('a', 'a')
    await kit.store.deliveries.release(await look())
    const again = only(await look())
    assert.deepEqual([again.eventId, again.attempt], [one?.id, 1])
  })

  test('the same chat of two sessions is two chats, and events of no chat take turns in their session', async () => {
    const second = await kit.store.sessions.create({
      profileId: kit.owner.profileId,
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
    await kit.store.events.commit(events)
    const expected = [0, 1, 2, 4, 5].map(index => events[index]?.id ?? '')
    assert.deepEqual(eventIds(await look()), expected.sort())
    await kit.store.sessions.remove(kit.owner.profileId, second.id)
  })

  test('a chat with a name longer than an index can hold is a chat like others', async () => {
    const chats = ['x', 'y'].map(letter => letter.repeat(10_000))
    const events = chats.flatMap(chat => [message(chat), message(chat)])
    await kit.store.events.commit(events)
    assert.deepEqual(eventIds(await look()), [events[0]?.id, events[2]?.id].sort())
  })

  test('an unordered webhook beside it takes no number, no turn, and its deliveries at once', async () => {
    const plain = await kit.store.webhooks.create({
      profileId: kit.owner.profileId,
      name: 'plain',
      webhookUrl: 'https://example.org/plain',
      subscribedEvents: ['*'],
    })
    const number = async () =>
      only(
        await kit.db.query<{ n: string }>({ text: 'select last_value as n from webhook_delivery_positions' }),
      ).n
    await kit.store.webhooks.setEnabled(kit.owner.profileId, kit.owner.webhookId, false)
    const before = await number()
    const events = [message('a'), message('a'), message('a')]
    const due = await kit.store.events.commit(events)
    assert.deepEqual(eventIds(due), ids(events).sort())
    assert.equal(await number(), before)
    assert.equal(kit.nudges, 0)
    const rows = await kit.db.query<object>({
      text: 'select from webhook_deliveries where webhook_config_id = $1 and chat is null and position is null',
      values: [plain.id],
    })
    assert.equal(rows.length, 3)
    await kit.store.deliveries.release(due)
    assert.deepEqual(eventIds(await look()), ids(events).sort())
    await kit.store.webhooks.remove(kit.owner.profileId, plain.id)
  })

  test('limits count over chats, the longest waiting first, and a webhook left out is left out', async () => {
    const events = await commit('d', 'c', 'b', 'a', 'd')
    assert.deepEqual(await look({ except: [kit.owner.webhookId] }), [])
    const two = await look({ perWebhook: 2 })
    assert.deepEqual(eventIds(two), ids(events.slice(0, 2)).sort())
    assert.deepEqual(eventIds(await look({ limit: 1 })), ids(events.slice(2, 3)))
    assert.deepEqual(eventIds(await look()), ids(events.slice(3, 4)))
  })

  test('an endpoint in trouble gets one trial, and its backlog is let out in growing portions', async () => {
    const gate = (state: 'degraded' | 'healthy', step = 0) =>
      kit.store.webhookHealth.change(kit.owner.webhookId, health => ({
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
    assert.deepEqual(await kit.other.deliveries.claimDue(all), [], 'one, of all dispatchers')
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

  test('a hundred thousand waiting deliveries cost a look what their hundred chats cost', async () => {
    await kit.db.query({
      text: `insert into webhook_deliveries
          (id, webhook_config_id, event_id, event_type, session_id, user_id, chat, position)
        select gen_random_uuid(), $1, gen_random_uuid(), 'messages.received', null, $2, '/chat ' || n % 100, n
        from generate_series(1, 100000) as n`,
      values: [kit.owner.webhookId, kit.owner.profileId],
      patient: true,
    })
    const parts = only(
      await kit.db.query<{ n: number }>({
        text: `select count(*)::int as n from pg_inherits where inhparent = 'webhook_deliveries'::regclass`,
      }),
    ).n
    // A chat costs one descent of a tree of three levels and one row; in the partitions without any, one page.
    const pages = 100 * (parts * 4 + 4)
    for (const statement of [
      'select * from claimable_heads($1::uuid[], 1000)',
      'select * from heads_of_chats(($1::uuid[])[1])',
    ]) {
      const [row] = await kit.db.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>({
        text: `explain (analyze, buffers, format json) ${statement}`,
        values: [[kit.owner.webhookId]],
      })
      const plan = row?.['QUERY PLAN'][0].Plan ?? {}
      const touched = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)
      assert.equal(plan['Actual Rows'], 100)
      assert.ok(touched > 100 && touched < pages, `${touched} pages in ${parts} partitions`)
    }
  })
})

async function waitingForLocks(db: Database): Promise<number> {
  const rows = await db.query({
    text: `select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%insert into events%'`,
  })
  return rows.length
}
