import '../process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionOf } from '@waxwing/events'
import { proto, type WAMessage, type WAMessageKey } from 'baileys'
import { translate } from './table.ts'

const { REVOKE, MESSAGE_EDIT, EPHEMERAL_SETTING } = proto.Message.ProtocolMessage.Type
const ann = { jid: '15550101@s.whatsapp.net', lid: '100000000000101@lid', phone: '+15550101' }
const ben = { jid: '15550102@s.whatsapp.net', lid: '100000000000102@lid', phone: '+15550102' }
const me = { jid: '15550100@s.whatsapp.net', lid: '100000000000100@lid', phone: '+15550100' }
const group = '120363000000000001@g.us'
const noon = 1_795_435_200

const fromAnn: WAMessageKey = { remoteJid: ann.jid, remoteJidAlt: ann.lid, id: 'D1', participant: '' }
const fromBen: WAMessageKey = { remoteJid: group, participant: ben.lid, participantAlt: ben.jid, id: 'D2' }

function told(key: WAMessageKey, message: proto.IMessage) {
  const given: WAMessage = { key, message, messageTimestamp: noon }
  const drafts = translate(
    { 'messages.upsert': { messages: [given], type: 'notify' } },
    {
      sessionId: 's',
      profileId: 'p',
      me,
      otherAddress: () => undefined,
      now: new Date(0),
      onError: error => assert.fail(String(error)),
    },
  )
  for (const { type, data } of drafts) assert.doesNotThrow(() => definitionOf(type).data.parse(data), type)
  return drafts.filter(({ type }) => type !== 'messages.upsert').map(({ type, data }) => ({ type, data }))
}
const deletion = (key: proto.IMessageKey) => ({ protocolMessage: { type: REVOKE, key } })
const edit = (key: proto.IMessageKey, text: string): proto.IMessage => ({
  protocolMessage: { type: MESSAGE_EDIT, key, editedMessage: { conversation: text } },
})

test('a reaction names the message reacted to from our side, and who reacted by every address', () => {
  const key = { remoteJid: ann.jid, fromMe: true, id: 'M1' }
  const about = { messageId: 'M1', from: ann.jid, fromMe: true, isGroup: false, participant: ann }
  const react = (text: string) => told(fromAnn, { reactionMessage: { key, text } })
  const data = { ...about, emoji: '👍', removed: false, timestamp: noon }
  assert.deepEqual(react('👍'), [{ type: 'messages.reaction', data }])
  assert.deepEqual(react('')[0]?.data, { ...about, emoji: '', removed: true, timestamp: noon })
})

test('an edit keeps the id of the original, bare or in its envelope, and tells the kind and the new words', () => {
  const bare = edit({ fromMe: true, id: 'M1' }, 'hello')
  const data = {
    messageId: 'M1',
    from: ann.jid,
    fromMe: false,
    isGroup: false,
    participant: ann,
    body: 'hello',
    type: 'text',
    timestamp: noon,
  }
  for (const message of [bare, { editedMessage: { message: bare } }])
    assert.deepEqual(told(fromAnn, message), [{ type: 'messages.edited', data }])
})

test('nobody edits what somebody else wrote', () => {
  assert.deepEqual(told(fromAnn, edit({ fromMe: false, id: 'M1' }, 'I owe you')), [])
  assert.deepEqual(told(fromBen, edit({ id: 'M1', participant: ann.lid }, 'I owe you')), [])
  assert.equal(told(fromBen, edit({ id: 'M1', participant: ben.jid }, 'ok')).length, 1)
  assert.deepEqual(told(fromAnn, deletion({ fromMe: false, id: 'M1' })), [])
})

test('a deletion for everyone says who did it, and whose message it was: an admin deletes those of others', () => {
  const own = told(fromAnn, deletion({ fromMe: true, id: 'M1' }))[0]?.data
  const about = { messageId: 'M1', from: ann.jid, fromMe: false, isGroup: false }
  assert.deepEqual(own, { ...about, scope: 'everyone', participant: ann, timestamp: noon })
  const byAdmin = (participant: string) => {
    const data = told(fromBen, deletion({ id: 'M1', participant }))[0]?.data
    assert.ok(data && 'fromMe' in data && 'participant' in data)
    return [data.fromMe, data.participant]
  }
  assert.deepEqual(byAdmin(me.lid), [true, ben])
  assert.deepEqual(byAdmin(ann.jid), [false, ben])
})

test('how long messages of a group stay is a change of the group; in a personal chat it is nobody’s event', () => {
  const message = { protocolMessage: { type: EPHEMERAL_SETTING, ephemeralExpiration: 86_400 } }
  const data = { jid: group, ephemeralSeconds: 86_400, author: ben }
  assert.deepEqual(told(fromBen, message), [{ type: 'groups.update', data }])
  assert.deepEqual(told(fromAnn, message), [])
})
