import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BufferJSON, type SignalDataSet } from 'baileys'
import { connect, createKeychain, type Keychain, pair, startNetwork } from './test-client.ts'
import type { Phone } from './whatsapp.ts'

const ADA = { number: '15550100', name: 'Ada' }
const BOB = { number: '15550101', name: 'Bob' }
const CARL = { number: '15550102', name: 'Carl' }

/** The kinds of seal a message had when it went out, in the order the server sent them. */
function sealsOf(phone: Phone, id: string): string[][] {
  return phone.stanzas
    .filter(({ direction, node }) => direction === 'out' && node.tag === 'message' && node.attrs.id === id)
    .map(({ node }) => (Array.isArray(node.content) ? node.content.map(enc => enc.attrs.type ?? '') : []))
}

function retriesOf(phone: Phone): string[] {
  return phone.stanzas
    .filter(
      ({ direction, node }) => direction === 'in' && node.tag === 'receipt' && node.attrs.type === 'retry',
    )
    .map(({ node }) => node.attrs.id ?? '')
}

test("a speaker's first message brings its sender key, later ones are sealed for the group alone", async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob, carl] = [whatsapp.phone(ADA), whatsapp.contact(BOB), whatsapp.contact(CARL)]
  const client = await pair(whatsapp, ADA)
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone, carl] })
  const { id } = await bob.sayIn(group, 'first')
  const message = await client.message(each => each.message?.conversation === 'first')
  assert.deepEqual(
    [message.key.remoteJid, message.key.participant, message.key.participantAlt, message.key.fromMe],
    [group.jid, bob.lid, bob.jid, false],
  )
  assert.equal(message.pushName, 'Bob')
  const { id: second } = await bob.sayIn(group, 'second')
  await client.message(each => each.message?.conversation === 'second')
  const { id: other } = await carl.sayIn(group, 'another voice')
  await client.message(each => each.key.id === other && each.key.participant === carl.lid)
  assert.deepEqual([sealsOf(phone, id), sealsOf(phone, second)], [[['pkmsg', 'skmsg']], [['skmsg']]])
  assert.deepEqual(sealsOf(phone, other), [['pkmsg', 'skmsg']])
  assert.deepEqual(
    carl.received.map(each => [each.from, each.text, each.group]),
    [
      [BOB.number, 'first', group.jid],
      [BOB.number, 'second', group.jid],
    ],
  )
})

test('a client can ask what a group is, and only if it is in it', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob, carl] = [whatsapp.phone(ADA), whatsapp.contact(BOB), whatsapp.contact(CARL)]
  const client = await pair(whatsapp, ADA)
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone] })
  const other = whatsapp.group({ subject: 'Secret', members: [bob, carl] })
  const found = await client.socket.groupMetadata(group.jid)
  assert.deepEqual([found.id, found.subject, found.owner, found.size], [group.jid, 'Choir', bob.lid, 2])
  assert.deepEqual(
    found.participants.map(({ id, phoneNumber, admin }) => [id, phoneNumber, admin]),
    [
      [bob.lid, bob.jid, 'superadmin'],
      [phone.lid, phone.jid, null],
    ],
  )
  await assert.rejects(client.socket.groupMetadata(other.jid), /forbidden/)
  await assert.rejects(client.socket.groupMetadata('120363000000000000@g.us'), /item-not-found/)
  assert.deepEqual(Object.keys(await client.socket.groupFetchAllParticipating()), [group.jid])
  await assert.rejects(carl.sayIn(group, 'let me in'), /15550102 is not in "Choir"/)
})

test('what a client says in a group reaches everybody in it and shows on its phone', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob, carl] = [whatsapp.phone(ADA), whatsapp.contact(BOB), whatsapp.contact(CARL)]
  const client = await pair(whatsapp, ADA)
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone, carl] })
  for (const text of ['one', 'two', 'three']) {
    const id = (await client.socket.sendMessage(group.jid, { text }))?.key.id
    for (const contact of [bob, carl]) {
      const received = await contact.waitForMessage(message => message.id === id)
      assert.deepEqual([received.text, received.from, received.group], [text, ADA.number, group.jid])
    }
  }
  assert.deepEqual(
    phone.echoes.map(each => [each.to, each.text]),
    ['one', 'two', 'three'].map(text => [group.jid, text]),
  )
  const back = phone.stanzas.filter(
    ({ direction, node }) => direction === 'out' && node.tag === 'message' && node.attrs.from === group.jid,
  )
  assert.deepEqual(back, [], 'nothing came back to the client that said it')
})

