import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
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

onEveryServer('the backlog tells what waits, and since when', fresh => {
  let bench: TestBench
  let store: Store
  let db: Database
  let owner: Awaited<ReturnType<typeof furnish>>
  before(async () => {
    bench = await fresh()
    store = await bench.open()
    db = openDatabase({ databaseUrl: bench.databaseUrl, poolSize: 1, log: pino({ level: 'silent' }) })
    owner = await furnish(store)
  })
  after(async () => {
    await db.close()
    await bench.close()
  })

  const put = (sessionId: string, delivery: string, ageSeconds: number, told: boolean) =>
    db.query({
      text: `insert into inbox (session_id, delivery, part, parts, value, received_at, published_at)
        values ($1, $2, 0, 1, '\\x00', now() - $3::int * interval '1 second', case when $4 then now() end)`,
      values: [sessionId, delivery, ageSeconds, told],
    })

  test('webhooks are counted by what keeps them from their deliveries', async () => {
    const before = await store.backlog.webhookStates()
    const states = [
      'enabled = true',
      "health_gate_at = now() + interval '1 hour'",
      "health_state = 'suspended', health_gate_at = now()",
      "health_state = 'disabled', enabled = false",
    ]
    for (const set of states) {
      const { id } = await addWebhook(store, owner.profileId)
      await db.query({ text: `update webhook_configs set ${set} where id = $1`, values: [id] })
    }
    const counted = await store.backlog.webhookStates()
    const more = Object.entries(counted).map(([state, count]) => [
      state,
      count - before[state as keyof typeof before],
    ])
    assert.deepEqual(Object.fromEntries(more), {
      healthy: 1,
      paused: 1,
      degraded: 0,
      suspended: 1,
      disabled: 0,
      off: 1,
    })
    await db.query({ text: 'delete from webhook_configs where id <> $1', values: [owner.webhookId] })
  })

  test('replays under way are counted, and those that have ended are not', async () => {
    for (const status of ['running', 'running', 'paused', 'finished', 'cancelled'])
      await db.query({
        text: `insert into replays (id, user_id, webhook_id, filter, status)
          values (gen_random_uuid(), $1, $2, '{}', $3)`,
        values: [owner.profileId, owner.webhookId, status],
      })
    assert.deepEqual(await store.backlog.replays(), { running: 2, paused: 1 })
  })

  test('sessions are counted by status, those that no engine holds too', async () => {
    const { id } = await store.sessions.create({
      profileId: owner.profileId,
      name: 'Gone',
      network: 'sandbox',
    })
    await db.query({ text: "update sessions set status = 'logged_out' where id = $1", values: [id] })
    const counts = Object.fromEntries((await store.backlog.sessions()).map(row => [row.status, row.count]))
    assert.deepEqual(counts, { created: 1, logged_out: 1 })
  })

  test('rows that vacuum has still to remove are told of a table, over all its days', async () => {
    const tables = (await store.backlog.deadTuples()).map(row => row.table)
    assert.ok(tables.includes('webhook_deliveries') && tables.includes('inbox'), tables.join())
    assert.equal(new Set(tables).size, tables.length)
    assert.ok(!tables.some(table => /\d/.test(table)), 'no partition by itself')
  })

  test('an inbox is as old as its oldest stanza that is not told', async () => {
    const { profileId, sessionId } = owner
    const other = await store.sessions.create({ profileId, name: 'Other', network: 'sandbox' })
    assert.deepEqual(await store.backlog.inboxes(50), [])
    assert.equal(await store.backlog.inboxOf(sessionId), null)
    await put(sessionId, 'told', 9_000, true)
    await put(sessionId, 'old', 600, false)
    await put(sessionId, 'new', 5, false)
    await put(other.id, 'older', 7_200, false)

    const inboxes = await store.backlog.inboxes(50)
    assert.deepEqual(
      inboxes.map(inbox => inbox.sessionId),
      [other.id, sessionId],
    )
    const mine = inboxes[1]?.oldestSeconds ?? 0
    assert.ok(mine >= 600 && mine < 7_200, `${mine} seconds`)
    assert.ok(((await store.backlog.inboxOf(sessionId)) ?? 0) >= 600)
    assert.equal(only(await store.backlog.inboxes(1)).sessionId, other.id)
  })

  test('a webhook is as late as its oldest pending delivery, and dead letters are counted up to a bound', async () => {
    const late = await addWebhook(store, owner.profileId)
    await store.events.commit([textEvent(owner, 'a'), textEvent(owner, 'b')])
    await db.query({
      text: `update webhook_deliveries set created_at = now() - interval '1 hour' where webhook_config_id = $1`,
      values: [late.id],
    })
    const behind = await store.backlog.webhooks(50)
    assert.deepEqual(
      behind.map(webhook => webhook.webhookId),
      [late.id, owner.webhookId],
    )
    assert.ok((behind[0]?.oldestSeconds ?? 0) >= 3_600)
    assert.equal(only(await store.backlog.webhooks(1)).webhookId, late.id)

    await db.query({ text: 'update webhook_deliveries set next_attempt_at = now()' })
    const due = await store.deliveries.claimDue({ limit: 10, perWebhook: 10, leaseMs: 60_000 })
    assert.equal(due.length, 4)
    await store.deliveries.record(
      due.map(delivery => outcome(delivery, { kind: delivery.webhookId === late.id ? 'dead' : 'delivered' })),
    )
    assert.deepEqual(await store.backlog.webhooks(50), [])
    assert.equal(await store.backlog.deadLetters(10), 2)
    assert.equal(await store.backlog.deadLetters(1), 1)
  })
})
