import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, pair, startNetwork } from './test-client.ts'

const ADA = { number: '15550100', name: 'Ada' }
const BOB = { number: '15550101', name: 'Bob' }

test('the same seed gives the same root key, addresses and identities', async t => {
  const [one, two, other] = await Promise.all(
    ['seed', 'seed', 'other'].map(rootSeed => startNetwork(t, { rootSeed })),
  )
  assert.ok(one && two && other)
  assert.equal(one.rootKey, two.rootKey)
  assert.equal(one.contact(BOB).lid, two.contact(BOB).lid)
  assert.notEqual(one.rootKey, other.rootKey)
  assert.notEqual(one.contact(BOB).lid, other.contact(BOB).lid)
  await Promise.all([one, two, other].map(each => each.stop()))
})

test('a restarted network that adopts takes the devices of its earlier life back, both ways', async t => {
  const rootSeed = 'a sandbox'
  const before = await startNetwork(t, { rootSeed })
  const client = await pair(before, ADA)
  await before.contact(BOB).say(before.phone(ADA), 'before')
  await client.message(each => each.message?.conversation === 'before')
  await client.socket.sendMessage(before.contact(BOB).jid, { text: 'before' })
  await before.contact(BOB).waitForMessage()
  await before.stop()
  assert.equal(await client.closed(), 428)

  const after = await startNetwork(t, { rootSeed, adoptUnknownDevices: true })
  const [phone, bob] = [after.phone(ADA), after.contact(BOB)]
  const again = connect(after, client.keychain)
  await again.opened()
  assert.deepEqual(phone.devices, [1])
  // The client still has its session with Bob's earlier life: Bob asks again and gets a new one.
  await again.socket.sendMessage(bob.jid, { text: 'after, from the client' })
  assert.equal((await bob.waitForMessage()).text, 'after, from the client')
  await bob.say(phone, 'after, from Bob')
  await again.message(each => each.message?.conversation === 'after, from Bob')
  await phone.say(bob, 'after, from the phone')
  await again.message(
    each => each.key.fromMe === true && each.message?.conversation === 'after, from the phone',
  )

  const second = await pair(after, ADA)
  assert.deepEqual(phone.devices, [1, 2], 'the index of an adopted device is not given away')
  await Promise.all([again.end(), second.end()])
  await after.stop()
})

test('a restarted network that does not adopt refuses the devices of its earlier life', async t => {
  const before = await startNetwork(t, { rootSeed: 'strict' })
  const { keychain, closed } = await pair(before, ADA)
  await before.stop()
  await closed()
  const after = await startNetwork(t, { rootSeed: 'strict' })
  after.phone(ADA)
  assert.equal(await connect(after, keychain).closed(), 401)
  await after.stop()
})

test('an adopting network still refuses a known device with other keys, and a client that was never linked', async t => {
  const whatsapp = await startNetwork(t, { adoptUnknownDevices: true })
  const { keychain, end } = await pair(whatsapp, ADA)
  await end()
  const impostor = connect(whatsapp)
  await impostor.qr()
  await impostor.end()
  const { creds, keys } = impostor.keychain
  const claims = { creds: { ...creds, me: keychain.creds.me }, keys }
  assert.equal(await connect(whatsapp, claims).closed(), 401)
  const half = { creds: { ...creds, me: { id: '15550100@s.whatsapp.net', name: '~' } }, keys }
  assert.equal(await connect(whatsapp, half).closed(), 401)
})
