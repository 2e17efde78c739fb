/** The law: what was decrypted is kept with the ratchet step that decrypted it, whole and unreadable, until it was told. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import pino from 'pino'
import { LeaseLost, type SessionAuthState } from './auth-state.ts'
import { type Database, openDatabase } from './database.ts'
import { expireInbox, type InboxPart } from './inbox.ts'
import type { Store } from './store.ts'
import { onEveryServer, only, type TestBench } from './test-stores.ts'
import { ForeignKeyError, VaultError } from './vault.ts'

/** The parts of one stanza; each says which it is. */
function stanza(delivery: string, parts = 1): InboxPart[] {
  return Array.from({ length: parts }, (_, part) => ({
    delivery,
    part,
    parts,
    value: `"${delivery}, part ${part}"`,
  }))
}
const valuesOf = (parts: readonly InboxPart[]) => parts.map(({ value }) => value)

onEveryServer('a message is kept before WhatsApp hears that we have it', fresh => {
  let bench: TestBench
  let store: Store
  let other: Store
  let stranger: Store
  let db: Database
  let profileId: string
  let sessionId: string
  let state: SessionAuthState
  before(async () => {
    bench = await fresh()
    store = await bench.open()
    other = await bench.open()
    stranger = await bench.open({ encryptionKey: Buffer.alloc(32, 9) })
    db = openDatabase({ databaseUrl: bench.databaseUrl, poolSize: 2, log: pino({ level: 'silent' }) })
    profileId = (await store.profiles.first()).id
  })
  after(async () => {
    await db.close()
    await bench.close()
  })
  beforeEach(async () => {
    await db.query({ text: 'delete from inbox' })
    ;({ sessionId, state } = await anotherSession())
  })

  async function anotherSession() {
    const session = await store.sessions.create({ profileId, name: 'Shop', network: 'sandbox' })
    return { sessionId: session.id, state: await claimed(store, session.id, 'a') }
  }
  /** The lease runs out at once, so that the next holder need not wait for it. */
  async function claimed(from: Store, id: string, holder: string): Promise<SessionAuthState> {
    const fence = await from.leases.claim({ sessionId: id, holder, leaseMs: 0 })
    assert.ok(fence !== null, `${holder} gets the lease`)
    return from.authState.for(id, fence)
  }
  async function rowsOf(id: string): Promise<number> {
    const rows = await db.query({ text: 'select from inbox where session_id = $1', values: [id] })
    return rows.length
  }
  const tell = (...deliveries: string[]) =>
    store.events.commit(
      [],
      deliveries.map(delivery => ({ sessionId, delivery })),
    )
  async function age(delivery: string, seconds: number): Promise<void> {
    await db.query({
      text: `update inbox set received_at = now() - $3 * interval '1 second'
        where session_id = $1 and delivery = $2`,
      values: [sessionId, delivery, seconds],
    })
  }
  const untold = async (limit = 100) => (await state.inbox.untold(limit)).map(({ delivery }) => delivery)

  test('a ratchet step and what it decrypted are both there', async () => {
    const parts = stanza('a', 2)
    await state.set({ session: { ratchet: '"turned"' } }, parts)
    assert.deepEqual(await state.get('session', ['ratchet']), { ratchet: '"turned"' })
    const { delivery, values, receivedAt } = only(await state.inbox.untold(10))
    assert.deepEqual([delivery, values], ['a', valuesOf(parts)])
    assert.ok(receivedAt instanceof Date)
    await state.set({}, stanza('without a key'))
    await state.set({ session: { ratchet: '"without a message"' } })
    assert.deepEqual(await untold(), ['a', 'without a key'])
  })

  test('an engine that lost the lease writes neither', async () => {
    const late = state
    state = await claimed(other, sessionId, 'successor')
    await assert.rejects(late.set({ session: { ratchet: '"late"' } }, stanza('late')), LeaseLost)
    await assert.rejects(late.set({}, stanza('late')), LeaseLost)
    assert.deepEqual(await state.get('session', ['ratchet']), {})
    assert.equal(await rowsOf(sessionId), 0)
  })

  test('a write under way when the lease changes hands leaves both or neither', async () => {
    for (let round = 0; round < 20; round++) {
      const name = `round ${round}`
      const held = await claimed(store, sessionId, 'a')
      const written = held.set({ session: { [name]: '"turned"' } }, stanza(name)).then(
        () => true,
        () => false,
      )
      const successor = await claimed(other, sessionId, 'b')
      const key = (await successor.get('session', [name]))[name] !== undefined
      const message = (await successor.inbox.find(name, 0)) !== null
      const done = await written
      assert.deepEqual([key, message], [done, done], name)
    }
  })

  test('a row that cannot be stored takes the keys and the other rows with it', async () => {
    // Found out only while the row is written: it does not fit into a page of the index.
    const endless = randomBytes(8_000).toString('hex')
    const refused: [string, () => Promise<void>][] = [
      [
        'a bad stanza',
        () => state.set({ session: { ratchet: '"t"' } }, [...stanza('a'), ...stanza(endless)]),
      ],
      ['a bad key', () => state.set({ session: { ratchet: '"t"', [endless]: '"t"' } }, stanza('a'))],
      ['no number', () => state.set({ session: { ratchet: '"t"' } }, [{ ...only(stanza('a')), part: NaN }])],
      ['too many parts', () => state.set({ session: { ratchet: '"t"' } }, stanza('a', 32_768).slice(-2))],
    ]
    for (const [name, write] of refused) {
      await assert.rejects(write, /./, name)
      assert.deepEqual(await state.get('session', ['ratchet']), {}, name)
      assert.equal(await rowsOf(sessionId), 0, name)
    }
  })

  test('a stanza is untold only when all of its parts are there, in their order', async () => {
    const [first, second, third] = stanza('a', 3)
    assert.ok(first && second && third)
    for (const part of [third, first]) {
      await state.set({}, [part])
      assert.deepEqual(await untold(), [])
    }
    await state.set({}, [second])
    assert.deepEqual(only(await state.inbox.untold(10)).values, valuesOf([first, second, third]))
  })

  test('the oldest untold stanza comes first, and its age is known', async () => {
    assert.equal(await state.inbox.oldestUntoldSeconds(), null)
    for (const [delivery, seconds] of [
      ['a', 10],
      ['b', 7_200],
      ['c', 60],
    ] as const) {
      await state.set({}, stanza(delivery, 2))
      await age(delivery, seconds)
    }
    assert.deepEqual(await untold(), ['b', 'c', 'a'])
    assert.deepEqual(await untold(2), ['b', 'c'])
    assert.ok(((await state.inbox.oldestUntoldSeconds()) ?? 0) >= 7_200)
    await tell('b')
    assert.deepEqual(await untold(), ['c', 'a'])
    const seconds = (await state.inbox.oldestUntoldSeconds()) ?? 0
    assert.ok(seconds >= 60 && seconds < 7_200, `${seconds}`)
    await tell('a', 'c')
    assert.equal(await state.inbox.oldestUntoldSeconds(), null)
  })

  test('a part that comes again changes nothing, told or not', async () => {
    const parts = stanza('a', 2)
    const again = parts.map(part => ({ ...part, value: '"something else"' }))
    await state.set({}, parts)
    await age('a', 3_600)
    const [before] = await state.inbox.untold(10)
    await state.set({ session: { ratchet: '"turned"' } }, [...again, ...again])
    assert.deepEqual(await state.inbox.untold(10), [before])
    assert.deepEqual(await state.get('session', ['ratchet']), { ratchet: '"turned"' })
    await tell('a')
    await state.set({}, again)
    assert.deepEqual(await untold(), [])
    assert.deepEqual([await state.inbox.find('a', 1), await rowsOf(sessionId)], [parts[1]?.value, 2])
  })

  test('what a part said is found again, told or not, until the stanza is forgotten', async () => {
    const parts = stanza('a', 2).map(part => ({ ...part, value: `${part.value}\u2014\ud83c\udf3c` }))
    await state.set({}, parts)
    for (const { part, value } of parts) assert.equal(await state.inbox.find('a', part), value)
    assert.equal(await state.inbox.find('a', 2), null)
    assert.equal(await state.inbox.find('b', 0), null)
    await tell('a')
    assert.equal(await state.inbox.find('a', 0), parts[0]?.value)
    assert.deepEqual(await state.inbox.forget(['a']), [])
    assert.equal(await state.inbox.find('a', 0), null)
  })

  test('nothing readable lies in the inbox, and another key opens nothing', async () => {
    const [part] = stanza('a')
    assert.ok(part)
    await state.set({}, [{ ...part, value: '{"word":"marigold"}' }])
    const { value } = only(
      await db.query<{ value: Buffer }>({
        text: 'select value from inbox where session_id = $1',
        values: [sessionId],
      }),
    )
    assert.ok(!value.includes('marigold'))
    assert.equal(await state.inbox.find('a', 0), '{"word":"marigold"}')
    const foreign = stranger.authState.for(sessionId, '1')
    await assert.rejects(foreign.inbox.find('a', 0), ForeignKeyError)
    await assert.rejects(foreign.inbox.untold(1), ForeignKeyError)
  })

  test('a message moved to another part, stanza or session does not open', async () => {
    const neighbour = await anotherSession()
    await state.set({}, [...stanza('a', 2), ...stanza('b', 2)])
    await neighbour.state.set({}, stanza('a', 2))
    const places: [string, string, number][] = [
      [sessionId, 'a', 1],
      [sessionId, 'b', 0],
      [neighbour.sessionId, 'a', 0],
    ]
    for (const place of places) {
      await db.query({
        text: `update inbox set value = (
            select value from inbox where session_id = $1 and delivery = $2 and part = $3
          ) where session_id = $4 and delivery = 'a' and part = 0`,
        values: [...place, sessionId],
      })
      await assert.rejects(state.inbox.find('a', 0), VaultError, place.join(' '))
    }
    const values = (await state.inbox.untold(2)).map(stanza => [
      stanza.delivery,
      stanza.values?.length ?? null,
    ])
    assert.deepEqual(
      values,
      [
        ['a', null],
        ['b', 2],
      ],
      'a damaged one hides no other',
    )
  })

  test('only told stanzas are forgotten, and the others are named, each once', async () => {
    await state.set({}, [...stanza('told', 2), ...stanza('untold', 2), ...stanza('told too')])
    await tell('told', 'told too')
    assert.deepEqual(await state.inbox.forget(['told', 'untold', 'never came']), ['untold'])
    assert.equal(await state.inbox.find('told', 0), null)
    assert.notEqual(await state.inbox.find('told too', 0), null, 'it was not asked for')
    assert.deepEqual(await untold(), ['untold'])
    assert.deepEqual(await state.inbox.forget([]), [])
    await tell('untold')
    assert.deepEqual(await state.inbox.forget(['untold', 'told too']), [])
    assert.equal(await rowsOf(sessionId), 0)
  })

  test('what is older than a month expires, and stanzas that were never told are counted', async () => {
    const own = await fresh()
    const shop = await own.open()
    const { id } = await shop.profiles.first()
    const session = await shop.sessions.create({ profileId: id, name: 'Shop', network: 'sandbox' })
    const shopState = await claimed(shop, session.id, 'a')
    const days = { told: 31, untold: 31, 'untold too': 400, kept: 29 }
    for (const delivery of Object.keys(days)) await shopState.set({}, stanza(delivery, 2))
    await shop.events.commit([], [{ sessionId: session.id, delivery: 'told' }])
    await shop.close() // its own upkeep expires the inbox too
    const ownDb = openDatabase({
      databaseUrl: own.databaseUrl,
      poolSize: 1,
      log: pino({ level: 'silent' }),
    })
    for (const entry of Object.entries(days)) {
      const text = `update inbox set received_at = now() - $2 * interval '1 day' where delivery = $1`
      await ownDb.query({ text, values: entry })
    }
    assert.deepEqual(await expireInbox(ownDb), { untold: 2 })
    const left = await ownDb.query({ text: 'select delivery from inbox' })
    assert.deepEqual(left, [{ delivery: 'kept' }, { delivery: 'kept' }])
    assert.deepEqual(await expireInbox(ownDb), { untold: 0 })
    await ownDb.close()
    await own.close()
  })

  test('deleting a session deletes its inbox, and that of no other', async () => {
    const neighbour = await anotherSession()
    await state.set({}, stanza('a', 2))
    await neighbour.state.set({}, stanza('a', 2))
    assert.equal(await store.sessions.remove(profileId, sessionId), true)
    assert.deepEqual([await rowsOf(sessionId), await rowsOf(neighbour.sessionId)], [0, 2])
    await assert.rejects(state.set({}, stanza('late')), LeaseLost)
  })

  test('another session sees nothing, marks nothing and forgets nothing', async () => {
    const neighbour = await anotherSession()
    const { inbox } = neighbour.state
    await state.set({}, stanza('a'))
    assert.equal(await inbox.find('a', 0), null)
    assert.deepEqual(await inbox.untold(10), [])
    assert.equal(await inbox.oldestUntoldSeconds(), null)
    await store.events.commit([], [{ sessionId: neighbour.sessionId, delivery: 'a' }])
    assert.deepEqual(await untold(), ['a'])
    await tell('a')
    assert.deepEqual(await inbox.forget(['a']), [])
    assert.equal(await rowsOf(sessionId), 1)
    await neighbour.state.set({}, stanza('a'))
    assert.equal(only(await inbox.untold(10)).delivery, 'a', 'the same name is another stanza here')
  })
})
