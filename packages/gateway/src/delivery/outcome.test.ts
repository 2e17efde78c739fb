import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ErrorClass, errorClasses } from '@waxwing/events'
import fc from 'fast-check'
import type { Attempt } from './attempt.ts'
import { failureOfStatus } from './failure.ts'
import { type Decision, decide, hint, patienceUntil } from './outcome.ts'
import { presets } from './retry-schedule.ts'

const now = new Date('2026-11-23T12:00:00.000Z')
const hour = 3_600_000
const retry = { maxAttempts: 3, backoffMs: 1000 }
const bare = {
  startedAt: now,
  durationMs: 5,
  timings: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, bodyMs: null },
  requestHeaders: {},
}

describe('what an answer means after the first of three attempts', () => {
  const table: [string, Attempt, Decision][] = [
    ['200', answered(200), { kind: 'delivered' }],
    ['201', answered(201), { kind: 'delivered' }],
    ['204', answered(204), { kind: 'delivered' }],
    ['299', answered(299), { kind: 'delivered' }],
    ['301', answered(301), after(1000)],
    ['307', answered(307), after(1000)],
    ['400', answered(400), after(1000)],
    ['401', answered(401), after(1000)],
    ['404', answered(404), after(1000)],
    ['410', answered(410), { kind: 'dead' }],
    ['429', answered(429), after(1000)],
    ['500', answered(500), after(1000)],
    ['503', answered(503), after(1000)],
    ['429, Retry-After: 30', answered(429, '30'), after(30_000)],
    ['503, Retry-After: 30', answered(503, ' 30 '), after(30_000)],
    ['503, Retry-After: 0', answered(503, '0'), after(1000)],
    ['503, Retry-After a date', answered(503, 'Mon, 23 Nov 2026 12:05:00 GMT'), after(300_000)],
    ['429, Retry-After: 0030', answered(429, '0030'), after(30_000)],
    [
      '429, Retry-After in the form of RFC 850',
      answered(429, 'Monday, 23-Nov-26 12:05:00 GMT'),
      after(300_000),
    ],
    ['429, Retry-After in the form of asctime', answered(429, 'Mon Nov 23 12:05:00 2026'), after(300_000)],
    ['429, Retry-After a date without a zone', answered(429, '2026-11-23T12:05:00'), after(1000)],
    ['429, Retry-After a day of no month', answered(429, 'Mon, 99 Nov 2026 12:05:00 GMT'), after(1000)],
    ['429, Retry-After empty', answered(429, ''), after(1000)],
    ['429, Retry-After: 10 h', answered(429, '36000'), after(10 * hour)],
    ['429, Retry-After: 10 h and a second', answered(429, '36001'), after(10 * hour)],
    ['503, Retry-After a past date', answered(503, 'Mon, 23 Nov 2020 12:05:00 GMT'), after(1000)],
    ['503, Retry-After: a day', answered(503, '86400'), after(10 * hour)],
    ['503, Retry-After: next year', answered(503, 'Tue, 23 Nov 2027 12:00:00 GMT'), after(10 * hour)],
    ['503, Retry-After: nonsense', answered(503, 'soon 1'), after(1000)],
    ['503, Retry-After: negative', answered(503, '-5'), after(1000)],
    ['503, Retry-After: 1.5', answered(503, '1.5'), after(1000)],
    ['503, Retry-After: endless digits', answered(503, '9'.repeat(400)), after(1000)],
    ['500, Retry-After: 30', answered(500, '30'), after(1000)],
    ['404, Retry-After: 30', answered(404, '30'), after(1000)],
  ]
  for (const [name, attempt, expected] of table)
    test(name, () => {
      assert.deepEqual(decide(attempt, { number: 1, retry, now, random: () => 0 }), expected)
    })

  for (const errorClass of errorClasses.filter(name => !/http|redirect/.test(name)))
    test(`no answer: ${errorClass}`, () => {
      assert.deepEqual(
        decide(unanswered(errorClass), { number: 1, retry, now, random: () => 0 }),
        after(1000),
      )
    })
})

test('a 2xx whose body never ended is not a success', () => {
  const attempt = { ...answered(200), error: { class: 'too_slow', message: '' } as const }
  assert.deepEqual(decide(attempt, { number: 1, retry, now, random: () => 0 }), after(1000))
})

test('the last attempt that fails makes the delivery dead, also when the receiver asks for patience', () => {
  for (const attempt of [answered(500), answered(429, '5'), unanswered('timeout')])
    assert.deepEqual(decide(attempt, { number: 3, retry, now, random: () => 0 }), { kind: 'dead' })
})

test('a success on the last attempt, or after it on request, is delivered', () => {
  for (const number of [3, 7])
    assert.deepEqual(decide(answered(200), { number, retry, now, random: () => 0 }), { kind: 'delivered' })
})

test('a retry is never before the schedule nor, within 10 h, before what the receiver asked', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.integer({ min: 0, max: 999_999_999 }),
      (number, backoffMs, seconds) => {
        const decision = decide(answered(503, String(seconds)), {
          number,
          retry: { maxAttempts: 10, backoffMs },
          now,
          random: () => 0,
        })
        assert.ok(decision.kind === 'retry')
        const wait = decision.at.getTime() - now.getTime()
        assert.ok(wait >= Math.min(backoffMs * 2 ** (number - 1), 24 * hour))
        assert.ok(wait >= Math.min(seconds * 1000, 10 * hour))
      },
    ),
  )
})

test('patience is asked for by a 429 or 503 with a time in the future, and by nothing else', () => {
  const until = (attempt: Attempt) => patienceUntil(attempt, now)?.getTime() ?? null
  assert.equal(until(answered(429, '30')), now.getTime() + 30_000)
  assert.equal(until(answered(503, 'Mon, 23 Nov 2026 12:05:00 GMT')), now.getTime() + 300_000)
  assert.equal(until(answered(429, '99999999')), now.getTime() + 10 * hour)
  for (const attempt of [
    answered(429),
    answered(429, '0'),
    answered(429, 'soon'),
    answered(503, 'Mon, 23 Nov 2020 12:05:00 GMT'),
    answered(500, '30'),
    answered(200, '30'),
    unanswered('timeout'),
  ])
    assert.equal(until(attempt), null)
})

test('a list of waits is a schedule like any other', () => {
  const wait = (number: number) =>
    decide(answered(500), { number, retry: presets.standard, now, random: () => 0 })
  assert.deepEqual(
    [wait(1), wait(3), wait(9), wait(10)],
    [after(5_000), after(1_800_000), after(24 * hour), { kind: 'dead' }],
  )
})

test('every error class and every status has a hint that is a sentence', () => {
  for (const errorClass of errorClasses) assert.match(hint(errorClass, null), /^[A-Z].{20,}[.?]$/)
  for (let status = 300; status < 600; status++) {
    const failure = failureOfStatus(status, undefined)
    assert.ok(failure)
    assert.match(hint(failure.class, status), /^[A-Z].{20,}[.?]$/)
  }
  assert.notEqual(hint('http_4xx', 410), hint('http_4xx', 400))
})

function after(ms: number): Decision {
  return { kind: 'retry', at: new Date(now.getTime() + ms) }
}

function answered(status: number, retryAfter?: string): Attempt {
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
  return {
    ...bare,
    response: { status, headers, body: '', truncated: false },
    error: failureOfStatus(status, undefined),
  }
}

function unanswered(errorClass: ErrorClass): Attempt {
  return { ...bare, response: null, error: { class: errorClass, message: 'it failed' } }
}
