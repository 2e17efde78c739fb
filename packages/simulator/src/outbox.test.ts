import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, type Keychain, pair, startNetwork } from './test-client.ts'

const ADA = { number: '15550100', name: 'Ada' }
const BOB = { number: '15550101', name: 'Bob' }

test('what is said while the client is away waits, and is delivered at the next login as offline', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  await client.end()
  await phone.whenOffline()
  for (const text of ['one', 'two', 'three']) await bob.say(phone, text)
  assert.equal(phone.pending, 3)
  const again = connect(whatsapp, client.keychain)
  await again.message(each => each.message?.conversation === 'three')
  const got = again.messages.all.map(each => [each.message?.conversation, each.upsert])
  assert.deepEqual(got, [
    ['one', 'append'],
    ['two', 'append'],
    ['three', 'append'],
  ])
  const offline = await phone.saw(
    ({ node }) => firstChild(node)?.tag === 'offline' && firstChild(node)?.attrs.count === '3',
  )
  const preview = phone.stanzas.findLast(({ node }) => firstChild(node)?.tag === 'offline_preview')
  assert.equal(preview && firstChild(preview.node)?.attrs.message, '3')
  assert.ok(offline)
})

test('a message a client got but never acknowledged is delivered again at its next login', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const { keychain, end } = await pair(whatsapp, ADA)
  await end()
  const stuck = connect(whatsapp, deaf(keychain))
  await stuck.opened()
  const { id } = await bob.say(phone, 'are you there?')
  await phone.saw(
    ({ direction, node }) => direction === 'out' && node.tag === 'message' && node.attrs.id === id,
  )
  await phone.drop()
  assert.equal(await stuck.closed(), 428)
  assert.equal(phone.pending, 1, 'sent, but not acknowledged')

  const client = connect(whatsapp, keychain)
  const message = await client.message(each => each.key.id === id)
  assert.deepEqual([message.message?.conversation, message.upsert], ['are you there?', 'append'])
  await phone.whenAcknowledged()
  await client.end()
  await phone.whenOffline()

  const later = connect(whatsapp, keychain)
  await later.opened()
  assert.deepEqual(later.messages.all, [], 'acknowledged once, never sent again')
})

test('receipts wait for a client that is away', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  const id = (await client.socket.sendMessage(bob.jid, { text: 'hi' }))?.key.id ?? ''
  await bob.waitForMessage()
  await client.end()
  await phone.whenOffline()
  await bob.deliver(id)
  await bob.read(id)
  const again = connect(whatsapp, client.keychain)
  await again.event('messages.update', updates =>
    updates.some(({ key, update }) => key.id === id && update.status === 4),
  )
  await phone.whenAcknowledged()
})

test('a client that lost its sessions asks again and gets the message in a new session', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  await bob.say(phone, 'hello')
  await client.message(each => each.message?.conversation === 'hello')
  await client.socket.sendMessage(bob.jid, { text: 'hello' })
  await bob.waitForMessage()
  const session = `${bob.lid.split('@')[0]}_1.0`
  await client.socket.authState.keys.set({ session: { [session]: null } })
  const { id } = await bob.say(phone, 'still there?')
  const message = await client.message(
    each => each.key.id === id && each.message !== null && each.message !== undefined,
  )
  assert.equal(message.message?.conversation, 'still there?')
  assert.ok(bob.receipts.some(receipt => receipt.id === id && receipt.type === 'retry'))
})

/** A client whose disk hangs when it looks up who wrote: it gets messages and never comes to acknowledge one. */
function deaf({ creds, keys }: Keychain): Keychain {
  return {
    creds,
    keys: {
      set: keys.set,
      get: (type, ids) => (type === 'lid-mapping' ? new Promise(() => {}) : keys.get(type, ids)),
    },
  }
}

function firstChild(node: { content?: unknown }): { tag: string; attrs: Record<string, string> } | undefined {
  return Array.isArray(node.content) ? node.content[0] : undefined
}
