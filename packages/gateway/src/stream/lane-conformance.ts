import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Announcement, Lane } from './lane.ts'

/**
 * The laws every lane keeps, whatever carries it. An implementation's test file calls this once.
 * `create` makes a fresh, empty lane; each test closes its own.
 */
export function laneConformance(name: string, create: () => Promise<Lane>): void {
  const withLane = (law: string, body: (lane: Lane) => Promise<void>) =>
    test(law, async () => {
      const lane = await create()
      try {
        await body(lane)
      } finally {
        await lane.close()
      }
    })

  describe(`lane (${name})`, () => {
    withLane('what is announced is heard once, in order, with every field', async lane => {
      const heard: Announcement[] = []
      lane.listen(items => heard.push(...items))
      const said = Array.from({ length: 300 }, (_, i) => announcement(i))
      for (const item of said) lane.announce([item])
      await until(() => heard.length >= said.length)
      assert.deepEqual(heard, said)
    })

    withLane('announcing never calls the listener before it returns', async lane => {
      let announcing = false
      let heard = 0
      lane.listen(items => {
        assert.equal(announcing, false)
        heard += items.length
      })
      announcing = true
      lane.announce([announcement(1), announcement(2)])
      announcing = false
      await until(() => heard === 2)
    })

    withLane('announcements made together are heard in fewer calls than announcements', async lane => {
      const calls: number[] = []
      lane.listen(items => calls.push(items.length))
      for (let i = 0; i < 100; i++) lane.announce([announcement(i)])
      await until(() => calls.reduce((a, b) => a + b, 0) === 100)
      assert.ok(calls.length < 100, `${calls.length} calls`)
    })

    withLane('what is announced before anybody listens waits for the first listener', async lane => {
      lane.announce([announcement(1)])
      await pause(5)
      const heard: Announcement[] = []
      lane.listen(items => heard.push(...items))
      await until(() => heard.length === 1)
    })

    withLane('two listeners share the announcements and none is heard twice', async lane => {
      const heard = new Map<string, number>()
      const note = (items: Announcement[]) => {
        for (const { deliveryId } of items) heard.set(deliveryId, (heard.get(deliveryId) ?? 0) + 1)
      }
      lane.listen(note)
      lane.listen(note)
      for (let i = 0; i < 50; i++) {
        lane.announce([announcement(i)])
        if (i % 10 === 0) await pause(1)
      }
      await until(() => heard.size === 50)
      assert.ok([...heard.values()].every(times => times === 1))
    })

    withLane('a stopped listener hears nothing more, and what is said meanwhile waits', async lane => {
      const first: Announcement[] = []
      const second: Announcement[] = []
      const listening = lane.listen(items => first.push(...items))
      lane.announce([announcement(1)])
      await until(() => first.length === 1)
      listening.stop()
      lane.announce([announcement(2)])
      lane.listen(items => second.push(...items))
      await until(() => second.length === 1)
      assert.equal(first.length, 1)
    })

    withLane('a nudge is heard, never before it returns, and many nudges in fewer calls', async lane => {
      let nudging = false
      let heard = 0
      lane.listen(
        () => assert.fail('nothing was announced'),
        () => {
          assert.equal(nudging, false)
          heard++
        },
      )
      nudging = true
      for (let i = 0; i < 100; i++) lane.nudge()
      nudging = false
      await until(() => heard > 0)
      await pause(5)
      assert.ok(heard < 100, `${heard} calls`)
      const before = heard
      lane.nudge()
      await until(() => heard > before)
    })

    withLane('nudges and announcements do not hold one another up', async lane => {
      const heard: Announcement[] = []
      let nudges = 0
      lane.listen(
        items => heard.push(...items),
        () => nudges++,
      )
      lane.nudge()
      lane.announce([announcement(1)])
      await until(() => nudges > 0 && heard.length === 1)
      assert.deepEqual(heard, [announcement(1)])
    })

    withLane('a nudge reaches who still listens, and harms nobody where none does', async lane => {
      let nudges = 0
      const gone = lane.listen(
        () => {},
        () => assert.fail('it stopped listening'),
      )
      lane.listen(
        () => {},
        () => nudges++,
      )
      gone.stop()
      lane.nudge()
      await until(() => nudges > 0)
      await lane.close()
      lane.nudge()
    })

    withLane('every announcement is counted: heard, waiting or dropped', async lane => {
      for (let i = 0; i < 20; i++) lane.announce(Array.from({ length: 1000 }, (_, n) => announcement(n)))
      const { announced, dropped, waiting } = lane.stats()
      assert.equal(announced, 20_000)
      assert.equal(dropped + waiting, 20_000)
    })

    withLane('announcing to a closed lane is harmless and counted as dropped', async lane => {
      await lane.close()
      const before = lane.stats().dropped
      lane.announce([announcement(1)])
      assert.equal(lane.stats().dropped, before + 1)
    })
  })
}

/** An announcement with every field set, different for each `n`. */
export function announcement(n: number): Announcement {
  return {
    deliveryId: `delivery-${n}`,
    claimId: `claim-${n}`,
    webhookId: `webhook-${n % 3}`,
    eventId: `event-${n}`,
    eventType: 'messages.received',
    sessionId: n % 2 === 0 ? null : `session-${n}`,
    attempt: 1 + (n % 3),
    manual: n % 5 === 0,
    ordered: n % 4 === 0,
    createdAt: new Date(1_750_000_000_000 + n),
    traceparent: n % 2 === 0 ? `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` : null,
    body: JSON.stringify({ n, text: 'grüße 👋' }),
  }
}

/** Waits for something another task will do; fails after 5 s rather than hang. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !condition(); i++) await pause(5)
  assert.ok(condition(), 'gave up waiting')
}
