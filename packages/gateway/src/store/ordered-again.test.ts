/** Law 15, beside the straight way: webhooks that change, and deliveries that are sent once more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { all, dead, ids, inAnHour, orderedKit, until } from './test-ordered.ts'
import { onEveryServer, only } from './test-stores.ts'

onEveryServer('what waits for its turn, or is sent again', fresh => {
  const kit = orderedKit(fresh)
  const { commit, look, end, get, message, oneAfterTheOther, replay, setOrdered } = kit

  test('a delivery stays as it was born when its webhook is ordered, or no longer', async () => {
    const waiting = await commit('a', 'a')
    await setOrdered(false)
    const free = [message('a'), message('a')]
    assert.equal((await kit.store.events.commit(free)).length, 2, 'they wait for nobody')
    assert.deepEqual(await oneAfterTheOther(), ids(waiting))
    await setOrdered(true)
    const later = await commit('a', 'a')
    assert.deepEqual(await oneAfterTheOther(), ids(later))
  })

  test('a disabled webhook keeps what waits, and a removed one cancels it', async () => {
    const events = await commit('a', 'a')
    await kit.store.webhooks.setEnabled(kit.owner.profileId, kit.owner.webhookId, false)
    assert.deepEqual([await look(), await kit.store.deliveries.nextDueAt()], [[], null])
    await kit.store.webhooks.setEnabled(kit.owner.profileId, kit.owner.webhookId, true)
    const head = only(await look())
    assert.equal(head.eventId, events[0]?.id)
    await kit.store.webhooks.remove(kit.owner.profileId, kit.owner.webhookId)
    assert.equal((await get(head.deliveryId)).status, 'cancelled')
    assert.deepEqual([await look(), await kit.store.deliveries.nextDueAt()], [[], null])
  })

  test('a waiting delivery says which one it waits for', async () => {
    const events = await commit('a', 'a', 'b')
    const waitsFor = async () => {
      const { rows } = await kit.store.deliveries.list({
        profileId: kit.owner.profileId,
        webhookId: kit.owner.webhookId,
        limit: 9,
      })
      const idOf = (index: number) => rows.find(row => row.eventId === events[index]?.id)?.id ?? ''
      const waits = await Promise.all([0, 1, 2].map(index => get(idOf(index))))
      return waits.map(({ waitingFor }) => (waitingFor === idOf(0) ? 'the first' : waitingFor))
    }
    assert.deepEqual(await waitsFor(), [null, 'the first', null])
    const heads = await look()
    assert.deepEqual(await waitsFor(), [null, 'the first', null], 'while it is under way')
    for (const head of heads) await end(head, inAnHour())
    assert.deepEqual(await waitsFor(), [null, 'the first', null], 'while it waits to be tried again')
    await kit.db.query({ text: 'update webhook_deliveries set next_attempt_at = now() where attempts = 1' })
    for (const head of await look()) await end(head)
    assert.deepEqual(await waitsFor(), [null, null, null])
  })

  test('what a person sends again goes at once, and its chat waits for it', async () => {
    const [one, two, three] = await commit('a', 'a', 'a')
    assert.ok(one && two && three)
    const head = only(await look())
    await end(head, dead)
    const manual = await kit.store.deliveries.redeliver(kit.owner.profileId, head.deliveryId)
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
    await kit.store.webhooks.setEnabled(kit.owner.profileId, kit.owner.webhookId, false)
    const events = [0, 1, 2].map(index => message('a', new Date(Date.now() - 1_000 + index)))
    await kit.store.events.commit(events)
    await kit.store.webhooks.setEnabled(kit.owner.profileId, kit.owner.webhookId, true)
    const [waiting] = await commit('a')
    await replay()
    assert.deepEqual(await oneAfterTheOther(), ids([waiting, ...events].filter(one => one !== undefined)))
  })

  test('of two looks, one from before a replay and one from after it, only one gets the chat', async () => {
    const [one, two] = await commit('a', 'a')
    assert.ok(one && two)
    await end(only(await look()), dead)
    const gate = await claimsWaitAtAGate()
    const early = look()
    await until(async () => (await gate.waiting()) === 1)
    // The younger one is being claimed, which nobody can see yet; and now there is an older one.
    await replay()
    const late = kit.other.deliveries.claimDue(all)
    let answered = false
    void late.then(() => {
      answered = true
    })
    await until(async () => answered || (await gate.waiting()) === 2)
    await gate.open()
    assert.deepEqual(
      [...(await early), ...(await late)].map(one => one.eventId),
      [two.id],
    )
    await end(only(await early))
    assert.deepEqual(await oneAfterTheOther(), [one.id])
  })

  /** Whoever makes a claim stops before it is written, as a process between two instructions might. */
  async function claimsWaitAtAGate() {
    await kit.db.query({
      text: `create function wait_at_the_gate() returns trigger language plpgsql as $$
        begin perform pg_advisory_xact_lock_shared(42); return new; end $$`,
    })
    await kit.db.query({
      text: `create trigger gate before update on webhook_deliveries for each row
        when (new.claim_id is distinct from old.claim_id and new.claim_id is not null)
        execute function wait_at_the_gate()`,
    })
    let letGo = () => {}
    let shut: (() => void) | undefined
    const isShut = new Promise<void>(resolve => (shut = resolve))
    const closed = kit.db.transaction(async query => {
      await query({ text: 'select pg_advisory_xact_lock(42)' })
      shut?.()
      await new Promise<void>(resolve => (letGo = resolve))
    })
    await isShut
    return {
      async waiting(): Promise<number> {
        const rows = await kit.db.query({
          text: `select from pg_locks l join pg_database d on d.oid = l.database
            where d.datname = current_database() and l.locktype = 'advisory' and l.objid = 42 and not l.granted`,
        })
        return rows.length
      },
      async open(): Promise<void> {
        letGo()
        await closed
        await kit.db.query({ text: 'drop trigger gate on webhook_deliveries' })
        await kit.db.query({ text: 'drop function wait_at_the_gate' })
      },
    }
  }
})
