import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { openDatabase } from './database.ts'
import { furnish, onEveryServer, type TestBench, textEvent } from './test-stores.ts'

const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`

onEveryServer('what the store counts and carries for those who watch', fresh => {
  let bench: TestBench
  before(async () => {
    bench = await fresh()
  })
  after(() => bench.close())

  test('an event told again is known, whether in the same batch or a later one', async () => {
    const store = await bench.open()
    const owner = await furnish(store)
    const [one, two] = [textEvent(owner, 'one'), textEvent(owner, 'two')]
    await store.events.commit([one, two, one])
    assert.deepEqual(store.stats().events, { committed: 2, known: 1 })
    await store.events.commit([two], [{ sessionId: owner.sessionId, delivery: 'a stanza is no event' }])
    assert.deepEqual(store.stats().events, { committed: 2, known: 2 })
  })

  test('the trace of an event goes with its deliveries: announced, claimed later, asked for by a person', async () => {
    const store = await bench.open({ leaseMs: 1 })
    const owner = await furnish(store)
    const traced = { ...textEvent(owner, 'traced'), traceparent }
    const untraced = textEvent(owner, 'not traced')
    const born = (await store.events.commit([traced, untraced])).filter(
      one => one.webhookId === owner.webhookId,
    )
    const traceOf = (due: readonly { eventId: string; traceparent?: string | null }[], eventId: string) =>
      due.find(one => one.eventId === eventId)?.traceparent
    assert.deepEqual([traceOf(born, traced.id), traceOf(born, untraced.id)], [traceparent, null])

    const claimed = await claimAll(store)
    assert.deepEqual([traceOf(claimed, traced.id), traceOf(claimed, untraced.id)], [traceparent, null])
    await store.deliveries.release(claimed)
    const { deliveryId = '' } = born.find(one => one.eventId === traced.id) ?? {}
    const asked = await store.deliveries.redeliver(owner.profileId, deliveryId)
    assert.ok(typeof asked === 'object' && asked.traceparent === traceparent)
  })

  test('a delivery is reclaimed from whoever let its lease run out, and not from who gave it back', async () => {
    const store = await bench.open({ leaseMs: 1 })
    const owner = await furnish(store)
    const event = textEvent(owner, 'announced and never heard')
    await store.events.commit([event])
    const first = (await claimAll(store)).filter(one => one.eventId === event.id)
    assert.ok(first.length > 0)
    assert.deepEqual(
      first.map(one => one.reclaimed),
      first.map(() => true),
    )
    await store.deliveries.release(first)
    const second = (await claimAll(store)).filter(one => one.eventId === event.id)
    assert.deepEqual(
      second.map(one => one.reclaimed),
      first.map(() => false),
    )
  })

  test('the pool says who waits for a connection, and for how long they did', async () => {
    const db = openDatabase({ databaseUrl: bench.databaseUrl, poolSize: 1, log: pino({ level: 'silent' }) })
    const busy = db.transaction(async query => {
      await query({ text: 'select 1' })
      const waiting = db.query({ text: 'select 1' })
      const { size, total, idle, waiting: count } = db.stats()
      assert.deepEqual({ size, total, idle, count }, { size: 1, total: 1, idle: 0, count: 1 })
      await query({ text: 'select pg_sleep(0.2)' })
      return { waiting }
    })
    await (await busy).waiting
    const { acquired, waitedMs, waiting } = db.stats()
    assert.deepEqual([acquired, waiting], [2, 0])
    assert.ok(waitedMs >= 190, `${waitedMs} ms`)
    await db.close()
  })
})

/** Everything due, with a lease that has run out at once. */
async function claimAll(store: Awaited<ReturnType<TestBench['open']>>) {
  await new Promise(resolve => setTimeout(resolve, 20))
  return store.deliveries.claimDue({ limit: 1_000, perWebhook: 1_000, leaseMs: 60_000 })
}
