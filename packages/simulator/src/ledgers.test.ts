import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, createKeychain, type Keychain, pair, startNetwork } from './test-client.ts'

const ADA = { number: '15550100', name: 'Ada' }
const BOB = { number: '15550101', name: 'Bob' }

test('the server knows what it still has for a phone, and what a client has taken over', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone] })
  const client = await pair(whatsapp, ADA)
  await client.end()
  await phone.whenOffline()
  const sent = [await bob.say(phone, 'one'), await bob.sayIn(group, 'two'), await phone.say(bob, 'three')]
  const ids = sent.map(({ id }) => id)
  assert.deepEqual(phone.waiting, ids)
  assert.deepEqual(ids.map(phone.hasReceipt), [false, false, false])
  await connect(whatsapp, client.keychain).opened()
  await phone.whenAcknowledged()
  assert.deepEqual(phone.waiting, [])
  assert.deepEqual(ids.map(phone.hasReceipt), [true, true, true])
  assert.deepEqual([whatsapp.nacks, whatsapp.retryReceipts, phone.nacked.size], [0, 0, 0])
})

test('a message a client refuses is forgotten, counted, and not taken for acknowledged', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, disk] = [whatsapp.phone(ADA), faultyDisk()]
  const client = await pair(whatsapp, ADA, disk.keychain)
  // Not known when the client was linked, so it must look up the address.
  const bob = whatsapp.contact(BOB)
  disk.broken = true
  const { id } = await bob.say(phone, 'into the void')
  await phone.saw(
    ({ direction, node }) => direction === 'in' && node.attrs.id === id && 'error' in node.attrs,
  )
  await phone.whenAcknowledged()
  disk.broken = false
  assert.deepEqual([...phone.nacked], [id])
  assert.equal(phone.hasReceipt(id), false)
  assert.equal(whatsapp.nacks, 1)
  const { id: after } = await bob.say(phone, 'still there?')
  await client.message(each => each.key.id === after && !!each.message)
  assert.ok(!client.messages.all.some(({ key, message }) => key.id === id && message), 'it never came again')
})

test('a message that is asked for again is counted, and acknowledged when it has come', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  await bob.say(phone, 'hello')
  await client.message(({ message }) => message?.conversation === 'hello')
  await client.socket.sendMessage(bob.jid, { text: 'hello yourself' })
  await bob.waitForMessage()
  const session = client.socket.signalRepository.jidToSignalProtocolAddress(bob.lid)
  await client.socket.authState.keys.set({ session: { [session]: null } })
  const { id } = await bob.say(phone, 'still there?')
  await client.message(each => each.key.id === id && !!each.message)
  await phone.whenAcknowledged()
  assert.equal(whatsapp.retryReceipts, 1)
  assert.deepEqual([phone.hasReceipt(id), phone.nacked.size], [true, 0])
})

/** A disk that can be told to fail when a client looks up who wrote. */
function faultyDisk() {
  const { creds, keys } = createKeychain()
  const disk = {
    broken: false,
    keychain: {
      creds,
      keys: {
        set: keys.set,
        get: (type, ids) => {
          if (disk.broken && type === 'lid-mapping') throw new Error('the disk is broken')
          return keys.get(type, ids)
        },
      },
    } as Keychain,
  }
  return disk
}
