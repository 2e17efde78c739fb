import '../process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionOf } from '@waxwing/events'
import type { WACallEvent } from 'baileys'
import { translate } from './table.ts'

const ann = { jid: '15550101@s.whatsapp.net', lid: '100000000000101@lid', phone: '+15550101' }
const noon = 1_795_435_200
const offer: WACallEvent = {
  chatId: ann.lid,
  from: ann.lid,
  callerPn: ann.jid,
  id: 'A1B2',
  date: new Date(noon * 1000),
  offline: false,
  status: 'offer',
  isVideo: true,
  isGroup: false,
}

function eventsOf(...call: WACallEvent[]) {
  const drafts = translate(
    { call },
    {
      sessionId: 's',
      profileId: 'p',
      me: { jid: '15550100@s.whatsapp.net' },
      otherAddress: () => undefined,
      now: new Date(noon * 1000),
      onError: error => assert.fail(String(error)),
    },
  )
  for (const draft of drafts) assert.doesNotThrow(() => definitionOf(draft.type).data.parse(draft.data))
  return drafts
}

test('a call is told step by step under one id, and a step told twice is one fact', () => {
  const steps = (['offer', 'ringing', 'transport', 'timeout'] as const).map(status => ({ ...offer, status }))
  const drafts = eventsOf(...steps)
  assert.deepEqual(
    drafts.map(({ data }) => 'status' in data && data.status),
    ['offered', 'missed'],
  )
  assert.deepEqual(drafts[0]?.data, {
    callId: 'A1B2',
    from: ann.jid,
    isGroup: false,
    participant: ann,
    status: 'offered',
    isVideo: true,
    timestamp: noon,
  })
  const [again] = eventsOf({ ...offer, offline: true })
  assert.equal(again?.naturalKey, drafts[0]?.naturalKey)
  assert.equal(new Set(drafts.map(({ naturalKey }) => naturalKey)).size, 2)
})

test('a call to a group is told with the group, and one without a time is told now', () => {
  const groupJid = '120363000000000001@g.us'
  const [draft] = eventsOf({ ...offer, isGroup: true, groupJid, date: new Date(Number.NaN) })
  assert.ok(draft?.type === 'call')
  assert.deepEqual([draft.data.from, draft.data.isGroup, draft.data.timestamp], [groupJid, true, noon])
})
