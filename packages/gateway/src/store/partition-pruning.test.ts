/** The law: no statement of ours takes the server down, whatever else is done to its rows meanwhile. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { DueDelivery } from './deliveries.ts'
import type { Store } from './store.ts'
import { furnish, onEveryServer, outcome, type TestBench, textEvent } from './test-stores.ts'

/** A prepared statement gets the plan that prunes while it runs with its sixth use; the crash came with the seventh. */
const rounds = 12

onEveryServer('a row that changes while a statement waits for it costs nobody the server', fresh => {
  let bench: TestBench
  let store: Store
  let db: pg.Client
  before(async () => {
    bench = await fresh()
    store = await bench.open()
    db = new pg.Client({ connectionString: bench.databaseUrl })
    // A server that crashes ends this connection too, and the next query says so.
    db.on('error', () => {})
    await db.connect()
  })
  after(async () => {
    await db.end()
    await bench.close()
  })

  /** Does it while the deliveries are changed, and lets go of them when it waits for that. */
  async function whileChanged<T>(due: readonly DueDelivery[], work: () => Promise<T>): Promise<T> {
    const other = new pg.Client({ connectionString: bench.databaseUrl })
    other.on('error', () => {})
    await other.connect()
    await other.query('begin')
    await other.query('update webhook_deliveries set last_attempt_at = now() where id = any($1)', [
      due.map(one => one.deliveryId),
    ])
    const working = Promise.allSettled([work()])
    while (!(await somebodyWaits())) await sleep(2)
    await other.query('commit')
    const [done] = await working
    await other.end()
    if (done.status === 'rejected') throw done.reason
    return done.value
  }

  async function somebodyWaits(): Promise<boolean> {
    const { rowCount } = await db.query(`select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`)
    return rowCount !== 0
  }

  test('when outcomes are recorded', async () => {
    const owner = await furnish(store)
    for (let round = 0; round < rounds; round++) {
      const events = Array.from({ length: 20 }, (_, i) => textEvent(owner, `event ${round} ${i}`))
      const due = await store.events.commit(events)
      const told = due.map(delivery => outcome(delivery, { kind: 'delivered' }))
      assert.deepEqual(await whileChanged(due, () => store.deliveries.record(told)), { fencedOut: [] })
    }
  })
})
