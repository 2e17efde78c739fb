import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { uuidv7 } from '@waxwing/events/event-id'
import type { Place } from './events.ts'
import type { Store } from './store.ts'
import { furnish, onEveryServer, type TestBench, textEvent } from './test-stores.ts'

const dayMs = 86_400_000

onEveryServer('the order of commits', bench => {
  let open: TestBench
  let store: Store
  let owner: { profileId: string; sessionId: string }
  before(async () => {
    open = await bench()
    store = await open.open()
    owner = await furnish(store)
  })
  after(() => open.close())

  async function everythingAfter(start: Place, limit: number): Promise<string[]> {
    const ids: string[] = []
    let place = start
    for (;;) {
      const { rows, end } = await store.events.committedAfter(owner.profileId, place, limit)
      ids.push(...rows.map(row => row.id))
      place = end
      if (rows.length < limit) return ids
    }
  }

  test('pages hold every event once, in the order in which they became durable', async () => {
    const first = textEvent(owner, 'first')
    await store.events.commit([first])
    const commits: string[][] = []
    for (let i = 0; i < 4; i++) {
      // Of any time: what a phone that was off tells late comes late. Many of one commit share a moment.
      const events = Array.from({ length: 30 }, (_, n) =>
        textEvent(owner, `${i} ${n}`, new Date(Date.now() - ((n * 7) % 5) * dayMs)),
      )
      await store.events.commit(events)
      commits.push(events.map(event => event.id))
    }
    const place = await store.events.placeBefore(owner.profileId, first.id)
    for (const limit of [7, 30, 1_000]) {
      const ids = await everythingAfter(place, limit)
      assert.equal(ids[0], first.id)
      assert.equal(new Set(ids).size, ids.length)
      const order = ids.slice(1).map(id => commits.findIndex(commit => commit.includes(id)))
      assert.deepEqual(
        order,
        order.toSorted((one, other) => one - other),
        'commit by commit',
      )
      assert.equal(order.length, 120)
    }
  })

  test('behind the last there is nothing until something is committed', async () => {
    const start = await store.events.placeBefore(owner.profileId, uuidv7())
    let { rows, end } = await store.events.committedAfter(owner.profileId, start, 1_000)
    ;({ rows, end } = await store.events.committedAfter(owner.profileId, end, 1_000))
    assert.deepEqual(rows, [])
    const late = textEvent(owner, 'late', new Date(Date.now() - 3 * dayMs))
    await store.events.commit([late])
    ;({ rows } = await store.events.committedAfter(owner.profileId, end, 1_000))
    assert.deepEqual(
      rows.map(row => row.id),
      [late.id],
    )
  })

  test('another profile finds nothing, and no place by an event that is not its own', async () => {
    const mine = textEvent(owner, 'mine')
    await store.events.commit([mine])
    const stranger = uuidv7()
    const place = await store.events.placeBefore(stranger, mine.id)
    assert.deepEqual((await store.events.committedAfter(stranger, place, 10)).rows, [])
  })
})
