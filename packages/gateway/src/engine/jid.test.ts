import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bareJid, chatKind, parseRecipient, person, phoneOf } from './jid.ts'

test('a person named by either address is the same person, under the address of the number', () => {
  const ann = { jid: '15550101@s.whatsapp.net', lid: '100000000000101@lid', phone: '+15550101' }
  assert.deepEqual(person('15550101:7@s.whatsapp.net', '100000000000101:7@lid'), ann)
  assert.deepEqual(person('100000000000101@lid', '15550101@s.whatsapp.net'), ann)
})

test('a LID stands as address only while the number is hidden', () => {
  assert.deepEqual(person('100000000000101@lid', undefined), {
    jid: '100000000000101@lid',
    lid: '100000000000101@lid',
  })
})

test('the kind of a chat is read from its server, and the status is no chat of a kind', () => {
  const kinds = [
    '15550101@s.whatsapp.net',
    '1@lid',
    '1@g.us',
    '1@newsletter',
    '1@broadcast',
    'status@broadcast',
    'x@y',
  ]
  assert.deepEqual(kinds.map(chatKind), [
    'personal',
    'personal',
    'group',
    'newsletter',
    'broadcast',
    'status',
    'other',
  ])
})

test('devices, agents and the old server are no part of an address', () => {
  assert.equal(bareJid('15550101:12@s.whatsapp.net'), '15550101@s.whatsapp.net')
  assert.equal(bareJid('15550101_1:2@c.us'), '15550101@s.whatsapp.net')
  assert.equal(phoneOf('100000000000101@lid'), undefined)
})

const phone = { kind: 'phone', jid: '15550101@s.whatsapp.net', phone: '+15550101' }
const recipients = {
  '+1 555-0101': phone,
  '(1) 555.0101': phone,
  '0015550101': phone,
  '15550101@s.whatsapp.net': phone,
  '15550101:3@c.us': phone,
  '100000000000101@lid': { kind: 'address', jid: '100000000000101@lid' },
  '120363000000000001@g.us': { kind: 'address', jid: '120363000000000001@g.us' },
  '120363000000000002@newsletter': { kind: 'address', jid: '120363000000000002@newsletter' },
  '': null,
  ann: null,
  '05550101': null,
  '123': null,
  '1234567890123456': null,
  'status@broadcast': null,
  'ann@example.com': null,
  'x@lid': null,
}
for (const [input, expected] of Object.entries(recipients)) {
  test(`“${input}” as recipient is ${expected ? expected.kind : 'refused'}`, () => {
    assert.deepEqual(parseRecipient(input), expected)
  })
}
