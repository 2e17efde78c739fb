import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect, pair, startNetwork } from './test-client.ts'

const ADA = { number: '15550100', name: 'Ada' }
const BOB = { number: '15550101', name: 'Bob' }

test('unlinked from the phone, a client hears 401, and 401 again when it comes back', async t => {
  const whatsapp = await startNetwork(t)
  const phone = whatsapp.phone(ADA)
  const client = await pair(whatsapp, ADA)
  await phone.logOut()
  assert.equal(await client.closed(), 401)
  assert.deepEqual(phone.devices, [])
  assert.equal(await connect(whatsapp, client.keychain).closed(), 401)
})

test('a client that logs out is unlinked', async t => {
  const whatsapp = await startNetwork(t)
  const phone = whatsapp.phone(ADA)
  const client = await pair(whatsapp, ADA)
  await client.socket.logout()
  await phone.whenOffline()
  assert.deepEqual(phone.devices, [])
})

test('a dropped connection is a 428', async t => {
  const whatsapp = await startNetwork(t)
  const client = await pair(whatsapp, ADA)
  await whatsapp.phone(ADA).drop()
  assert.equal(await client.closed(), 428)
})

test('the next login can be refused with any code, and only the next', async t => {
  const whatsapp = await startNetwork(t)
  const phone = whatsapp.phone(ADA)
  const { keychain, end } = await pair(whatsapp, ADA)
  await end()
  for (const code of [403, 405, 503]) {
    phone.failNext(code)
    assert.equal(await connect(whatsapp, keychain).closed(), code)
  }
  phone.failNext(402, { code: '101', expire: '3600' })
  const { lastDisconnect } = await connect(whatsapp, keychain).event(
    'connection.update',
    each => each.connection === 'close',
  )
  assert.deepEqual((lastDisconnect?.error as { data?: unknown } | undefined)?.data, {
    location: 'cln',
    code: '101',
    expire: '3600',
    reason: '402',
  })
  const client = connect(whatsapp, keychain)
  await client.opened()
})

test('an open stream can be ended with any code', async t => {
  const whatsapp = await startNetwork(t)
  const phone = whatsapp.phone(ADA)
  let client = await pair(whatsapp, ADA)
  for (const code of [515, 503]) {
    const [, heard] = await Promise.all([phone.endStream(code), client.closed()])
    assert.equal(heard, code)
    client = connect(whatsapp, client.keychain)
    await client.opened()
  }
})

test('a second login with the same keys replaces the first, which hears 440', async t => {
  const whatsapp = await startNetwork(t)
  const first = await pair(whatsapp, ADA)
  const second = connect(whatsapp, first.keychain)
  await Promise.all([second.opened(), first.closed().then(code => assert.equal(code, 440))])
  assert.equal(whatsapp.phone(ADA).online, true)
  await whatsapp.phone(ADA).replaceSession()
  assert.equal(await second.closed(), 440)
})

test('a refused upgrade is answered with its HTTP status, until it is allowed again', async t => {
  const whatsapp = await startNetwork(t)
  whatsapp.refuseUpgrade(503)
  const refused = connect(whatsapp)
  // Baileys reports nothing here, for ever: an engine has to listen for this itself.
  const status = await new Promise(resolve =>
    refused.socket.ws.once('unexpected-response', (_request: unknown, response: { statusCode: number }) =>
      resolve(response.statusCode),
    ),
  )
  assert.equal(status, 503)
  await refused.end()
  whatsapp.refuseUpgrade(null)
  const client = connect(whatsapp)
  assert.match(await client.qr(), /^https:\/\/wa\.me\//)
})

test('a hanging server neither reads nor writes, and goes on where it stopped', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  await client.socket.sendMessage(bob.jid, { text: 'before' })
  await bob.waitForMessage(message => message.text === 'before')
  whatsapp.hang()
  // What had been read before is still answered, into the void.
  await new Promise(resolve => setTimeout(resolve, 100))
  const seen = phone.stanzas.length
  await bob.say(phone, 'said into the void')
  await client.socket.sendMessage(bob.jid, { text: 'sent into the void' })
  await new Promise(resolve => setTimeout(resolve, 100))
  assert.equal(phone.stanzas.length, seen)
  whatsapp.hang(false)
  await bob.waitForMessage(message => message.text === 'sent into the void')
  await client.message(each => each.message?.conversation === 'said into the void')
})

test('a corrupted frame is one the client cannot open', async () => {
  // In a process of its own: Baileys answers with an unhandled rejection.
  const script = `
    const { pair } = await import(${JSON.stringify(new URL('./test-client.ts', import.meta.url))})
    const { startWhatsApp } = await import(${JSON.stringify(new URL('./whatsapp.ts', import.meta.url))})
    const whatsapp = await startWhatsApp()
    await pair(whatsapp, ${JSON.stringify(ADA)})
    process.on('unhandledRejection', error => { console.log(error.message); process.exit(7) })
    whatsapp.phone(${JSON.stringify(ADA)}).corruptNextFrame()
    await whatsapp.contact(${JSON.stringify(BOB)}).say(whatsapp.phone(${JSON.stringify(ADA)}), 'garbled')
    setTimeout(() => process.exit(8), 5000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', data => {
    said += data
  })
  const [code] = await once(child, 'close')
  assert.equal(code, 7, said)
  assert.match(said, /authenticate/)
})

test('calls are acknowledged, and so is every question the network has no answer to', async t => {
  const whatsapp = await startNetwork(t)
  const bob = whatsapp.contact(BOB)
  const client = await pair(whatsapp, ADA)
  await client.socket.rejectCall('CALL01', bob.jid)
  const answer = await client.socket.query({
    tag: 'iq',
    attrs: { to: 's.whatsapp.net', type: 'get', xmlns: 'unheard:of' },
  })
  assert.equal(answer.attrs.type, 'result')
})

test('waiting for what does not happen ends with an error that tells what did', async t => {
  const whatsapp = await startNetwork(t)
  const phone = whatsapp.phone(ADA)
  await assert.rejects(
    phone.whenOnline({ timeoutMs: 10 }),
    /waited 10 ms for a device of 15550100 to log in; 0 are linked/,
  )
  await assert.rejects(phone.pendingPairing({ timeoutMs: 10 }), /asks to be linked to 15550100 by code/)
  await assert.rejects(
    whatsapp.saw(() => false, { timeoutMs: 10 }),
    /waited 10 ms for a stanza; the last were/,
  )
  await assert.rejects(
    whatsapp.contact(BOB).waitForMessage(undefined, { timeoutMs: 10 }),
    /a message to 15550101; it has \[\]/,
  )
})
