/** Law 12: no second of an endpoint sees more requests than its limit, however the limit changes meanwhile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createTokenBucket, type TokenBucket } from './token-bucket.ts'

const start = 5_000_000

/** When somebody who takes whatever there is gets this many tokens. */
function takeAll(bucket: TokenBucket, count: number, perSecond: number, from = start): number[] {
  let now = from
  return Array.from({ length: count }, () => {
    for (let next = bucket.take(perSecond, now); next > 0; next = bucket.take(perSecond, now)) {
      assert.ok(next > now && next <= now + 2_000, `back after ${next - now} ms`)
      now = next
    }
    return now - from
  })
}

test('a second’s worth may go at once, and the rest goes evenly, at the limit', () => {
  assert.deepEqual(
    takeAll(createTokenBucket(), 13, 4),
    [0, 0, 0, 0, 1000, 1250, 1500, 1750, 2000, 2250, 2500, 2750, 3000],
  )
  assert.deepEqual(takeAll(createTokenBucket(), 4, 1), [0, 1000, 2000, 3000])
})

test('what is not used is not saved up', () => {
  const bucket = createTokenBucket()
  takeAll(bucket, 1, 2)
  assert.deepEqual(takeAll(bucket, 4, 2, start + 3_600_000), [0, 0, 1000, 1500])
})

test('a lower limit holds at once, a higher one too', () => {
  const bucket = createTokenBucket()
  assert.deepEqual(takeAll(bucket, 10, 10), Array(10).fill(0))
  assert.deepEqual(takeAll(bucket, 1, 2), [1_800], 'when but one of the ten is still out')
  assert.deepEqual(takeAll(bucket, 8, 10, start + 1_800), Array(8).fill(0))
})

test('no second sees more than the limit, and nobody waits for ever, whoever takes how much when', () => {
  const phases = fc.array(
    fc.record({
      perSecond: fc.integer({ min: 1, max: 40 }),
      takes: fc.integer({ min: 1, max: 60 }),
      idle: fc.integer({ min: 0, max: 1_500 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  fc.assert(
    fc.property(phases, rounds => {
      const bucket = createTokenBucket()
      const taken: number[] = []
      let now = start
      for (const { perSecond, takes, idle } of rounds) {
        for (let n = 0; n < takes; n++) {
          const next = bucket.take(perSecond, now)
          if (next > 0) now = next
          if (next > 0 && bucket.take(perSecond, now) > 0) continue
          const before = taken.filter(at => at > now - 1_000).length
          assert.ok(before < perSecond, `${before} before one more at ${perSecond}`)
          taken.push(now)
        }
        now += idle
      }
    }),
  )
})

test('whoever always takes gets the whole limit in every second after the first', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 5 }), (perSecond, seconds) => {
      const times = takeAll(createTokenBucket(), perSecond * (seconds + 1), perSecond)
      assert.ok((times.at(-1) ?? 0) < (seconds + 1) * 1_000 + 1)
    }),
    { numRuns: 50 },
  )
})
