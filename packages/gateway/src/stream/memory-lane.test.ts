import assert from 'node:assert/strict'
import { test } from 'node:test'
import { announcement, laneConformance } from './lane-conformance.ts'
import { createMemoryLane } from './memory-lane.ts'

laneConformance('memory', async () => createMemoryLane({ limit: 10_000 }))

test('what does not fit is dropped from the end and counted, and what fits is heard', async () => {
  const lane = createMemoryLane({ limit: 3, now: () => 0 })
  lane.announce([1, 2, 3, 4, 5].map(announcement))
  assert.deepEqual(lane.stats(), { announced: 5, dropped: 2, waiting: 3, lagMs: 0 })
  const heard = await new Promise<string[]>(resolve => {
    lane.listen(items => resolve(items.map(item => item.deliveryId)))
  })
  assert.deepEqual(heard, ['delivery-1', 'delivery-2', 'delivery-3'])
  assert.equal(lane.stats().waiting, 0)
})

test('the lag is the age of the first that waits, and over when it is heard', async () => {
  let now = 1_000
  const lane = createMemoryLane({ limit: 10, now: () => now })
  lane.announce([announcement(1)])
  now = 1_500
  lane.announce([announcement(2)])
  now = 1_700
  assert.equal(lane.stats().lagMs, 700)
  await new Promise<void>(resolve => void lane.listen(() => resolve()))
  assert.equal(lane.stats().lagMs, 0)
})
