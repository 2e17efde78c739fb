import './process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BaileysEventMap, makeEventBuffer } from 'baileys'
import pino from 'pino'
import { tapEvents } from './event-tap.ts'

const key = { remoteJid: '15550101@s.whatsapp.net', id: 'A1', fromMe: false }
const message = () => ({ key, message: { conversation: 'gone in a second' }, messageTimestamp: 1 })

function tapped() {
  const ev = makeEventBuffer(pino({ level: 'silent' }))
  const heard: Partial<BaileysEventMap>[] = []
  tapEvents(ev, events => heard.push(events))
  return { ev, heard }
}

test('a message is heard at once, although the buffer keeps it', () => {
  const { ev, heard } = tapped()
  ev.buffer()
  ev.emit('messages.upsert', { messages: [message()], type: 'notify' })
  assert.equal(heard.length, 1)
  ev.destroy()
})

test('a deletion in the same moment does not take away the message that was heard', async () => {
  const { ev, heard } = tapped()
  ev.buffer()
  ev.emit('messages.upsert', { messages: [message()], type: 'append' })
  ev.emit('messages.update', [{ key, update: { message: null, messageStubType: 1, messageTimestamp: 9 } }])
  assert.deepEqual(heard[0]?.['messages.upsert']?.messages, [message()])
  assert.equal(heard.length, 2)
  ev.destroy()
})

test('a receipt of before changes no time of the message', () => {
  const { ev, heard } = tapped()
  ev.buffer()
  ev.emit('messages.update', [{ key, update: { status: 4, messageTimestamp: 9 } }])
  ev.emit('messages.upsert', { messages: [message()], type: 'append' })
  assert.equal(heard[1]?.['messages.upsert']?.messages[0]?.messageTimestamp, 1)
  ev.destroy()
})

test('the library still hears its own events', () => {
  const { ev } = tapped()
  let received = false
  ev.on('creds.update', () => {
    received = true
  })
  ev.emit('creds.update', {})
  assert.equal(received, true)
  ev.destroy()
})
