import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pair, startNetwork } from './test-client.ts'

const ADA = { number: '15550100', name: 'Ada' }
const EVE = { number: '15550109', name: 'Eve' }
const BOB = { number: '15550101', name: 'Bob' }

test('two accounts with clients in one process share a contact and a group, and each hears its own', async t => {
  const whatsapp = await startNetwork(t)
  const [ada, eve, bob] = [whatsapp.phone(ADA), whatsapp.phone(EVE), whatsapp.contact(BOB)]
  const accounts = [
    { phone: ada, client: await pair(whatsapp, ADA) },
    { phone: eve, client: await pair(whatsapp, EVE) },
  ]
  const group = whatsapp.group({ subject: 'Choir', members: [bob, ada, eve] })
  const numbers = Array.from({ length: 10 }, (_, at) => at)
  await Promise.all(
    numbers.flatMap(at => [
      ...accounts.map(({ phone }) => bob.say(phone, `${at} for ${phone.name}`)),
      bob.sayIn(group, `${at} for all`),
    ]),
  )
  for (const { phone, client } of accounts) {
    for (const at of numbers) {
      await client.message(({ message }) => message?.conversation === `${at} for ${phone.name}`)
      await client.message(({ message }) => message?.conversation === `${at} for all`)
    }
    await phone.whenAcknowledged()
    const own = client.messages.all.filter(({ message }) => message?.conversation)
    assert.equal(own.length, 2 * numbers.length, `nothing twice, and nothing of the other, for ${phone.name}`)
  }
  await Promise.all(
    accounts.map(({ phone, client }) => client.socket.sendMessage(bob.jid, { text: `from ${phone.name}` })),
  )
  for (const { phone } of accounts) {
    const answer = await bob.waitForMessage(({ text }) => text === `from ${phone.name}`)
    assert.equal(answer.from, phone.number)
  }
  await ada.say(eve, 'phone to phone')
  await accounts[1]?.client.message(({ message }) => message?.conversation === 'phone to phone')
  await accounts[0]?.client.socket.sendMessage(group.jid, { text: 'client to client' })
  await accounts[1]?.client.message(
    ({ message }) => message?.extendedTextMessage?.text === 'client to client',
  )
  assert.deepEqual([whatsapp.nacks, whatsapp.retryReceipts], [0, 0])
})
