import './process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionOf } from '@waxwing/events'
import { link, openRig } from './test-rig.ts'

test('what the owner does in the app is told, with people by both addresses', async t => {
  const rig = await openRig(t)
  const { phone } = await link(rig, await rig.engine(), '15550100')
  const ann = rig.whatsapp.contact({ number: '15550101', name: 'Ann' })
  const group = rig.whatsapp.group({ subject: 'Choir', members: [ann, phone] })
  const { id } = await ann.say(phone, 'hello')
  await rig.published.wait('messages.received')
  const who = { jid: ann.jid, lid: ann.lid, phone: '+15550101' }
  const chat = async (matches: (data: Record<string, unknown>) => boolean) => {
    const { data } = await rig.published.wait('chats.update', draft => matches(draft.data))
    assert.doesNotThrow(() => definitionOf('chats.update').data.parse(data))
    return data
  }
  await phone.mute(group, new Date(1_900_000_000_000))
  const muted = { jid: group.jid, kind: 'group', mutedUntil: '2030-03-17T17:46:40.000Z' }
  assert.deepEqual(await chat(data => data.mutedUntil !== undefined), muted)
  await phone.mute(group, null)
  await chat(data => data.mutedUntil === null)
  await phone.pin(ann, true)
  assert.deepEqual((await chat(data => data.pinned === true)).phone, '+15550101')
  await phone.archive(ann, true)
  await chat(data => data.archived === true)
  await phone.markRead(ann, false)
  await chat(data => data.markedUnread === true)
  await phone.markRead(ann, true)
  await chat(data => data.unreadCount === 0 && data.markedUnread === false)
  await phone.deleteForMe(ann, id)
  const deleted = await rig.published.wait('messages.delete')
  assert.deepEqual([deleted.data.messageId, deleted.data.scope, deleted.data.fromMe], [id, 'me', false])
  await phone.saveContact(ann, 'Ann from work')
  assert.deepEqual((await rig.published.wait('contacts.upsert')).data, { ...who, name: 'Ann from work' })
})

test('a whole address book after linking is told contact by contact, and the connection stands', async t => {
  const rig = await openRig(t)
  const phone = rig.whatsapp.phone({ number: '15550100' })
  const count = 1_200
  for (let index = 0; index < count; index++) {
    const number = String(15_550_200_000 + index)
    await phone.saveContact({ jid: `${number}@s.whatsapp.net`, lid: `1${number}@lid` }, `Contact ${index}`)
  }
  // Less than the address book: an outbox this small would have to give up if all of it came at once.
  await link(rig, await rig.engine({ outboxLimit: 800 }), '15550100')
  await rig.published.wait('contacts.upsert', draft => draft.data.name === `Contact ${count - 1}`)
  assert.equal(rig.published.of('contacts.upsert').length, count)
  await rig.whatsapp.contact({ number: '15550101' }).say(phone, 'still there?')
  await rig.published.wait('messages.received')
  const logins = phone.stanzas.filter(({ node }) => node.tag === 'success').length
  assert.equal(logins, 1, 'one connection carried it all')
})

test('the state of old, replayed after linking, is no news', async t => {
  const rig = await openRig(t)
  const [phone, ann] = [
    rig.whatsapp.phone({ number: '15550100' }),
    rig.whatsapp.contact({ number: '15550101' }),
  ]
  await phone.archive(ann, true)
  await phone.deleteChat(ann)
  await phone.saveContact(ann, 'Ann')
  await link(rig, await rig.engine(), '15550100')
  await rig.published.wait('contacts.upsert')
  await phone.pin(ann, true)
  await rig.published.wait('chats.update', draft => draft.data.pinned === true)
  assert.equal(rig.published.of('chats.update').length, 1)
  assert.equal(rig.published.of('chats.delete').length, 0)
})
