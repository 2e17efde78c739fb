/** Law 11: attempts are made when the schedule says, up to a fifth later so that they do not come in step, never earlier. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { listed, longestWaitMs, nextAttemptAt, planOf, presetOf, presets } from './retry-schedule.ts'

const now = new Date('2026-11-23T12:00:00.000Z')
const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const waits = (plan: { waitMs: number }[]) => plan.map(attempt => attempt.waitMs)

describe('the presets', () => {
  test('quick is what the specification says: three attempts, after one second and then two', () => {
    assert.deepEqual(waits(planOf(presets.quick, now)), [0, 1 * second, 2 * second])
  })

  test('standard is ten attempts over 75 hours', () => {
    const plan = planOf(presets.standard, now)
    assert.deepEqual(waits(plan), [
      0,
      5 * second,
      5 * minute,
      30 * minute,
      ...[2, 5, 10, 14, 20, 24].map(hours => hours * hour),
    ])
    const lasts = (plan.at(-1)?.earliest.getTime() ?? 0) - now.getTime()
    assert.equal(Math.floor(lasts / hour), 75)
    assert.deepEqual([presets.standard.maxAttempts, presets.standard.backoffMs], [10, 5 * second])
  })

  test('a schedule has a name exactly when it makes the attempts of that preset, however it is written', () => {
    assert.equal(presetOf({ maxAttempts: 3, backoffMs: 1000 }), 'quick')
    assert.equal(presetOf(listed([1000, 2000])), 'quick')
    assert.equal(presetOf(listed(presets.standard.delaysMs ?? [])), 'standard')
    for (const other of [
      { maxAttempts: 4, backoffMs: 1000 },
      { maxAttempts: 3, backoffMs: 1001 },
      { maxAttempts: 10, backoffMs: 5000 },
      listed([1000, 2001]),
      listed([1000, 2000, 4000]),
    ])
      assert.equal(presetOf(other), 'custom')
  })
})

const delays = fc.array(fc.integer({ min: 0, max: longestWaitMs }), { minLength: 1, maxLength: 30 })
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('a wait is backoff * 2^(n-1) plus at most 20 %, never less, whatever the numbers', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 0, max: longestWaitMs }),
      chance,
      (number, backoffMs, random) =>
        assertWait(
          nextAttemptAt({ number, retry: { backoffMs }, now, random: () => random }),
          Math.min(backoffMs * 2 ** (number - 1), longestWaitMs),
        ),
    ),
  )
})

test('a listed wait is what the list says plus at most 20 %, never less, and its last one for ever after', () => {
  fc.assert(
    fc.property(delays, fc.integer({ min: 1, max: 40 }), chance, (delaysMs, number, random) =>
      assertWait(
        nextAttemptAt({ number, retry: listed(delaysMs), now, random: () => random }),
        delaysMs[number - 1] ?? delaysMs.at(-1) ?? 0,
      ),
    ),
  )
})

test('the times of a plan are those at which attempts that always fail are made', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        delays.map(listed),
        fc.record({
          maxAttempts: fc.integer({ min: 1, max: 31 }),
          backoffMs: fc.integer({ min: 100, max: hour }),
        }),
      ),
      fc.array(chance, { minLength: 31, maxLength: 31 }),
      (retry, chances) => {
        const plan = planOf(retry, now)
        assert.equal(plan.length, retry.maxAttempts)
        let at = now
        for (const { number, earliest, latest } of plan) {
          assert.ok(at >= earliest && at <= latest, `attempt ${number}`)
          at = nextAttemptAt({ number, retry, now: at, random: () => chances[number - 1] ?? 0 })
        }
      },
    ),
  )
})

function assertWait(at: Date, base: number): void {
  const wait = at.getTime() - now.getTime()
  assert.ok(wait >= base && wait <= base * 1.2 + 1, `${wait} for a base of ${base}`)
}