test('in a group everybody says for himself that he has a message, and that he has read it', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob, carl] = [whatsapp.phone(ADA), whatsapp.contact(BOB), whatsapp.contact(CARL)]
  const client = await pair(whatsapp, ADA)
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone, carl] })
  const id = (await client.socket.sendMessage(group.jid, { text: 'hi' }))?.key.id ?? ''
  await Promise.all([bob, carl].map(each => each.waitForMessage(message => message.id === id)))
  await bob.deliver(id)
  await carl.read(id)
  for (const [who, field] of [
    [bob, 'receiptTimestamp'],
    [carl, 'readTimestamp'],
  ] as const)
    await client.event('message-receipt.update', updates =>
      updates.some(
        ({ key, receipt }) =>
          key.id === id && key.remoteJid === group.jid && receipt.userJid === who.lid && !!receipt[field],
      ),
    )
  const { id: theirs } = await bob.sayIn(group, 'hello')
  const { key } = await client.message(each => each.key.id === theirs)
  await client.socket.readMessages([key])
  for (const type of ['inactive', 'read'] as const)
    await bob.waitForReceipt(each => each.id === theirs && each.type === type && each.from === ADA.number)
  await phone.whenAcknowledged()
})

test('both clients of an account hear the group, and one hears what the other says', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const [first, second] = [await pair(whatsapp, ADA), await pair(whatsapp, ADA)]
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone] })
  await bob.sayIn(group, 'to all')
  await Promise.all(
    [first, second].map(each => each.message(({ message }) => message?.conversation === 'to all')),
  )
  await first.socket.sendMessage(group.jid, { text: 'from the first' })
  const copy = await second.message(({ message }) => message?.extendedTextMessage?.text === 'from the first')
  assert.deepEqual([copy.key.remoteJid, copy.key.fromMe], [group.jid, true])
})

test('what is typed on the phone in a group shows on the linked client as its own', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone] })
  const { id } = await phone.sayIn(group, 'typed with thumbs')
  const { key } = await client.message(each => each.key.id === id)
  assert.deepEqual([key.fromMe, key.remoteJid], [true, group.jid])
  assert.equal((await bob.waitForMessage()).text, 'typed with thumbs')
})

test('a group message waits for an absent client and comes again until it is acknowledged', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone] })
  await client.end()
  await phone.whenOffline()
  const ids = [(await bob.sayIn(group, 'while away')).id, (await bob.sayIn(group, 'and again')).id]
  assert.equal(phone.pending, 2)
  const again = connect(whatsapp, client.keychain)
  await again.message(each => each.message?.conversation === 'while away')
  await again.message(each => each.message?.conversation === 'and again')
  await phone.whenAcknowledged()
  assert.deepEqual(
    ids.map(id => sealsOf(phone, id)),
    [[['pkmsg', 'skmsg']], [['skmsg']]],
  )
  const offline = phone.stanzas.filter(({ node }) => ids.includes(node.attrs.id ?? '') && node.attrs.offline)
  assert.equal(offline.length, 2)
})

test('a client that has lost the sender key asks again, and is given the message and the key', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const loss = senderKeyLoss()
  const client = await pair(whatsapp, ADA, loss.keychain)
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone] })
  await bob.sayIn(group, 'first')
  await client.message(each => each.message?.conversation === 'first')
  await phone.whenAcknowledged()
  await client.end()
  await loss.happen()
  const again = connect(whatsapp, client.keychain)
  await again.opened()
  const { id } = await bob.sayIn(group, 'lost')
  const found = await again.message(each => each.message?.conversation === 'lost')
  assert.equal(found.key.id, id)
  assert.deepEqual(retriesOf(phone), [id])
  assert.deepEqual(sealsOf(phone, id), [['skmsg'], ['pkmsg']])
  const { id: after } = await bob.sayIn(group, 'heard again')
  await again.message(each => each.key.id === after && each.message?.conversation === 'heard again')
  assert.deepEqual(retriesOf(phone), [id], 'the key came with the message')
})

