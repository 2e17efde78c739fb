import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BaileysEventMap, WAMessageStubType } from 'baileys'
import { connect, pair, startNetwork } from './test-client.ts'

const ADA = { number: '15550100', name: 'Ada' }
const BOB = { number: '15550101', name: 'Bob' }
const CARL = { number: '15550102', name: 'Carl' }

test('what the owner does in the app reaches the linked client through the shared state', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  const { id } = await bob.say(phone, 'hello')
  const chat = (match: (update: BaileysEventMap['chats.update'][number]) => unknown) =>
    client.event('chats.update', updates => updates.some(each => each.id === bob.jid && match(each)))
  await phone.mute(bob, new Date(1_900_000_000_000))
  await chat(each => Number(each.muteEndTime) === 1_900_000_000_000)
  await phone.pin(bob, true)
  await chat(each => Number(each.pinned) > 0)
  await phone.archive(bob, true)
  await chat(each => each.archived === true)
  await phone.markRead(bob, false)
  await chat(each => each.unreadCount === -1)
  await phone.saveContact(bob, 'Robert')
  await client.event('contacts.upsert', ([contact]) => contact?.id === bob.jid && contact.name === 'Robert')
  await phone.editLabel({ id: '5', name: 'Paid', color: 3 })
  await client.event('labels.edit', label => label.id === '5' && label.name === 'Paid')
  await phone.label(bob, '5', true, id)
  await client.event('labels.association', ({ association }) => association.labelId === '5')
  await phone.deleteForMe(bob, id)
  await client.event('messages.delete', deleted => 'keys' in deleted && deleted.keys[0]?.id === id)
  await phone.deleteChat(bob)
  await client.event('chats.delete', ([jid]) => jid === bob.jid)
  await phone.block(bob, true)
  await client.event('blocklist.update', ({ blocklist, type }) => blocklist[0] === bob.jid && type === 'add')
})

test('what the owner did while the client was away is there when it comes back, and what the client does is kept', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  await client.socket.chatModify({ mute: 1_900_000_000_000 }, bob.jid)
  await client.end()
  await phone.mute(bob, null)
  const again = connect(whatsapp, client.keychain)
  await again.event('chats.update', updates => updates.some(each => each.muteEndTime === null))
})

test('whoever is added to a group is told what it is; others ask to join, change their number, and are told apart', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob, carl] = [whatsapp.phone(ADA), whatsapp.contact(BOB), whatsapp.contact(CARL)]
  const client = await pair(whatsapp, ADA)
  const group = whatsapp.group({ subject: 'Choir', members: [bob] })
  await group.add(bob, phone)
  const [joined] = await client.event('groups.upsert')
  assert.deepEqual([joined?.id, joined?.subject, joined?.author], [group.jid, 'Choir', bob.lid])
  assert.deepEqual(joined?.participants.map(({ id }) => id).sort(), [bob.lid, phone.lid].sort())
  await group.requestToJoin(carl)
  const asked = await client.event('group.join-request')
  assert.deepEqual([asked.participant, asked.action], [carl.lid, 'created'])
  await group.change(bob, { announce: true, description: 'We sing', ephemeralSeconds: 86_400 })
  await client.message(({ message }) => message?.protocolMessage?.ephemeralExpiration === 86_400)
  await group.changeNumber(bob, carl)
  const moved = await client.message(
    ({ messageStubType }) => messageStubType === WAMessageStubType.GROUP_PARTICIPANT_CHANGE_NUMBER,
  )
  assert.deepEqual([moved.messageStubParameters, moved.key.participant], [[bob.lid], carl.lid])
  const { announce, desc, ephemeralDuration } = await client.socket.groupMetadata(group.jid)
  assert.deepEqual([announce, desc, Number(ephemeralDuration)], [true, 'We sing', 86_400])
})

test('a status comes as a status, and a post of a channel in the clear', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob, channel] = [whatsapp.phone(ADA), whatsapp.contact(BOB), whatsapp.channel()]
  const client = await pair(whatsapp, ADA)
  const { id } = await bob.postStatus('at the lake', [phone])
  const status = await client.message(({ key }) => key.id === id)
  assert.deepEqual([status.key.remoteJid, status.key.participant], ['status@broadcast', bob.jid])
  await channel.post('news', [phone])
  const post = await client.message(({ key }) => key.remoteJid === channel.jid)
  assert.equal(post.message?.conversation, 'news')
})
