import './process-guards.ts'

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { definitionOf } from '@waxwing/events'
import type { proto } from 'baileys'
import { link, openRig } from './test-rig.ts'

async function openStage(t: TestContext) {
  const rig = await openRig(t)
  const { phone } = await link(rig, await rig.engine(), '15550100')
  const ann = rig.whatsapp.contact({ number: '15550101', name: 'Ann' })
  const ben = rig.whatsapp.contact({ number: '15550102', name: 'Ben' })
  const group = rig.whatsapp.group({ subject: 'Choir', members: [ann, ben, phone] })
  const received = async ({ id }: { id: string }) => {
    const { data } = await rig.published.wait('messages.received', draft => draft.data.messageId === id)
    assert.doesNotThrow(() => definitionOf('messages.received').data.parse(data))
    return data
  }
  return { ...rig, phone, ann, ben, group, received }
}

test('a text answers, mentions, is forwarded and disappears, in a personal chat and in a group', async t => {
  const { ann, ben, group, phone, received } = await openStage(t)
  for (const chat of [phone, group]) {
    const asked = await received(await ann.write(chat, 'who sings?'))
    const options = { quote: asked.messageId, mentions: [ben], forwarded: true, ephemeralSeconds: 86_400 }
    const answer = await received(await ann.write(chat, '@15550102 does', options))
    assert.deepEqual(answer.quoted, {
      messageId: asked.messageId,
      participant: asked.participant,
      body: 'who sings?',
      type: 'text',
    })
    assert.deepEqual(
      answer.mentions?.map(each => each.jid),
      [chat === group ? ben.lid : ben.jid],
    )
    assert.deepEqual(
      [answer.forwarded, answer.ephemeralSeconds, answer.body],
      [true, 86_400, '@15550102 does'],
    )
  }
})

test('a view-once text is a text; what only the phone shows is told as view_once', async t => {
  const { ann, phone, received } = await openStage(t)
  const text = await received(await ann.write(phone, 'look once', { viewOnce: true }))
  assert.deepEqual([text.type, text.body], ['text', 'look once'])
  const hidden = await received(await ann.sendForPhoneOnly(phone))
  assert.deepEqual([hidden.type, hidden.body], ['view_once', ''])
})

test('whatever kind of message is sent, it is received as that kind', async t => {
  const { ann, phone, received } = await openStage(t)
  const kind = async (sent: Promise<{ id: string }>) => {
    const { type, body } = await received(await sent)
    return [type, body]
  }
  const any = (message: proto.IMessage) => kind(ann.sendAny(phone, message))
  const point = { degreesLatitude: 1, degreesLongitude: 2 }
  assert.deepEqual(await kind(ann.sendLocation(phone, { ...point, name: 'Here' })), ['location', 'Here'])
  assert.deepEqual(await kind(ann.sendContact(phone, { name: 'Ben', number: '15550102' })), [
    'contact',
    'Ben',
  ])
  const poll = { question: 'Which?', options: ['Red', 'Blue'] }
  assert.deepEqual(await kind(ann.createPoll(phone, poll)), ['poll', 'Which?'])
  assert.deepEqual(await any({ liveLocationMessage: { ...point, caption: 'On my way' } }), [
    'live_location',
    'On my way',
  ])
  const buttons = [{ buttonId: 'r', buttonText: { displayText: 'Red' } }]
  assert.deepEqual(await any({ buttonsMessage: { contentText: 'Which?', buttons } }), ['button', 'Which?'])
  const reply = { selectedButtonId: 'r', selectedDisplayText: 'Red' }
  assert.deepEqual(await any({ buttonsResponseMessage: reply }), ['button', 'Red'])
  const chosen = { title: 'Red', singleSelectReply: { selectedRowId: 'r' } }
  assert.deepEqual(await any({ listResponseMessage: chosen }), ['list', 'Red'])
  const event = { name: 'Tea', startTime: 1_795_435_200 }
  assert.deepEqual(await any({ eventMessage: event }), ['event', 'Tea'])
  assert.deepEqual(await any({ eventMessage: { name: 'Never' } }), ['unknown', ''])
  assert.deepEqual(await any({ groupInviteMessage: { groupJid: '1203@g.us', groupName: 'Choir' } }), [
    'group_invite',
    'Choir',
  ])
  assert.deepEqual(await any({ paymentInviteMessage: { serviceType: 1 } }), ['unknown', ''])
})

