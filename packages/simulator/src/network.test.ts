import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WAMessageStatus } from 'baileys'
import { pair, startNetwork } from './test-client.ts'

const ADA = { number: '15550100', name: 'Ada' }
const BOB = { number: '15550101', name: 'Bob' }

test('two linked clients write to each other', async t => {
  const whatsapp = await startNetwork(t)
  const [ada, bob] = await Promise.all([pair(whatsapp, ADA), pair(whatsapp, BOB)])
  const [adaPhone, bobPhone] = [whatsapp.phone(ADA), whatsapp.phone(BOB)]
  const sent = await ada.socket.sendMessage(bobPhone.jid, { text: 'hello Bob' })
  const got = await bob.message(each => each.key.id === sent?.key.id)
  assert.equal(got.message?.extendedTextMessage?.text, 'hello Bob')
  assert.equal(got.key.fromMe, false)
  assert.equal((await whatsapp.contact(BOB).waitForMessage()).text, 'hello Bob', "Bob's phone has it too")
  await whatsapp.contact(BOB).deliver(sent?.key.id ?? '')
  await ada.event('messages.update', updates =>
    updates.some(
      ({ key, update }) => key.id === sent?.key.id && update.status === WAMessageStatus.DELIVERY_ACK,
    ),
  )
  const answer = await bob.socket.sendMessage(adaPhone.jid, { text: 'hello Ada' })
  const back = await ada.message(each => each.key.id === answer?.key.id)
  assert.equal(back.message?.extendedTextMessage?.text, 'hello Ada')
})

test('two clients of one account see what the other sends', async t => {
  const whatsapp = await startNetwork(t)
  const contact = whatsapp.contact(BOB)
  const first = await pair(whatsapp, ADA)
  const second = await pair(whatsapp, ADA)
  const sent = await first.socket.sendMessage(contact.jid, { text: 'from the first' })
  const seen = await second.message(each => each.key.id === sent?.key.id)
  assert.deepEqual([seen.key.fromMe, seen.message?.extendedTextMessage?.text], [true, 'from the first'])
})

test('two networks in one process know nothing of each other', async t => {
  const [here, there] = await Promise.all([startNetwork(t), startNetwork(t)])
  const [client, other] = await Promise.all([pair(here, ADA), pair(there, ADA)])
  await here.contact(BOB).say(here.phone(ADA), 'here')
  await there.contact(BOB).say(there.phone(ADA), 'there')
  await client.message(each => each.message?.conversation === 'here')
  await other.message(each => each.message?.conversation === 'there')
  const texts = [client, other].map(({ messages }) =>
    messages.all.flatMap(each => each.message?.conversation ?? []),
  )
  assert.deepEqual(texts, [['here'], ['there']])
  await Promise.all([client.end(), other.end()])
  await Promise.all([here.stop(), there.stop()])
})
