import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CandidateEvent, isReplayed, type ReplayFilter, type ReplayTarget } from './replay-choice.ts'

const target: ReplayTarget = {
  webhookId: 'w',
  sessionIds: null,
  subscribedEvents: ['messages.*', 'webhook.*'],
}
const filter: ReplayFilter = {
  since: new Date(0),
  until: new Date(1),
  status: null,
  eventType: null,
  force: false,
  rate: 1,
}
const failed: CandidateEvent = {
  id: 'e',
  type: 'messages.received',
  sessionId: 's',
  aboutWebhookId: null,
  status: 'failed',
}

type Case = [law: string, expected: boolean, event: Partial<CandidateEvent>, filter?: Partial<ReplayFilter>]
const cases: Case[] = [
  ['a dead letter is replayed', true, {}],
  ['an event without a delivery is replayed', true, { status: null }],
  ['what the receiver has is not replayed', false, { status: 'delivered' }],
  ['what the receiver has is replayed when forced', true, { status: 'delivered' }, { force: true }],
  ['nor when only asked for', false, { status: 'delivered' }, { status: 'delivered' }],
  ['what is pending goes out by itself', false, { status: 'pending' }, { force: true }],
  ['a dead letter put away stays away', false, { status: 'cancelled' }, { force: true }],
  ['unless it is asked for', true, { status: 'cancelled' }, { status: 'cancelled' }],
  ['only the status asked for', false, { status: null }, { status: 'failed' }],
  ['missing is a status to ask for', true, { status: null }, { status: 'missing' }],
  ['another type is left out', false, {}, { eventType: 'call' }],
  ['a family takes its types', true, {}, { eventType: 'messages.*' }],
  ['what the webhook does not want is not missing', false, { status: null, type: 'call' }],
  ['what it wanted once is a dead letter all the same', true, { type: 'call' }],
  [
    'a notice about the webhook is not missing',
    false,
    { status: null, type: 'webhook.disabled', aboutWebhookId: 'w' },
  ],
  ['a notice about another one is', true, { status: null, type: 'webhook.disabled', aboutWebhookId: 'v' }],
]
for (const [law, expected, event, asked] of cases)
  test(law, () =>
    assert.equal(isReplayed({ ...failed, ...event }, target, { ...filter, ...asked }), expected),
  )

test('a webhook of some sessions misses only their events', () => {
  const some = { ...target, sessionIds: ['s'] }
  const missing = (sessionId: string | null) =>
    isReplayed({ ...failed, status: null, sessionId }, some, filter)
  assert.deepEqual(['s', 't', null].map(missing), [true, false, false])
})