test('reactions, edits and deletions are told once, from either address, by contacts and by the phone itself', async t => {
  const { ann, group, phone, published } = await openStage(t)
  for (const [chat, addressing] of [
    [phone, 'pn'],
    [phone, 'lid'],
    [group, 'lid'],
  ] as const) {
    ann.addressing = addressing
    const { id } = await ann.write(chat, 'helo')
    await ann.edit(chat, id, 'hello')
    await ann.react(chat, id, '😅')
    await ann.react(chat, id, '')
    await ann.revoke(chat, id)
    const from = chat === group ? group.jid : ann.jid
    const about = (draft: { data: { messageId: string } }) => draft.data.messageId === id
    const deleted = await published.wait('messages.delete', about)
    assert.deepEqual([deleted.data.from, deleted.data.participant?.phone], [from, '+15550101'])
    const edits = published.of('messages.edited').filter(about)
    assert.deepEqual(
      edits.map(({ data }) => [data.from, data.body, data.participant.lid]),
      [[from, 'hello', ann.lid]],
    )
    const reactions = published.of('messages.reaction').filter(about)
    assert.deepEqual(
      reactions.map(({ data }) => [data.emoji, data.removed, data.fromMe]),
      [
        ['😅', false, false],
        ['', true, false],
      ],
    )
    const received = published.of('messages.received').filter(about)
    assert.equal(received.length, 1)
  }
  const { id } = await phone.write(ann, 'mine')
  await phone.react(ann, id, '👍')
  const own = await published.wait('messages.reaction', draft => draft.data.messageId === id)
  assert.deepEqual([own.data.fromMe, own.data.from, own.data.participant.phone], [true, ann.jid, '+15550100'])
})

test('presence is told of the chat it was seen in, with the person by both addresses', async t => {
  const { ann, group, phone, published, received } = await openStage(t)
  await received(await ann.sayIn(group, 'here I am'))
  ann.record(group)
  const { data } = await published.wait('presence.update')
  assert.deepEqual(data, {
    from: group.jid,
    isGroup: true,
    participant: { jid: ann.jid, lid: ann.lid, phone: '+15550101' },
    presence: 'recording',
  })
  ann.goOffline(phone, { lastSeen: new Date(1_795_435_200_000) })
  const gone = await published.wait('presence.update', draft => draft.data.presence === 'offline')
  assert.deepEqual([gone.data.from, gone.data.lastSeenAt], [ann.jid, '2026-11-23T12:00:00.000Z'])
})

test('members who change their number, ask to join or are turned down are told, with who they were', async t => {
  const { ann, ben, group, phone, received, whatsapp, published } = await openStage(t)
  const [cora, dora] = [whatsapp.contact({ number: '15550103' }), whatsapp.contact({ number: '15550104' })]
  // Baileys drops the number of who changes a group: only of people heard before is it known.
  await received(await ann.sayIn(group, 'welcome'))
  await received(await cora.say(phone, 'my new number'))
  await group.changeNumber(ben, cora)
  const moved = await published.wait('group-participants.update', draft => draft.data.action === 'modify')
  assert.deepEqual(
    [moved.data.participants[0]?.phone, moved.data.previous?.lid, moved.data.self],
    ['+15550103', ben.lid, true],
  )
  await group.requestToJoin(dora)
  await group.endRequest(ann, dora)
  const turnedDown = await published.wait('group.join-request', draft => draft.data.action === 'rejected')
  assert.deepEqual([turnedDown.data.participant.jid, turnedDown.data.author?.jid], [dora.jid, ann.jid])
  await group.requestToJoin(dora)
  await group.endRequest(dora, dora)
  await published.wait('group.join-request', draft => draft.data.action === 'revoked')
  await group.change(ann, { announce: true, restrict: true })
  await published.wait('groups.update', draft => draft.data.restrict === true)
  assert.equal(published.of('groups.update').filter(draft => draft.data.announce === true).length, 1)
  await group.setPicture(ann)
  await published.wait('groups.update', draft => draft.data.picture === 'changed')
  for (const type of ['groups.update', 'group.join-request', 'group-participants.update'] as const)
    for (const { data } of published.of(type))
      assert.doesNotThrow(() => definitionOf(type).data.parse(data), type)
})