test('a message given again brings its own key, not the one that is spoken in by then', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob, carl] = [whatsapp.phone(ADA), whatsapp.contact(BOB), whatsapp.contact(CARL)]
  const loss = senderKeyLoss()
  const client = await pair(whatsapp, ADA, loss.keychain)
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone, carl] })
  await bob.sayIn(group, 'first')
  await client.message(each => each.message?.conversation === 'first')
  await phone.whenAcknowledged()
  await client.end()
  await phone.whenOffline()
  await loss.happen()
  const { id } = await bob.sayIn(group, 'lost')
  await group.remove(bob, carl)
  const again = connect(whatsapp, client.keychain)
  await again.message(each => each.message?.conversation === 'lost')
  await bob.sayIn(group, 'in a new key')
  await again.message(each => each.message?.conversation === 'in a new key')
  assert.deepEqual(retriesOf(phone), [id])
})

test('a contact that cannot open what a client says in a group asks for it, and gets it', async t => {
  const whatsapp = await startNetwork(t, { rootSeed: 'group retry' })
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const loss = senderKeyLoss()
  const client = await pair(whatsapp, ADA, loss.keychain)
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone] })
  await client.socket.sendMessage(group.jid, { text: 'first' })
  await bob.waitForMessage(({ text }) => text === 'first')
  await loss.happen()
  const lost = await client.socket.sendMessage(group.jid, { text: 'in a new key nobody was given' })
  const received = await bob.waitForMessage(({ id }) => id === lost?.key.id)
  assert.equal(received.text, 'in a new key nobody was given')
})

test('messages of a group that come out of order can all be opened', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob, carl] = [whatsapp.phone(ADA), whatsapp.contact(BOB), whatsapp.contact(CARL)]
  const client = await pair(whatsapp, ADA, mendSenderKeys(createKeychain()))
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone, carl] })
  group.shuffleNext(8)
  const texts = ['1', '2', '3', '4', '5', '6', '7', '8']
  const sent = await Promise.all(texts.map((text, at) => (at % 4 === 3 ? carl : bob).sayIn(group, text)))
  for (const { id } of sent) await client.message(each => each.key.id === id && !!each.message)
  const order = phone.stanzas
    .flatMap(({ direction, node }) =>
      direction === 'out' && node.tag === 'message' ? sent.findIndex(({ id }) => id === node.attrs.id) : [],
    )
    .filter(at => at >= 0)
  assert.notDeepEqual(
    order,
    [...order].sort((a, b) => a - b),
  )
  assert.equal(order.length, 8)
  assert.deepEqual(retriesOf(phone), [])
})

/** A disk that can lose every sender key on it. */
function senderKeyLoss() {
  const { creds, keys } = createKeychain()
  const lost: Record<string, null> = {}
  const set = (data: SignalDataSet) => {
    for (const id of Object.keys(data['sender-key'] ?? {})) lost[id] = null
    return keys.set(data)
  }
  return {
    keychain: { creds, keys: { get: keys.get, set } },
    happen: async () => keys.set({ 'sender-key': lost }),
  }
}

/** Baileys keeps the keys of skipped messages in a form it cannot read back; a gateway mends that, and so do we. */
function mendSenderKeys(keychain: Keychain) {
  const { set } = keychain.keys
  keychain.keys.set = async (data: SignalDataSet) => {
    const mended = Object.entries(data['sender-key'] ?? {}).map(([id, row]) => {
      const text = row && JSON.stringify(JSON.parse(Buffer.from(row).toString()), BufferJSON.replacer)
      return [id, text ? Buffer.from(text) : null]
    })
    await set(data['sender-key'] ? { ...data, 'sender-key': Object.fromEntries(mended) } : data)
  }
  return keychain
}
