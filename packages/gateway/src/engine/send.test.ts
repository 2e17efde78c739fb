import './process-guards.ts'

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { definitionOf } from '@waxwing/events'
import type { MessageContent } from '../stream/message-content.ts'
import { link, openRig } from './test-rig.ts'

async function openStage(t: TestContext) {
  const rig = await openRig(t)
  const engine = await rig.engine()
  const { phone, session } = await link(rig, engine, '15550100')
  const ann = rig.whatsapp.contact({ number: '15550101', name: 'Ann' })
  const ben = rig.whatsapp.contact({ number: '15550102', name: 'Ben' })
  const group = rig.whatsapp.group({ subject: 'Choir', members: [ann, ben, phone] })
  const command = (to: string, content: MessageContent) =>
    engine.commands.call('message.send', { sessionId: session.id, to, content })
  const send = async (to: string, content: MessageContent) => {
    const answer = await command(to, content)
    assert.ok(answer.ok, JSON.stringify(answer))
    const { messageId } = answer.result
    const { message } = await ann.waitForMessage(each => each.id === messageId)
    return { id: messageId, message }
  }
  const told = async (id: string) => {
    const { data } = await rig.published.wait('message.sent', draft => draft.data.messageId === id)
    assert.doesNotThrow(() => definitionOf('message.sent').data.parse(data))
    return data
  }
  return { ...rig, phone, ann, ben, group, command, send, told }
}

test('a place, a card and a poll arrive as such, and are told as sent', async t => {
  const { ann, send, told } = await openStage(t)
  const place = await send(ann.jid, { type: 'location', latitude: 48.85, longitude: 2.29, name: 'The tower' })
  assert.equal(place.message.locationMessage?.name, 'The tower')
  const sentPlace = await told(place.id)
  assert.deepEqual([sentPlace.type, sentPlace.body], ['location', 'The tower'])

  const phones = ['+1 555-0102']
  const card = await send('+1 555 0101', { type: 'contact', contacts: [{ name: 'Ben; the other', phones }] })
  assert.match(card.message.contactMessage?.vcard ?? '', /waid=15550102/)
  const sentCard = await told(card.id)
  assert.ok(sentCard.type === 'contact')
  assert.equal(sentCard.contacts[0]?.phones[0]?.jid, '15550102@s.whatsapp.net')
  const both = { name: 'B', phones }
  const cards = await send(ann.jid, { type: 'contact', contacts: [both, both] })
  assert.equal(cards.message.contactsArrayMessage?.contacts?.length, 2)

  const question = { question: 'Which?', options: ['Red', 'Blue'], selectableCount: 1 }
  const poll = await send(ann.jid, { type: 'poll', ...question })
  const sentPoll = await told(poll.id)
  assert.ok(sentPoll.type === 'poll')
  assert.deepEqual(sentPoll.poll, question)
})

test('votes in a poll that was sent are counted', async t => {
  const { ann, group, send, published } = await openStage(t)
  const question = { question: 'Which?', options: ['Red', 'Blue'], selectableCount: 0 }
  const { id } = await send(group.jid, { type: 'poll', ...question })
  await ann.vote(group, id, ['Red', 'Blue'])
  const { data } = await published.wait('poll.results', draft => draft.data.messageId === id)
  assert.deepEqual([data.fromMe, data.selected, data.voterCount], [true, ['Red', 'Blue'], 1])
})

test('a message is quoted as it was sent, or as the caller shows it, and people in it are mentioned', async t => {
  const { ann, ben, group, phone, send, told } = await openStage(t)
  const own = await send(ann.jid, { type: 'text', text: 'first' })
  const target = { messageId: own.id, fromMe: true, body: 'not this' }
  const again = await send(ann.jid, { type: 'text', text: 'second', quoted: target })
  const info = again.message.extendedTextMessage?.contextInfo
  assert.deepEqual([info?.stanzaId, info?.quotedMessage?.extendedTextMessage?.text], [own.id, 'first'])
  const sentAgain = await told(again.id)
  assert.deepEqual(sentAgain.quoted?.body, 'first')

  const { id } = await ben.sayIn(group, 'who sings?')
  const quoted = { messageId: id, fromMe: false, participant: ben.lid, body: 'who sings?' }
  const mentions = ['+1 555 0101']
  const answer = await send(group.jid, { type: 'text', text: '@15550101 does', quoted, mentions })
  const context = answer.message.extendedTextMessage?.contextInfo
  assert.deepEqual([context?.participant, context?.quotedMessage?.conversation], [ben.lid, 'who sings?'])
  assert.deepEqual(context?.mentionedJid, [ann.jid])
  const sentAnswer = await told(answer.id)
  assert.deepEqual(
    [sentAnswer.quoted?.participant?.phone, sentAnswer.mentions?.[0]?.jid],
    ['+15550102', ann.jid],
  )
  assert.equal(sentAnswer.participant.jid, phone.jid)
})

test('reactions, edits and deletions reach the other side, and are told as what they are', async t => {
  const { ann, ben, group, command, send, published } = await openStage(t)
  const heard = async (answer: Awaited<ReturnType<typeof command>>) => {
    assert.ok(answer.ok, JSON.stringify(answer))
    return answer.result.messageId
  }
  const { id: theirs } = await ben.sayIn(group, 'good morning')
  const target = { messageId: theirs, fromMe: false, participant: ben.jid }
  const reaction = await send(group.jid, { type: 'reaction', target, emoji: '☀️' })
  assert.equal(reaction.message.reactionMessage?.key?.id, theirs)
  const reacted = await published.wait('messages.reaction', draft => draft.data.messageId === theirs)
  assert.deepEqual(
    [reacted.data.emoji, reacted.data.fromMe, reacted.data.participant.phone],
    ['☀️', false, '+15550100'],
  )

  const { id } = await send(ann.jid, { type: 'text', text: 'helo' })
  await heard(await command(ann.jid, { type: 'edit', messageId: id, text: 'hello' }))
  const edited = await published.wait('messages.edited', draft => draft.data.messageId === id)
  assert.deepEqual([edited.data.body, edited.data.fromMe, edited.data.from], ['hello', true, ann.jid])
  await heard(await command(ann.jid, { type: 'delete', target: { messageId: id, fromMe: true } }))
  const deleted = await published.wait('messages.delete', draft => draft.data.messageId === id)
  assert.deepEqual([deleted.data.scope, deleted.data.fromMe], ['everyone', true])
  const texts = published.of('message.sent').map(draft => draft.data.body)
  assert.deepEqual(texts, ['helo'], 'what changes a message is no message')
})

test('whoever is named by neither a number nor an address is named in the refusal', async t => {
  const { ann, command } = await openStage(t)
  const refused = async (to: string, content: MessageContent) => {
    const answer = await command(to, content)
    assert.ok(!answer.ok)
    return [answer.code, /“(.*)”/.exec(answer.detail)?.[1]]
  }
  assert.deepEqual(await refused('nobody', { type: 'text', text: 'x' }), ['invalid_recipient', 'nobody'])
  assert.deepEqual(await refused(ann.jid, { type: 'text', text: 'x', mentions: ['Bob'] }), [
    'invalid_recipient',
    'Bob',
  ])
  const target = { messageId: 'A', fromMe: false, participant: 'Carl' }
  assert.deepEqual(await refused(ann.jid, { type: 'reaction', target, emoji: '' }), [
    'invalid_recipient',
    'Carl',
  ])
  assert.deepEqual(
    (await refused('15550999', { type: 'edit', messageId: 'A', text: 'x' }))[0],
    'not_on_whatsapp',
  )
})
