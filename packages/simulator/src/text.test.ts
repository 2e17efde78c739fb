import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WAMessageStatus } from 'baileys'
import { pair, startNetwork } from './test-client.ts'

const ADA = { number: '15550100', name: 'Ada' }
const BOB = { number: '15550101', name: 'Bob' }

test('a text reaches the client sealed, first as pkmsg and, once the client has answered, as msg', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  const { id } = await bob.say(phone, 'hello')
  const message = await client.message(each => each.key.id === id)
  assert.equal(message.message?.conversation, 'hello')
  assert.deepEqual([message.pushName, message.upsert, message.key.fromMe], ['Bob', 'notify', false])
  await client.socket.sendMessage(bob.jid, { text: 'hello yourself' })
  assert.equal((await bob.waitForMessage()).text, 'hello yourself')
  const { id: second } = await bob.say(phone, 'again')
  await client.message(each => each.key.id === second)
  assert.deepEqual([encryptionOf(id), encryptionOf(second)], ['pkmsg', 'msg'])

  function encryptionOf(messageId: string) {
    const stanza = phone.stanzas.find(({ node }) => node.tag === 'message' && node.attrs.id === messageId)
    const [enc] = Array.isArray(stanza?.node.content) ? stanza.node.content : []
    return enc?.attrs.type
  }
})

for (const addressing of ['pn', 'lid'] as const) {
  test(`a ${addressing.toUpperCase()}-addressed contact is told with both addresses and can be answered`, async t => {
    const whatsapp = await startNetwork(t)
    const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
    bob.addressing = addressing
    const client = await pair(whatsapp, ADA)
    await bob.say(phone, 'hello')
    const { key } = await client.message(each => each.message?.conversation === 'hello')
    const [from, other] = addressing === 'pn' ? [bob.jid, bob.lid] : [bob.lid, bob.jid]
    assert.deepEqual([key.remoteJid, key.remoteJidAlt, key.addressingMode], [from, other, addressing])
    const sent = await client.socket.sendMessage(from, { text: 'hello yourself' })
    const received = await bob.waitForMessage()
    assert.deepEqual(
      [received.id, received.from, received.text],
      [sent?.key.id, ADA.number, 'hello yourself'],
    )
  })
}

test('what a client sends is acknowledged by the server, then delivered, then read', async t => {
  const whatsapp = await startNetwork(t)
  const bob = whatsapp.contact(BOB)
  const client = await pair(whatsapp, ADA)
  const acknowledged = new Promise<{ attrs: Record<string, string> }>(resolve =>
    client.socket.ws.once('CB:ack,class:message', resolve),
  )
  const id = (await client.socket.sendMessage(bob.jid, { text: 'hi' }))?.key.id ?? ''
  const { attrs } = await acknowledged
  assert.deepEqual([attrs.id, attrs.error], [id, undefined])
  await bob.waitForMessage(message => message.id === id)
  await bob.deliver(id)
  await client.event('messages.update', updates => statusOf(updates) === WAMessageStatus.DELIVERY_ACK)
  await bob.read(id)
  await client.event('messages.update', updates => statusOf(updates) === WAMessageStatus.READ)
  await bob.play(id)
  await client.event('messages.update', updates => statusOf(updates) === WAMessageStatus.PLAYED)
  await assert.rejects(bob.read('3A00'), /has received no message 3A00/)

  function statusOf(updates: { key: { id?: string | null }; update: { status?: number | null } }[]) {
    return updates.find(({ key }) => key.id === id)?.update.status
  }
})

test('a contact hears that its message was delivered, and read', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  const { id } = await bob.say(phone, 'hello')
  const { key } = await client.message(each => each.key.id === id)
  // A client that does not show itself online reports "inactive".
  await bob.waitForReceipt(receipt => receipt.id === id && receipt.type === 'inactive')
  await client.socket.readMessages([key])
  await bob.waitForReceipt(receipt => receipt.id === id && receipt.type === 'read')
})

test('a message the server refuses comes back as an error with its code', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  phone.rejectNextMessage(479)
  const sent = await client.socket.sendMessage(bob.jid, { text: 'no' })
  const updates = await client.event('messages.update', each =>
    each.some(({ key }) => key.id === sent?.key.id),
  )
  assert.deepEqual(updates[0]?.update, { status: WAMessageStatus.ERROR, messageStubParameters: ['479'] })
  assert.deepEqual(bob.received, [])
})

test('what is typed on the phone shows on the linked client as sent by the account', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  const { id } = await phone.say(bob, 'typed with thumbs')
  const { key, message, status } = await client.message(each => each.key.id === id)
  assert.deepEqual([key.fromMe, key.remoteJid, key.remoteJidAlt], [true, bob.jid, bob.lid])
  assert.deepEqual([message?.conversation, status], ['typed with thumbs', WAMessageStatus.SERVER_ACK])
  assert.equal((await bob.waitForMessage()).text, 'typed with thumbs')
})

test('what a client sends shows on the phone', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  const sent = await client.socket.sendMessage(bob.jid, { text: 'from the client' })
  await bob.waitForMessage()
  assert.deepEqual(phone.echoes, [{ id: sent?.key.id, to: BOB.number, text: 'from the client' }])
})

test('texts arrive in the order they were said, also said all at once', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  const texts = Array.from({ length: 50 }, (_, index) => `text ${index}`)
  await Promise.all(texts.map(text => bob.say(phone, text)))
  await client.message(each => each.message?.conversation === texts.at(-1))
  const got = client.messages.all.flatMap(each => each.message?.conversation ?? [])
  assert.deepEqual(got, texts)
})

test('a client can ask who is on the network', async t => {
  const whatsapp = await startNetwork(t)
  whatsapp.contact(BOB)
  const client = await pair(whatsapp, ADA)
  const found = await client.socket.onWhatsApp('15550101', '15550199')
  assert.deepEqual(found, [{ jid: '15550101@s.whatsapp.net', exists: true }], 'Baileys leaves out who is not')
})
