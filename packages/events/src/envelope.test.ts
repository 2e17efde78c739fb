import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { definitionOf, type Envelope, serializeEnvelope } from './index.ts'

const { text } = definitionOf('messages.received').samples
const event: Envelope<'messages.received'> = {
  data: text,
  sessionId: 's1',
  timestamp: '2026-11-23T12:00:00.000Z',
  type: 'messages.received',
  id: '019ab0b7-5c00-7d4e-9f00-112233445566',
}

test('the fields of the envelope come in the promised order, whatever the order they were given in', () => {
  assert.deepEqual(Object.keys(JSON.parse(serializeEnvelope(event))), [
    'id',
    'type',
    'timestamp',
    'sessionId',
    'data',
  ])
})

test('any text of any message survives as bytes: half emoji, zero bytes, line separators', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.integer({ min: 0xd7f0, max: 0xe010 }).map(code => String.fromCharCode(code)) }),
      (one, other) => {
        const body = serializeEnvelope({ ...event, data: { ...text, body: one + other } })
        assert.equal(JSON.parse(Buffer.from(body, 'utf8').toString('utf8')).data.body, one + other)
      },
    ),
  )
})

test('the type of an envelope decides the type of its data', () => {
  const read = (envelope: Envelope): string => {
    if (envelope.type === 'session.status') return envelope.data.status
    if (envelope.type === 'messages.received' && envelope.data.type === 'location') {
      return String(envelope.data.location.latitude)
    }
    // @ts-expect-error not every event has a status
    return envelope.data.status
  }
  assert.equal(read({ ...event, data: definitionOf('messages.received').samples.location }), '53.5436')
  // @ts-expect-error a call has no text
  const wrong: Envelope = { ...event, type: 'call' }
  assert.equal(wrong.type, 'call')
})
