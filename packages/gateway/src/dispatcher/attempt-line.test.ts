import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import type { Attempt } from '../delivery/attempt.ts'
import type { DueDelivery, RecordedOutcome } from '../store/deliveries.ts'
import { logAttempt } from './attempt-line.ts'

const at = new Date('2026-11-24T10:00:00.000Z')
const due: DueDelivery = {
  deliveryId: 'd',
  claimId: 'c',
  webhookId: 'w',
  eventId: 'e',
  eventType: 'call',
  sessionId: 's',
  attempt: 2,
  manual: false,
  createdAt: new Date(at.getTime() - 5_000),
  body: '{"text":"hush"}',
}
const attempt: Attempt = {
  startedAt: at,
  durationMs: 83,
  timings: { dnsMs: 1, connectMs: 2, tlsMs: 3, firstByteMs: 70, bodyMs: 7 },
  requestHeaders: { 'webhook-signature': 'v1,hush', 'X-Tenant': '(hidden)' },
  response: { status: 503, headers: { 'set-cookie': 'hush' }, body: 'hush', truncated: false },
  error: { class: 'http_5xx', message: 'The receiver answered 503.' },
}

function lineOf(next: RecordedOutcome['next'], made: Attempt = attempt) {
  const lines: string[] = []
  logAttempt(
    pino({ base: null }, { write: line => lines.push(line) }),
    due,
    'https://user:hush@hooks.example/hush?token=hush',
    made,
    next,
  )
  assert.equal(lines.length, 1)
  assert.ok(!lines[0]?.includes('hush'), lines[0])
  return JSON.parse(lines[0] ?? '')
}

test('one line says what was tried, how long each part took, what came of it and what is next', () => {
  const { time, ...line } = lineOf({ kind: 'retry', at })
  assert.deepEqual(line, {
    level: 40,
    deliveryId: 'd',
    eventId: 'e',
    eventType: 'call',
    sessionId: 's',
    webhookId: 'w',
    to: 'https://hooks.example',
    attempt: 2,
    manual: false,
    trial: false,
    ageMs: 5_000,
    durationMs: 83,
    dnsMs: 1,
    connectMs: 2,
    tlsMs: 3,
    firstByteMs: 70,
    bodyMs: 7,
    status: 503,
    errorClass: 'http_5xx',
    error: 'The receiver answered 503.',
    next: 'retry',
    nextAt: at.toISOString(),
    msg: 'attempt failed; it will be made again',
  })
})

test('a success is news, a failure that is repeated a warning, a dead letter an error', () => {
  assert.equal(lineOf({ kind: 'delivered' }).level, 30)
  assert.equal(lineOf({ kind: 'retry', at }).level, 40)
  assert.equal(lineOf({ kind: 'dead' }).level, 50)
})

test('an attempt that was traced says in which trace', () => {
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const traced = { ...attempt, requestHeaders: { ...attempt.requestHeaders, traceparent } }
  assert.equal(lineOf({ kind: 'delivered' }, traced).traceId, 'a'.repeat(32))
})
