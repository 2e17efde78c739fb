import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, pair, startNetwork } from './test-client.ts'

test('a client that shows a QR is linked by the phone that scans it, and knows who it is', async t => {
  const whatsapp = await startNetwork(t)
  const phone = whatsapp.phone({ number: '15550100', name: 'Ada' })
  const first = connect(whatsapp)
  const [, code] = await Promise.all([phone.scan(await first.qr()), first.closed()])
  assert.equal(code, 515, 'a linked client is told to connect again')
  assert.equal(phone.online, false)

  const client = connect(whatsapp, first.keychain)
  await Promise.all([client.opened(), phone.whenOnline()])
  const { me, platform } = client.keychain.creds
  assert.deepEqual([me?.id, me?.name, platform], ['15550100:1@s.whatsapp.net', 'Ada', 'android'])
  assert.equal(me?.lid, phone.lid.replace('@', ':1@'))
  assert.deepEqual(phone.devices, [1])
  await client.end()
  await phone.whenOffline()
})

test('a new device gets the app-state key and the history of the phone', async t => {
  const whatsapp = await startNetwork(t)
  const bob = whatsapp.contact({ number: '15550101', name: 'Bob' })
  const client = await pair(whatsapp, { number: '15550100', name: 'Ada' })
  const knows = await client.event('messaging-history.set', ({ contacts }) => contacts.length > 0)
  assert.ok(knows.contacts.some(contact => contact.id === bob.jid && contact.notify === 'Bob'))
  assert.equal(await client.socket.signalRepository.lidMapping.getLIDForPN(bob.jid), bob.lid)
  assert.ok(client.keychain.creds.myAppStateKeyId, 'the key share was taken')
  await whatsapp.phone({ number: '15550100' }).whenAcknowledged()
})

test('the eight characters a client shows, typed on the phone, link it', async t => {
  const whatsapp = await startNetwork(t)
  const phone = whatsapp.phone({ number: '15550100', name: 'Ada' })
  const first = connect(whatsapp)
  await first.qr()
  const code = await first.socket.requestPairingCode(phone.number)
  await phone.pendingPairing()
  const [, reason] = await Promise.all([
    phone.enterCode(`${code.slice(0, 4)}-${code.slice(4).toLowerCase()}`),
    first.closed(),
  ])
  assert.equal(reason, 515)
  const client = connect(whatsapp, first.keychain)
  await client.opened()
  assert.equal(client.keychain.creds.me?.id, '15550100:1@s.whatsapp.net')
})

test('a wrong code links nothing and says why', async t => {
  const whatsapp = await startNetwork(t)
  const phone = whatsapp.phone({ number: '15550100' })
  const client = connect(whatsapp)
  await client.qr()
  await client.socket.requestPairingCode(phone.number, 'AAAAAAAA')
  await assert.rejects(phone.enterCode('BBBBBBBB'), /not the code the client shows/)
  assert.deepEqual(phone.devices, [])
})

test('a QR nobody shows cannot be scanned', async t => {
  const whatsapp = await startNetwork(t)
  const phone = whatsapp.phone({ number: '15550100' })
  const client = connect(whatsapp)
  const qr = await client.qr()
  await client.end()
  await assert.rejects(phone.scan(qr), /no connected client shows this QR/)
})

test('device indices are never used twice', async t => {
  const whatsapp = await startNetwork(t)
  const phone = whatsapp.phone({ number: '15550100' })
  const first = await pair(whatsapp, phone)
  await phone.logOut()
  assert.equal(await first.closed(), 401)
  await pair(whatsapp, phone)
  assert.deepEqual(phone.devices, [2])
})
