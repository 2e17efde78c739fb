import '../process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionOf } from '@waxwing/events'
import type { EventDraft } from '@waxwing/events/event-id'
import type { BaileysEventMap } from 'baileys'
import { translate, translationTable } from './table.ts'

const ann = { jid: '15550101@s.whatsapp.net', lid: '100000000000101@lid', phone: '+15550101' }
const group = '120363000000000001@g.us'
const own = { remoteJid: ann.jid, fromMe: true, id: 'A1' }
const noon = 1_795_435_200

function eventsOf(events: Partial<BaileysEventMap>): EventDraft[] {
  const drafts = translate(events, {
    sessionId: 's',
    profileId: 'p',
    me: { jid: '15550100@s.whatsapp.net' },
    otherAddress: jid => (jid === ann.lid ? ann.jid : undefined),
    now: new Date(noon * 1000),
    onError: error => assert.fail(String(error)),
  })
  for (const draft of drafts)
    assert.doesNotThrow(() => definitionOf(draft.type).data.parse(draft.data), draft.type)
  return drafts
}

test('a receipt is told as word and number, by the one who gave it', () => {
  const update = { status: 4, messageTimestamp: noon + 9 }
  const [read, ...others] = eventsOf({ 'messages.update': [{ key: { ...own, remoteJid: ann.lid }, update }] })
  assert.equal(others.length, 0)
  const about = { messageId: 'A1', from: ann.jid, fromMe: true, isGroup: false, participant: ann }
  assert.deepEqual(read?.data, { ...about, status: 'read', statusCode: 4, timestamp: noon + 9 })
})

test('a message read on another device of ours has no reader to name', () => {
  const update = { status: 4, messageTimestamp: noon }
  const [draft] = eventsOf({ 'messages.update': [{ key: { ...own, fromMe: false }, update }] })
  assert.equal(draft?.type === 'messages.update' && draft.data.participant, undefined)
})

test('a refusal of WhatsApp is message.failed, with its code and what it means', () => {
  const update = { status: 0, messageStubParameters: ['463'] }
  const [draft] = eventsOf({ 'messages.update': [{ key: own, update }] })
  assert.ok(draft?.type === 'message.failed')
  assert.deepEqual([draft.data.code, draft.data.to], ['463', ann.jid])
  assert.match(draft.data.detail, /starting new chats/)
})

test('edits, deletions and stars in messages.update are no receipts', () => {
  const updates = [
    { message: null, messageStubType: 1 },
    { starred: true },
    { message: { editedMessage: {} } },
  ]
  assert.deepEqual(eventsOf({ 'messages.update': updates.map(update => ({ key: own, update })) }), [])
})

test('delivered and read in one receipt of a group are two events', () => {
  const receipt = { userJid: ann.lid, receiptTimestamp: noon, readTimestamp: noon + 2 }
  const key = { remoteJid: group, fromMe: true, id: 'G1', participant: ann.lid }
  const drafts = eventsOf({ 'message-receipt.update': [{ key, receipt }] })
  const told = drafts.map(
    draft => draft.type === 'message-receipt.update' && [draft.data.status, draft.data.timestamp],
  )
  assert.deepEqual(told, [
    ['delivered', noon],
    ['read', noon + 2],
  ])
  assert.deepEqual(drafts[0]?.type === 'message-receipt.update' && drafts[0].data.participant, ann)
})

test('every event of Baileys is translated or says why it is not', () => {
  for (const [name, row] of Object.entries(translationTable)) {
    if (typeof row !== 'function') assert.ok(row.silent.length > 20, name)
  }
})
