/** The law: an event is committed once, together with one delivery for each webhook that wants it, or not at all. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { deliveryId } from '@waxwing/events/event-id'
import pino from 'pino'
import { createCommit } from './commit.ts'
import { type Database, openDatabase } from './database.ts'
import { createPartitions } from './partitions.ts'
import type { Store } from './store.ts'
import {
  addWebhook,
  furnish,
  onEveryServer,
  only,
  type TestBench,
  testKey,
  textEvent,
} from './test-stores.ts'
import { createVault } from './vault.ts'
import type { WebhookCache } from './webhook-cache.ts'
import { createWebhooks } from './webhooks.ts'

onEveryServer('an event and its deliveries are one thing', fresh => {
  let bench: TestBench
  let store: Store
  let other: Store
  let db: Database
  let owner: Awaited<ReturnType<typeof furnish>>
  before(async () => {
    bench = await fresh()
    store = await bench.open()
    other = await bench.open()
    db = openDatabase({ databaseUrl: bench.databaseUrl, poolSize: 2, log: pino({ level: 'silent' }) })
    owner = await furnish(store)
  })
  after(async () => {
    await db.close()
    await bench.close()
  })

  /** A stanza of two parts comes into the inbox; the answer marks it as told. */
  async function arrive(delivery: string) {
    const { sessionId } = owner
    const fence = await store.leases.claim({ sessionId, holder: 'engine', leaseMs: 60_000 })
    const parts = [0, 1].map(part => ({ delivery, part, parts: 2, value: '"hello"' }))
    await store.authState.for(sessionId, fence ?? '').set({}, parts)
    return { sessionId, delivery }
  }
  /** When each part of a stanza was marked, as text of the database, to the microsecond. */
  async function marks(delivery: string): Promise<(string | null)[]> {
    const rows = await db.query<{ at: string | null }>({
      text: 'select published_at::text as at from inbox where session_id = $1 and delivery = $2',
      values: [owner.sessionId, delivery],
    })
    return rows.map(({ at }) => at)
  }
  async function committedAt(eventId: string): Promise<string> {
    const text = 'select committed_at::text as at from events where id = $1'
    return only(await db.query<{ at: string }>({ text, values: [eventId] })).at
  }

  test('a committed event answers with a claimed delivery for each webhook that wants it', async () => {
    const second = await addWebhook(store, owner.profileId, ['messages.*'])
    const deaf = await addWebhook(store, owner.profileId, ['call'])
    const event = textEvent(owner, 'wanted')
    const due = await store.events.commit([event])
    assert.deepEqual(
      due.map(delivery => delivery.deliveryId).sort(),
      [owner.webhookId, second.id].map(id => deliveryId(event.id, id)).sort(),
    )
    for (const delivery of due) {
      const row = await store.deliveries.get(owner.profileId, delivery.deliveryId)
      assert.equal(row?.status, 'pending')
      assert.equal(row.body, event.body)
      assert.equal(delivery.attempt, 1)
    }
    assert.deepEqual(await store.deliveries.claimDue({ limit: 10, perWebhook: 10, leaseMs: 1000 }), [])
    for (const { id } of [second, deaf]) await store.webhooks.remove(owner.profileId, id)
  })

  test('an event told again makes no second delivery: in one batch, in the next, in two stores at once', async () => {
    const event = textEvent(owner, 'twice')
    const first = await Promise.all([store.events.commit([event, event]), store.events.commit([event])])
    assert.equal(first.flat().length, 1)
    assert.deepEqual(await store.events.commit([event]), [])
    const contested = Array.from({ length: 200 }, (_, index) => textEvent(owner, `contested ${index}`))
    const shuffled = contested.toReversed()
    const both = await Promise.all([
      ...contested.map(one => store.events.commit([one])),
      ...shuffled.map(one => other.events.commit([one])),
    ])
    assert.equal(both.flat().length, contested.length)
  })

  test('every caller of a batch gets the deliveries of its own events', async () => {
    const calls = Array.from({ length: 40 }, (_, index) => [
      textEvent(owner, `call ${index} a`),
      textEvent(owner, `call ${index} b`),
    ])
    const answers = await Promise.all(calls.map(events => store.events.commit(events)))
    assert.deepEqual(
      answers.map(due => due.map(delivery => delivery.eventId)),
      calls.map(events => events.map(event => event.id)),
    )
  })

  test('an event that cannot be stored is refused alone, and the others of its batch are committed', async () => {
    const broken = { ...textEvent(owner, 'broken'), profileId: 'nobody' }
    const good = Array.from({ length: 5 }, (_, index) => textEvent(owner, `beside broken ${index}`))
    const results = await Promise.allSettled([broken, ...good].map(event => store.events.commit([event])))
    assert.deepEqual(
      results.map(result => result.status),
      ['rejected', ...good.map(() => 'fulfilled')],
    )
    assert.notEqual(await store.events.get(owner.profileId, good[0]?.id ?? ''), null)
  })

  test('a commit matched against an older list of webhooks writes nothing and is matched anew', async () => {
    const log = pino({ level: 'silent' })
    // These parts without a store around them hear of no change, so the list they hold is certainly old.
    const { cache } = createWebhooks(db, createVault(testKey), { cancelOf: async () => {} })
    const commit = createCommit({ db, cache, partitions: createPartitions(db, log), leaseMs: 60_000 })
    const stale = await cache.current()
    const late = await addWebhook(other, owner.profileId)
    const event = textEvent(owner, 'stale list')
    const due = (await commit.add([event])).flat()
    assert.equal(stale.find(late.id), null)
    assert.deepEqual(due.map(delivery => delivery.webhookId).sort(), [owner.webhookId, late.id].sort())
    await other.webhooks.remove(owner.profileId, late.id)
    assert.equal((await commit.add([textEvent(owner, 'stale list again')])).flat().length, 1)
  })

  test('events and the mark on their stanza are one transaction', async () => {
    const [told, untouched] = [await arrive('told'), await arrive('untouched')]
    const events = [textEvent(owner, 'of a stanza'), textEvent(owner, 'of a stanza too')]
    assert.equal((await store.events.commit(events, [told])).length, 2)
    for (const { id } of events) {
      const at = await committedAt(id)
      assert.deepEqual(await marks('told'), [at, at])
    }
    assert.deepEqual(await marks(untouched.delivery), [null, null])
  })

  test('a call with an event that cannot be stored marks nothing, and the calls beside it do', async () => {
    const names = ['refused', 'beside 0', 'beside 1', 'beside 2']
    const told = []
    for (const name of names) told.push(await arrive(name))
    const good = names.map(name => textEvent(owner, `stanza ${name}`))
    const broken = { ...textEvent(owner, 'stanza broken'), profileId: 'nobody' }
    const results = await Promise.allSettled(
      told.map((stanza, at) =>
        store.events.commit(at === 0 ? [...good.slice(0, 1), broken] : good.slice(at, at + 1), [stanza]),
      ),
    )
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
    )
    assert.deepEqual(await marks('refused'), [null, null])
    assert.equal(await store.events.get(owner.profileId, good[0]?.id ?? ''), null)
    for (const [at, name] of names.entries()) {
      if (at === 0) continue
      const committed = await committedAt(good[at]?.id ?? '')
      assert.deepEqual(await marks(name), [committed, committed], name)
    }
  })

  test('a commit without events only marks, and what was marked keeps its time', async () => {
    const told = await arrive('silent')
    assert.deepEqual(await store.events.commit([], [told]), [])
    const first = await marks('silent')
    assert.ok(first.length === 2 && first.every(at => at !== null))
    assert.deepEqual(await store.events.commit([], [told, told]), [])
    assert.deepEqual(await store.events.commit([], [{ ...told, delivery: 'never came' }]), [])
    assert.deepEqual(await marks('silent'), first)
    assert.deepEqual(await store.events.commit([]), [])
  })

  test('a stanza whose events are known already is marked, and delivered no second time', async () => {
    const event = textEvent(owner, 'told by the one who was killed')
    assert.equal((await store.events.commit([event])).length, 1)
    const told = await arrive('known')
    assert.deepEqual(await store.events.commit([event], [told]), [])
    assert.ok((await marks('known')).every(at => at !== null))
  })

  test('a commit matched against an older list marks nothing, and marks once when it is matched anew', async () => {
    const log = pino({ level: 'silent' })
    const { cache } = createWebhooks(db, createVault(testKey), { cancelOf: async () => {} })
    await cache.current()
    const late = await addWebhook(other, owner.profileId)
    const told = await arrive('stale')
    const event = textEvent(owner, 'stanza and stale list')
    /** At the start of each round. */
    const seen: { event: boolean; marks: (string | null)[] }[] = []
    const watched: WebhookCache = {
      ...cache,
      async current() {
        const known = (await store.events.get(owner.profileId, event.id)) !== null
        seen.push({ event: known, marks: await marks('stale') })
        return cache.current()
      },
    }
    const partitions = createPartitions(db, log)
    const commit = createCommit({ db, cache: watched, partitions, leaseMs: 60_000 })
    const [deliveries, none] = await commit.add([event, told])
    assert.deepEqual([deliveries?.length, none], [2, []])
    const nothing = { event: false, marks: [null, null] }
    assert.deepEqual(seen, [nothing, nothing])
    const at = await committedAt(event.id)
    assert.deepEqual(await marks('stale'), [at, at])
    await other.webhooks.remove(owner.profileId, late.id)
  })

  test('a change made in another process is in force for the next event', async () => {
    await store.webhooks.cached()
    const late = await addWebhook(other, owner.profileId)
    assert.equal((await store.events.commit([textEvent(owner, 'after a change')])).length, 2)
    await other.webhooks.setEnabled(owner.profileId, late.id, false)
    assert.equal((await store.events.commit([textEvent(owner, 'after disabling')])).length, 1)
    await other.webhooks.remove(owner.profileId, late.id)
  })

  test('a webhook for certain sessions gets the events of these alone', async () => {
    const session = await store.sessions.create({
      profileId: owner.profileId,
      name: 'Other',
      network: 'sandbox',
    })
    await store.webhooks.update(owner.profileId, owner.webhookId, { sessionIds: [session.id] })
    assert.deepEqual(await store.events.commit([textEvent(owner, 'unwanted session')]), [])
    const wanted = { ...owner, sessionId: session.id }
    only(await store.events.commit([textEvent(wanted, 'wanted session')]))
    await store.webhooks.update(owner.profileId, owner.webhookId, { sessionIds: null })
  })

  test('no time is refused: absurd ones share the default partition, near ones get their day', async () => {
    const days = [-20_000, -30, -3, 0, 5, 4000, 100_000]
    const events = days.map(day => textEvent(owner, `day ${day}`, new Date(Date.now() + day * 86_400_000)))
    const possible = events.filter(event => event.at.getTime() >= 0)
    assert.equal((await store.events.commit(possible)).length, possible.length)
    for (const event of possible) {
      assert.equal((await store.events.get(owner.profileId, event.id))?.at.getTime(), event.at.getTime())
    }
  })

  test('events are listed newest first, page by page, each once, and only to their owner', async () => {
    const filter = { profileId: owner.profileId, limit: 7, type: 'messages.received' }
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await store.events.list({ ...filter, cursor })
      seen.push(...page.rows.map(row => row.id))
      cursor = page.nextCursor
    } while (cursor !== null)
    assert.deepEqual(seen, [...new Set(seen)].sort().reverse())
    const whole = await store.events.list({ ...filter, limit: 1000 })
    assert.deepEqual(
      seen,
      whole.rows.map(row => row.id),
    )
    assert.deepEqual((await store.events.list({ ...filter, since: new Date(Date.now() + 9e12) })).rows, [])
    assert.deepEqual((await store.events.list({ ...filter, profileId: owner.sessionId })).rows, [])
    assert.deepEqual((await store.events.list({ ...filter, cursor: 'of another list' })).rows, [])
    assert.equal(await store.events.get(owner.sessionId, seen[0] ?? ''), null)
    assert.equal(await store.events.get(owner.profileId, 'no id'), null)
  })
})
