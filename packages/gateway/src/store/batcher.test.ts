/** The law: callers are joined, answered each with their own, and never spoil one another. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBatcher } from './batcher.ts'

test('each caller gets the results of its own items, in their order', async () => {
  const { add } = createBatcher({
    run: async (items: readonly number[]) => items.map(item => item * 2),
    isolate: () => false,
  })
  const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => add([index, index + 1])))
  assert.deepEqual(
    answers,
    Array.from({ length: 500 }, (_, index) => [index * 2, index * 2 + 2]),
  )
  assert.deepEqual(await add([]), [])
})

test('no batch is larger than it may be, and no more than two are under way', async () => {
  let running = 0
  let most = 0
  const sizes: number[] = []
  const { add, idle } = createBatcher({
    maxItems: 10,
    isolate: () => false,
    async run(items: readonly number[]) {
      most = Math.max(most, ++running)
      sizes.push(items.length)
      await sleep(1)
      running--
      return [...items]
    },
  })
  const calls = Array.from({ length: 95 }, (_, index) => add([index]))
  await idle()
  await Promise.all(calls)
  assert.equal(most, 2)
  assert.equal(Math.max(...sizes), 10)
  assert.ok(sizes.length < 20, `${sizes.length} batches for 95 items`)
})

test('a call larger than a batch stays whole', async () => {
  const sizes: number[] = []
  const { add } = createBatcher({
    maxItems: 10,
    isolate: () => false,
    run: async (items: readonly number[]) => {
      sizes.push(items.length)
      return [...items]
    },
  })
  const large = Array.from({ length: 25 }, (_, index) => index)
  assert.deepEqual(await Promise.all([add([1]), add(large), add([2])]), [[1], large, [2]])
  assert.ok(sizes.includes(25))
})

test('one bad item fails its caller alone; a failure that is nobody’s fault fails them all', async () => {
  let away = false
  const { add } = createBatcher({
    isolate: error => error instanceof RangeError,
    async run(items: readonly number[]) {
      if (away) throw new Error('away')
      if (items.includes(3)) throw new RangeError('bad item')
      return [...items]
    },
  })
  const results = await Promise.allSettled([1, 2, 3, 4].map(item => add([item])))
  assert.deepEqual(
    results.map(result => result.status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  )
  away = true
  const lost = await Promise.allSettled([1, 2].map(item => add([item])))
  assert.ok(lost.every(result => result.status === 'rejected' && result.reason.message === 'away'))
  away = false
  assert.deepEqual(await add([5]), [5])
})
