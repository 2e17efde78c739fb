import '../process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionOf } from '@waxwing/events'
import { proto, type WAMessage } from 'baileys'
import { translate } from './table.ts'

const { StubType } = proto.WebMessageInfo
const ann = { jid: '15550101@s.whatsapp.net', lid: '100000000000101@lid', phone: '+15550101' }
const ben = { jid: '15550102@s.whatsapp.net', lid: '100000000000102@lid', phone: '+15550102' }
const group = '120363000000000001@g.us'
const noon = 1_795_435_200

function eventsOf(messageStubType: number, ...messageStubParameters: string[]) {
  const message: WAMessage = {
    key: { remoteJid: group, fromMe: false, id: 'N1', participant: ann.lid, participantAlt: ann.jid },
    messageStubType,
    messageStubParameters,
    messageTimestamp: noon,
  }
  const drafts = translate(
    { 'messages.upsert': { messages: [message], type: 'append' } },
    {
      sessionId: 's',
      profileId: 'p',
      me: { jid: '15550100@s.whatsapp.net' },
      otherAddress: () => undefined,
      now: new Date(0),
      onError: error => assert.fail(String(error)),
    },
  )
  for (const draft of drafts) assert.doesNotThrow(() => definitionOf(draft.type).data.parse(draft.data))
  return drafts.map(({ type, data, naturalKey }) => ({ type, data, naturalKey }))
}
const inStub = ({ lid, jid }: typeof ann) => JSON.stringify({ id: lid, phoneNumber: jid, admin: null })

test('a change of a group names the field that changed, who did it, and the id WhatsApp gave it', () => {
  const [renamed, ...others] = eventsOf(StubType.GROUP_CHANGE_SUBJECT, 'Lamp lovers')
  assert.equal(others.length, 0)
  assert.deepEqual(renamed?.data, { jid: group, subject: 'Lamp lovers', author: ann })
  assert.match(renamed?.naturalKey ?? '', /N1/)
  const dataOf = (type: number, value: string) => eventsOf(type, value)[0]?.data
  assert.deepEqual(dataOf(StubType.GROUP_CHANGE_ANNOUNCE, 'on'), { jid: group, announce: true, author: ann })
  assert.deepEqual(dataOf(StubType.GROUP_CHANGE_RESTRICT, 'off'), {
    jid: group,
    restrict: false,
    author: ann,
  })
  assert.deepEqual(dataOf(StubType.GROUP_MEMBER_ADD_MODE, 'admin_add'), {
    jid: group,
    memberAddMode: 'admins',
    author: ann,
  })
  assert.deepEqual(eventsOf(StubType.GROUP_MEMBER_ADD_MODE, 'something new'), [])
})

test('who was added, removed, promoted or demoted is named by every address, and who did it themselves is told apart', () => {
  const dataOf = (type: number, ...people: (typeof ann)[]) => eventsOf(type, ...people.map(inStub))[0]?.data
  const about = (action: string, self: boolean, ...participants: (typeof ann)[]) => ({
    jid: group,
    action,
    self,
    participants,
    author: ann,
  })
  assert.deepEqual(dataOf(StubType.GROUP_PARTICIPANT_ADD, ben), about('add', false, ben))
  assert.deepEqual(dataOf(StubType.GROUP_PARTICIPANT_LEAVE, ann), about('remove', true, ann))
  assert.deepEqual(dataOf(StubType.GROUP_PARTICIPANT_REMOVE, ben, ann), about('remove', false, ben, ann))
  assert.deepEqual(dataOf(StubType.GROUP_PARTICIPANT_PROMOTE, ben), about('promote', false, ben))
  assert.deepEqual(dataOf(StubType.GROUP_PARTICIPANT_DEMOTE, ben), about('demote', false, ben))
})
