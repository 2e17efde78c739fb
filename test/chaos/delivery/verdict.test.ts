/** The judge of the campaign finds what breaks a law: a verdict that cannot be bad says nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Arrival } from './endpoint.ts'
import { type Evidence, judge } from './verdict.ts'

const body = '{"id":"e1"}'
const at = 1_000_000
const arrival: Arrival = {
  at,
  deliveryId: 'd1',
  eventId: 'e1',
  attempt: 1,
  timestamp: '1000',
  mood: 'ok',
  accepted: true,
}
const again: Arrival = { ...arrival, at: at + 5_000, timestamp: '1005' }
const onRecord = { deliveryId: 'd1', attempt: 1, timestamp: '1000', errorClass: null }
const againOnRecord = { ...onRecord, timestamp: '1005' }
const delivery = { id: 'd1', eventId: 'e1', webhookId: 'w1', status: 'delivered', attempts: 1 }
const receiver = {
  id: 'w1',
  name: 'steady',
  subscribed: ['messages.received'],
  arrivals: [arrival],
  bodies: new Map([['e1', new Set([body])]]),
  forged: [],
}

/** One message that arrived once, at a gateway that was never killed, unless told otherwise. */
function evidence(a: {
  records?: Partial<Evidence['records']>
  receiver?: Partial<typeof receiver>
  rest?: Partial<Evidence>
}): Evidence {
  return {
    written: ['M1'],
    receivers: [{ ...receiver, ...a.receiver }],
    lives: [{ from: 0, killedAt: null }],
    outages: [],
    crashes: [],
    maxAttempts: 3,
    records: {
      events: [{ id: 'e1', type: 'messages.received', messageId: 'M1', about: null, body }],
      deliveries: [delivery],
      attempts: [onRecord],
      ...a.records,
    },
    ...a.rest,
  }
}

const killedAfter = (ms: number) => ({
  lives: [
    { from: 0, killedAt: at + ms },
    { from: at + ms + 1, killedAt: null },
  ],
})

test('one message, one request, one record: nothing to object to', () => {
  const verdict = judge(evidence({}))
  assert.deepEqual([verdict.breaches, verdict.delivered, verdict.duplicates], [[], 1, 0])
})

test('a second request is explained when the first was not on record and its process died', () => {
  const repeated = { receiver: { arrivals: [arrival, again] }, records: { attempts: [againOnRecord] } }
  const killed = judge(evidence({ ...repeated, rest: killedAfter(100) }))
  assert.deepEqual([killed.breaches, killed.duplicates, killed.unrecorded], [[], 1, 1])
})

test('what a process kept through two outages is explained when it dies after them', () => {
  const outages = [
    { from: at + 1_000, to: at + 9_000, mode: 'fast' as const },
    { from: at + 11_000, to: at + 19_000, mode: 'fast' as const },
  ]
  const seen = { receiver: { arrivals: [arrival, again] }, records: { attempts: [againOnRecord] } }
  const kept = judge(evidence({ ...seen, rest: { ...killedAfter(20_000), outages } }))
  assert.deepEqual([kept.breaches, kept.duplicates], [[], 1])
  const [, last] = outages
  const forgotten = judge(
    evidence({ ...seen, rest: { ...killedAfter(20_000), outages: last ? [last] : [] } }),
  )
  assert.match(forgotten.breaches.join(), /nobody died/)
})

const dead = { ...delivery, status: 'failed', attempts: 3 }
const failures = [1, 2, 3].map(attempt => ({ ...onRecord, attempt, errorClass: 'http_5xx' as const }))
const failing = [1, 2, 3].map(attempt => ({ ...arrival, attempt, mood: '500' as const, accepted: false }))

test('an answer that came after the deadline is a failure on record, and no reason to object', () => {
  const { breaches, late, duplicates } = judge(
    evidence({
      receiver: { arrivals: [arrival, { ...again, attempt: 2 }] },
      records: {
        attempts: [
          { ...onRecord, errorClass: 'timeout' },
          { ...againOnRecord, attempt: 2 },
        ],
      },
    }),
  )
  assert.deepEqual([breaches, late, duplicates], [[], 1, 1])
})

const faults: Record<string, [RegExp, Evidence]> = {
  'a message that never became an event': [/M2 never/, evidence({ rest: { written: ['M1', 'M2'] } })],
  'an event without its delivery': [
    /too few/,
    evidence({ records: { deliveries: [], attempts: [] }, receiver: { arrivals: [] } }),
  ],
  'a delivery to who did not want it': [/too many/, evidence({ receiver: { subscribed: ['call'] } })],
  'a delivery that did not end': [
    /neither delivered nor dead/,
    evidence({ records: { deliveries: [{ ...delivery, status: 'pending' }] } }),
  ],
  'a record of what nobody received': [/has it not/, evidence({ receiver: { arrivals: [] } })],
  'a second request after a recorded success': [
    /sent again after attempt 1/,
    evidence({
      receiver: { arrivals: [arrival, again] },
      records: { attempts: [onRecord, againOnRecord] },
      rest: killedAfter(100),
    }),
  ],
  'a second request though nobody died': [
    /nobody died/,
    evidence({ receiver: { arrivals: [arrival, again] }, records: { attempts: [againOnRecord] } }),
  ],
  'a request that was still not on record long after': [
    /nobody died/,
    evidence({
      receiver: { arrivals: [arrival, again] },
      records: { attempts: [againOnRecord] },
      rest: killedAfter(60_000),
    }),
  ],
  'an accepted request on record as a failure': [
    /on record as a failure/,
    evidence({ records: { attempts: [{ ...onRecord, errorClass: 'reset' }] } }),
  ],
  'an attempt on record twice': [
    /on record twice/,
    evidence({ records: { attempts: [onRecord, onRecord] } }),
  ],
  'a dead letter with an attempt missing': [
    /attempt 2 is not on record/,
    evidence({
      records: { deliveries: [dead], attempts: failures.filter(one => one.attempt !== 2) },
      receiver: { arrivals: failing },
    }),
  ],
  'a dead letter that its receiver has': [
    /dead, though/,
    evidence({
      records: { deliveries: [dead], attempts: failures },
      receiver: { arrivals: failing.map(one => ({ ...one, accepted: one.attempt === 2 })) },
    }),
  ],
  'other bytes than were committed': [
    /other bytes/,
    evidence({ receiver: { bodies: new Map([['e1', new Set([body, '{}'])]]) } }),
  ],
  'another webhook-id': [
    /not its own/,
    evidence({ receiver: { arrivals: [{ ...arrival, eventId: 'e2' }] } }),
  ],
  'a crash that nobody ordered': [/crashed by itself/, evidence({ rest: { crashes: ['signal 11'] } })],
  'a signature that does not verify': [
    /does not verify/,
    evidence({ receiver: { forged: ['d1: why'] as never[] } }),
  ],
}

for (const [fault, [sentence, seen]] of Object.entries(faults)) {
  test(`${fault} is found`, () => {
    const { breaches } = judge(seen)
    assert.match(breaches.join('\n'), sentence)
  })
}

test('a dead letter with three failures on record is a proper end', () => {
  const verdict = judge(
    evidence({ records: { deliveries: [dead], attempts: failures }, receiver: { arrivals: failing } }),
  )
  assert.deepEqual([verdict.breaches, verdict.dead], [[], 1])
})
