import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, pair } from './test-client.ts'
import { startWhatsApp } from './whatsapp.ts'

test('a client pairs by QR, is told to restart, and comes online', async () => {
  const whatsapp = await startWhatsApp()
  const client = await pair(whatsapp, { number: '15550100', name: 'Ada' })
  const bob = whatsapp.contact({ number: '15550101', name: 'Bob' })
  const phone = whatsapp.phone({ number: '15550100' })
  await bob.say(phone, 'hello')
  await client.socket.sendMessage(bob.jid, { text: 'hi bob' })
  await client.end()
  await whatsapp.stop()
})
