/** The law: every day has its partition before it comes, and an old day goes whole, but never with unfinished work. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import pino from 'pino'
import { type Database, openDatabase, sqlState } from './database.ts'
import { createPartitions } from './partitions.ts'
import type { Store } from './store.ts'
import { furnish, onEveryServer, only, outcome, type TestBench, textEvent } from './test-stores.ts'

const dayMs = 86_400_000
const fiveDays = { eventsDays: 5, deliveriesDays: 5 }
/** SQLSTATE of a lock that was not given in time. */
const lockNotAvailable = '55P03'
const log = pino({ level: 'silent' })
const later = (days: number) => new Date(Date.now() + days * dayMs)
const dayName = (at: Date) => at.toISOString().slice(0, 10).replaceAll('-', '')

onEveryServer('days come ahead and go whole', fresh => {
  let bench: TestBench
  let store: Store
  let db: Database
  let owner: Awaited<ReturnType<typeof furnish>>
  before(async () => {
    bench = await fresh()
    store = await bench.open()
    db = openDatabase({ databaseUrl: bench.databaseUrl, poolSize: 4, log })
    owner = await furnish(store)
  })
  after(async () => {
    await db.close()
    await bench.close()
  })

  async function placeOf(eventId: string): Promise<string> {
    const rows = await db.query<{ place: string }>({
      text: 'select tableoid::regclass::text as place from events where id = $1',
      values: [eventId],
    })
    return only(rows).place
  }
  async function commitAt(at: Date) {
    return only(await store.events.commit([textEvent(owner, at.toISOString(), at)]))
  }

  test('today and the two days after are there when a store opens', async () => {
    for (const table of ['events', 'webhook_deliveries', 'webhook_attempts']) {
      for (const days of [0, 1, 2]) {
        const name = `${table}_${dayName(later(days))}`
        assert.deepEqual(await db.query({ text: 'select to_regclass($1)::text as name', values: [name] }), [
          { name },
        ])
      }
    }
  })

  test('outcomes of one day, of several, and of a day that was dropped meanwhile are all recorded', async () => {
    const partitions = createPartitions(db, log)
    await partitions.ensureAhead()
    const today = await commitAt(new Date())
    const [early, far] = [await commitAt(later(-1)), await commitAt(later(70))]
    const table = (...dues: { deliveryId: string }[]) =>
      partitions.tableOf(
        'webhook_deliveries',
        dues.map(due => due.deliveryId),
      )
    assert.equal(table(today), `webhook_deliveries_${dayName(new Date())}`)
    assert.deepEqual([table(today, early), table(far)], ['webhook_deliveries', 'webhook_deliveries'])
    const delivered = (due: typeof today) => outcome(due, { kind: 'delivered' })
    assert.deepEqual(await store.deliveries.record([today].map(delivered)), { fencedOut: [] })
    assert.deepEqual(await store.deliveries.record([early, far].map(delivered)), { fencedOut: [] })

    const gone = await commitAt(later(-2))
    await db.query({ text: `drop table webhook_deliveries_${dayName(later(-2))}` })
    const late = await store.deliveries.record([delivered(gone)])
    assert.deepEqual(late, { fencedOut: [gone.deliveryId] })
  })

  test('a near day is made for the event that needs it, a far one shares the default partition', async () => {
    const near = await commitAt(later(-5))
    const far = await commitAt(later(60))
    assert.equal(await placeOf(near.eventId), `events_${dayName(later(-5))}`)
    assert.equal(await placeOf(far.eventId), 'events_default')
  })

  test('many that need the same new day at once all get it', async () => {
    const makers = Array.from({ length: 4 }, () => createPartitions(db, log))
    const event = textEvent(owner, 'new day', later(4))
    await Promise.all(makers.map(maker => maker.ensureFor([event.id])))
    await store.events.commit([event])
    assert.equal(await placeOf(event.id), `events_${dayName(later(4))}`)
  })

  test('what waited in the default partition moves along when its day is made', async () => {
    const early = await commitAt(later(30))
    await createPartitions(db, log, () => later(29).getTime()).ensureAhead()
    assert.equal(await placeOf(early.eventId), `events_${dayName(later(30))}`)
    assert.equal((await store.deliveries.get(owner.profileId, early.deliveryId))?.body, early.body)
    await store.deliveries.record([outcome(early, { kind: 'delivered' })])
  })

  test('an old day is dropped whole; one with unfinished deliveries is kept and named', async () => {
    const [done, open] = [await commitAt(later(-3)), await commitAt(later(-4))]
    await store.deliveries.record([outcome(done, { kind: 'dead' })])
    const retention = { eventsDays: 1, deliveriesDays: 2 }
    const first = await store.partitions.dropOld(retention)
    const names = (at: Date) => [`events_${dayName(at)}`, `webhook_deliveries_${dayName(at)}`]
    for (const name of names(later(-3))) assert.ok(first.dropped.includes(name), name)
    for (const name of names(later(-4))) assert.ok(first.kept.includes(name), name)
    assert.equal(await store.events.get(owner.profileId, done.eventId), null)
    assert.equal((await store.deliveries.get(owner.profileId, open.deliveryId))?.body, open.body)
    await store.deliveries.record([outcome(open, { kind: 'delivered' })])
    const second = await store.partitions.dropOld(retention)
    for (const name of names(later(-4))) assert.ok(second.dropped.includes(name), name)
  })

  test('who reads the table before the old day is waited for, and neither fails', async () => {
    const old = await commitAt(later(-6))
    await store.deliveries.record([outcome(old, { kind: 'dead' })])
    const day = await placeOf(old.eventId)
    const reader = new pg.Client({ connectionString: bench.databaseUrl })
    await reader.connect()
    try {
      // As any query takes its locks: the table first, then the days it has to look at.
      await reader.query('begin')
      await reader.query('lock table only events in access share mode')
      const { drop } = await dropThatWaits()
      const [rows, how] = await Promise.all([readAndCommit(reader, day), drop])
      assert.deepEqual(rows, [{ id: old.eventId }])
      if (how === 'gave up') await store.partitions.dropOld(fiveDays)
      assert.equal(await store.events.get(owner.profileId, old.eventId), null)
      const names = await db.query({ text: 'select to_regclass($1)::text as name', values: [day] })
      assert.deepEqual(names, [{ name: null }])
    } finally {
      await reader.end()
    }
  })

  async function readAndCommit(reader: pg.Client, day: string): Promise<unknown[]> {
    const { rows } = await reader.query(`select id from ${day}`)
    await reader.query('commit')
    return rows
  }
  /**
   * Starts to drop old days and resolves when that waits for the table of events. On a machine so busy that this is
   * seen too late it has given up by itself, as behind any long reader, and is started again.
   */
  async function dropThatWaits(): Promise<{ drop: Promise<'dropped' | 'gave up'> }> {
    for (;;) {
      let ended = false
      const drop = store.partitions
        .dropOld(fiveDays)
        .then(
          () => 'dropped' as const,
          error => {
            if (sqlState(error) !== lockNotAvailable) throw error
            return 'gave up' as const
          },
        )
        .finally(() => {
          ended = true
        })
      while (!ended) {
        if (await somebodyWaitsFor('events')) return { drop }
        await pause(5)
      }
      assert.equal(await drop, 'gave up', 'it does not drop what is being read')
    }
  }
  async function somebodyWaitsFor(table: string): Promise<boolean> {
    const waiting = await db.query({
      text: `select from pg_locks
        where not granted and relation = to_regclass($1)
          and database = (select oid from pg_database where datname = current_database())`,
      values: [table],
    })
    return waiting.length > 0
  }

  test('a gateway drops old days and ends orphans soon after its start, not only an hour later', async () => {
    const [old, orphan] = [await commitAt(later(-6)), await commitAt(new Date())]
    await store.deliveries.record([outcome(old, { kind: 'dead' })])
    const nobody = '01a20c20-4c7b-7644-9124-6d47166a60bb'
    await db.query({
      text: 'update webhook_deliveries set webhook_config_id = $1 where id = $2',
      values: [nobody, orphan.deliveryId],
    })
    const restarted = await bench.open({ retention: fiveDays })
    const get = (id: string) => restarted.deliveries.get(owner.profileId, id)
    for (let tries = 0; tries < 1_500 && (await restarted.events.get(owner.profileId, old.eventId)); tries++)
      await pause(20)
    assert.equal(await restarted.events.get(owner.profileId, old.eventId), null)
    assert.equal((await get(orphan.deliveryId))?.status, 'cancelled')
    await restarted.close()
  })

  test('a delivery that outlives its event is shown without a body and cannot be redelivered', async () => {
    const delivery = await commitAt(later(-2))
    await store.deliveries.record([outcome(delivery, { kind: 'dead' })])
    await store.partitions.dropOld({ eventsDays: 1, deliveriesDays: 30 })
    const row = await store.deliveries.get(owner.profileId, delivery.deliveryId)
    assert.deepEqual([row?.status, row?.body, row?.attemptLog.length], ['failed', null, 1])
    assert.equal(await store.deliveries.redeliver(owner.profileId, delivery.deliveryId), 'not_found')
  })

  test('an event of a day that was dropped can still come', async () => {
    const again = await commitAt(later(-3))
    assert.equal(again.attempt, 1)
  })
})
