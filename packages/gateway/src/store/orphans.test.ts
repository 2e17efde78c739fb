/** The law: removing a webhook takes moments, however much waits for it, and nothing of that is left waiting. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { Store } from './store.ts'
import { addWebhook, furnish, onEveryServer, type TestBench } from './test-stores.ts'

onEveryServer('a webhook is removed', fresh => {
  let bench: TestBench
  let sql: pg.Client
  let store: Store
  let owner: Awaited<ReturnType<typeof furnish>>
  before(async () => {
    bench = await fresh()
    sql = new pg.Client({ connectionString: bench.databaseUrl })
    await sql.connect()
    store = await bench.open()
    owner = await furnish(store)
  })
  after(async () => {
    await sql.end()
    await bench.close()
  })

  /** A webhook with so many deliveries waiting. */
  async function withBacklog(count: number): Promise<string> {
    const { id } = await addWebhook(store, owner.profileId, ['call'])
    await sql.query(
      `insert into webhook_deliveries (id, webhook_config_id, event_id, event_type, user_id, next_attempt_at)
       select gen_random_uuid(), $1, gen_random_uuid(), 'call', $2, now() + n * interval '1 millisecond'
       from generate_series(1, $3::int) n`,
      [id, owner.profileId, count],
    )
    return id
  }

  async function count(webhookId: string, status: string): Promise<number> {
    const { rows } = await sql.query(
      'select count(*)::int as count from webhook_deliveries where webhook_config_id = $1 and status = $2',
      [webhookId, status],
    )
    return rows[0].count
  }

  async function allCancelled(webhookId: string, expected: number): Promise<void> {
    for (let i = 0; i < 3_000 && (await count(webhookId, 'pending')) > 0; i++) await pause(20)
    assert.deepEqual([await count(webhookId, 'pending'), await count(webhookId, 'cancelled')], [0, expected])
  }

  test('a long backlog ends in small transactions, and nobody else’s does', async () => {
    const doomed = await withBacklog(100_000)
    const other = await withBacklog(100)
    assert.equal(await store.webhooks.remove(owner.profileId, doomed), true)
    assert.equal(await store.webhooks.get(owner.profileId, doomed), null)
    await allCancelled(doomed, 100_000)
    assert.equal(await count(other, 'pending'), 100)
    const { rows } = await sql.query(
      `select max(size)::int as largest from (
         select count(*) as size from webhook_deliveries where webhook_config_id = $1 group by xmin::text
       ) of_one_transaction`,
      [doomed],
    )
    assert.ok(rows[0].largest <= 2_000, `${rows[0].largest} rows at once`)
  })

  test('a short one has ended when the removal has', async () => {
    const doomed = await withBacklog(50)
    await store.webhooks.remove(owner.profileId, doomed)
    assert.deepEqual([await count(doomed, 'pending'), await count(doomed, 'cancelled')], [0, 50])
  })

  test('what a process that stopped has left is ended by the next', async () => {
    const stopping = await bench.open()
    const doomed = await withBacklog(30_000)
    await stopping.webhooks.remove(owner.profileId, doomed)
    await stopping.close()
    assert.ok((await count(doomed, 'pending')) > 0, 'it did not wait for the whole backlog')
    await bench.open()
    await allCancelled(doomed, 30_000)
  })
})
