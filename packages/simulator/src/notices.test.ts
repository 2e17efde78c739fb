import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WAMessageStubType } from 'baileys'
import { type Client, connect, pair, startNetwork } from './test-client.ts'
import type { Phone } from './whatsapp.ts'

const ADA = { number: '15550100', name: 'Ada' }
const BOB = { number: '15550101', name: 'Bob' }
const CARL = { number: '15550102', name: 'Carl' }

test('a client hears of a new subject, and of who comes, goes, and becomes an admin', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob, carl] = [whatsapp.phone(ADA), whatsapp.contact(BOB), whatsapp.contact(CARL)]
  const client = await pair(whatsapp, ADA)
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone] })
  await group.setSubject(phone, 'Band')
  await client.event('groups.update', ([update]) => update?.id === group.jid && update.subject === 'Band')
  const change = (action: string) =>
    client.event('group-participants.update', update => update.action === action)
  await group.add(bob, carl)
  const added = await change('add')
  assert.deepEqual([added.id, added.author], [group.jid, bob.lid])
  assert.deepEqual(
    added.participants.map(({ id, phoneNumber }) => [id, phoneNumber]),
    [[carl.lid, carl.jid]],
  )
  await group.promote(bob, carl)
  assert.equal((await change('promote')).participants[0]?.id, carl.lid)
  await group.demote(bob, carl)
  await change('demote')
  await group.remove(bob, carl)
  assert.equal((await change('remove')).participants[0]?.id, carl.lid)
  assert.deepEqual(
    [group.subject, group.members, (await client.socket.groupMetadata(group.jid)).subject],
    ['Band', [BOB.number, ADA.number], 'Band'],
  )
  await phone.whenAcknowledged()
  await assert.rejects(carl.sayIn(group, 'hello?'), /15550102 is not in "Band"/)
  await assert.rejects(group.add(phone, carl), /15550100 is no admin of "Band"/)
})

test('who leaves a group hears nothing more, and what is said from then on has a new key', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob, carl] = [whatsapp.phone(ADA), whatsapp.contact(BOB), whatsapp.contact(CARL)]
  const client = await pair(whatsapp, ADA)
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone, carl] })
  await bob.sayIn(group, 'first')
  await client.message(({ message }) => message?.conversation === 'first')
  await group.remove(carl, carl)
  await client.message(each => each.messageStubType === WAMessageStubType.GROUP_PARTICIPANT_LEAVE)
  const { id } = await bob.sayIn(group, 'second')
  await client.message(({ message }) => message?.conversation === 'second')
  const stanza = phone.stanzas.find(({ node }) => node.tag === 'message' && node.attrs.id === id)
  assert.equal(Array.isArray(stanza?.node.content) && stanza.node.content.length, 2, 'key and message')
  assert.deepEqual(
    carl.received.map(({ text }) => text),
    ['first'],
  )
  await group.remove(bob, phone)
  await bob.sayIn(group, 'third')
  await phone.whenAcknowledged()
  assert.ok(!client.messages.all.some(({ message }) => message?.conversation === 'third'))
})

for (const addressing of ['pn', 'lid'] as const) {
  test(`a call from a ${addressing.toUpperCase()}-addressed contact rings, can be turned down, and ends`, async t => {
    const whatsapp = await startNetwork(t)
    const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
    bob.addressing = addressing
    const client = await pair(whatsapp, ADA)
    const call = await bob.call(phone, { video: true })
    const [offer] = await heard(client, call.id, 'offer')
    const address = addressing === 'pn' ? bob.jid : bob.lid
    assert.deepEqual([offer?.from, offer?.callerPn, offer?.isVideo], [address, bob.jid, true])
    await client.socket.rejectCall(call.id, address)
    await call.whenRejected()
    await call.hangUp()
    await heard(client, call.id, 'terminate')
    const missed = await bob.call(phone)
    await missed.hangUp({ reason: 'timeout' })
    await heard(client, missed.id, 'timeout')
    await phone.whenAcknowledged()
  })
}

test('notices, calls and receipts wait for an absent client, and come again until acknowledged', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  const sent = await client.socket.sendMessage(bob.jid, { text: 'hi' })
  await bob.waitForMessage()
  await client.end()
  await phone.whenOffline()
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone] })
  await group.setSubject(bob, 'Band')
  const call = await bob.call(phone)
  await bob.read(sent?.key.id ?? '')
  assert.equal(phone.waiting.length, 3)
  // This one gets all three and is cut off before it has acknowledged any.
  const mute = connect(whatsapp, client.keychain)
  mute.socket.ws.on(
    'frame',
    ({ tag }: { tag: string }) => tag === 'ib' && mute.socket.ws.removeAllListeners(),
  )
  await phone.saw(() => offered(phone).length === 3)
  await phone.drop()
  assert.equal(phone.waiting.length, 3)
  const again = connect(whatsapp, client.keychain)
  await heard(again, call.id, 'offer')
  await again.event('groups.update', ([update]) => update?.subject === 'Band')
  await phone.whenAcknowledged()
  assert.equal(offered(phone).length, 6)
})

/** What the server has sent that was kept. */
function offered(phone: Phone) {
  return phone.stanzas.filter(({ direction, node }) => direction === 'out' && node.attrs.offline === '1')
}

function heard(client: Client, id: string, status: string) {
  return client.event('call', ([call]) => call?.id === id && call.status === status)
}
