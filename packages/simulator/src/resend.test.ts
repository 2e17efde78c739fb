import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WAMessageStubType } from 'baileys'
import { type Client, pair, startNetwork } from './test-client.ts'

const ADA = { number: '15550100', name: 'Ada' }
const BOB = { number: '15550101', name: 'Bob' }

test('what a client cannot open and the sender does not seal again, the phone gives it', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const group = whatsapp.group({ subject: 'Choir', members: [bob, phone] })
  const client = await pair(whatsapp, ADA)
  await bob.say(phone, 'fine')
  await bob.sayIn(group, 'fine here too')
  await client.message(({ message }) => message?.conversation === 'fine here too')
  bob.undecryptableNext(2)
  const lost = await bob.say(phone, 'lost')
  const lostInGroup = await bob.sayIn(group, 'lost in the group')
  await bob.say(phone, 'fine again')
  await client.message(({ message }) => message?.conversation === 'fine again')
  for (const { id } of [lost, lostInGroup]) await unreadable(client, id)
  await bob.waitForReceipt(({ id, type }) => id === lost.id && type === 'retry')
  await resent(client, lost.id, 'lost')
  await resent(client, lostInGroup.id, 'lost in the group')
  const twice = phone.stanzas.filter(
    ({ direction, node }) => direction === 'out' && node.tag === 'message' && node.attrs.id === lost.id,
  )
  assert.equal(twice.length, 1, 'the sender did not answer')
})

test('a phone that is away gives what it was asked for when it comes back', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  phone.answersResends = false
  phone.undecryptableNext(1)
  const { id } = await bob.say(phone, 'lost')
  await unreadable(client, id)
  await phone.saw(({ direction, node }) => direction === 'in' && node.attrs.category === 'peer')
  await bob.say(phone, 'meanwhile')
  await client.message(({ message }) => message?.conversation === 'meanwhile')
  assert.ok(!client.messages.all.some(({ key, message }) => key.id === id && message))
  phone.answersResends = true
  await resent(client, id, 'lost')
})

test('a phone is silent about a message it does not have', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob, carl] = [
    whatsapp.phone(ADA),
    whatsapp.contact(BOB),
    whatsapp.phone({ number: '15550102' }),
  ]
  const client = await pair(whatsapp, ADA)
  const { id: private_ } = await bob.say(carl, 'not for Ada')
  await client.socket.requestPlaceholderResend({ remoteJid: bob.jid, id: private_, fromMe: false })
  const { id } = await bob.say(phone, 'for Ada')
  const first = await client.message(each => each.key.id === id)
  await client.socket.requestPlaceholderResend({ remoteJid: bob.jid, id, fromMe: false })
  await client.message(each => each.key.id === id && each !== first)
  assert.ok(!client.messages.all.some(({ key }) => key.id === private_))
})

function unreadable(client: Client, id: string) {
  return client.message(each => each.key.id === id && each.messageStubType === WAMessageStubType.CIPHERTEXT)
}

/** Baileys asks the phone three seconds after the sender, and then waits for two more. */
function resent(client: Client, id: string, text: string) {
  return client.message(({ key, message }) => key.id === id && message?.conversation === text)
}
