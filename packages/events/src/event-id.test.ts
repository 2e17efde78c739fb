import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deliveryId, eventId, sealEvent, timeOf, uuidv7 } from './event-id.ts'
import { catalog, definitionOf } from './index.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const at = fc.date({ min: new Date(0), max: new Date(2 ** 48 - 1), noInvalidDate: true })
const type = fc.constantFrom(...catalog.map(row => row.type))
const fact = fc.record({ sessionId: fc.option(fc.string()), type, naturalKey: fc.string(), at })

test('the same fact has the same id, whenever it is told', () => {
  fc.assert(fc.property(fact, a => eventId(a) === eventId({ ...a, at: new Date(a.at) })))
})

test('an id is a UUIDv7 that carries the time of the event, to the millisecond', () => {
  fc.assert(
    fc.property(fact, fc.option(fc.string()), (a, naturalKey) => {
      const id = eventId({ ...a, naturalKey })
      assert.match(id, uuid)
      assert.equal(timeOf(id).getTime(), a.at.getTime())
    }),
  )
})

test('different facts have different ids, also where their parts joined would read the same', () => {
  fc.assert(
    fc.property(fact, fact, (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other)
      assert.equal(eventId(one) === eventId(other), same)
    }),
  )
  const when = { type: 'call', at: new Date(0) } as const
  assert.notEqual(
    eventId({ ...when, sessionId: 'a', naturalKey: 'bc' }),
    eventId({ ...when, sessionId: 'ab', naturalKey: 'c' }),
  )
  assert.notEqual(
    eventId({ ...when, sessionId: null, naturalKey: 'c' }),
    eventId({ ...when, sessionId: 'null', naturalKey: 'c' }),
  )
})

test('the id of a fact is this one for ever: another would deliver again what has been delivered', () => {
  const a = {
    sessionId: 's1',
    type: 'messages.received',
    naturalKey: 'chat|3EB0',
    at: new Date(1_795_435_200_000),
  } as const
  assert.equal(eventId(a), '01a20846-fe00-7dfe-882e-d57eb59b8070')
  assert.equal(deliveryId(eventId(a), 'w1'), '01a20846-fe00-7794-af89-f16123b4a075')
})

test('a fact without a natural key gets a new id each time', () => {
  const a = { sessionId: 's1', type: 'qrcode.updated', naturalKey: null, at: new Date() } as const
  assert.equal(new Set(Array.from({ length: 1000 }, () => eventId(a))).size, 1000)
})

test('a delivery has one id for each event and webhook, of the time of the event', () => {
  fc.assert(
    fc.property(fact, fc.string(), fc.string(), (a, one, other) => {
      const event = eventId(a)
      assert.match(deliveryId(event, one), uuid)
      assert.equal(timeOf(deliveryId(event, one)).getTime(), a.at.getTime())
      assert.equal(deliveryId(event, one) === deliveryId(event, other), one === other)
      assert.notEqual(deliveryId(event, one), event)
    }),
  )
})

test('ids sort as their times do', () => {
  fc.assert(
    fc.property(at, at, (one, other) => {
      if (one.getTime() === other.getTime()) return
      assert.equal(uuidv7(one) < uuidv7(other), one < other)
    }),
  )
})

test('a time that fits no UUIDv7 and an id that is none are bugs, not ids', () => {
  for (const wrong of [new Date(Number.NaN), new Date(-1), new Date(2 ** 48)])
    assert.throws(() => uuidv7(wrong), RangeError)
  for (const wrong of ['', 'x', '6f1f4e5e-2f7b-4c58-9a53-0d6d2c1f7a10'])
    assert.throws(() => timeOf(wrong), TypeError)
})

test('a sealed event carries its envelope as text, and nothing that is not for the receiver', () => {
  const { text } = definitionOf('messages.received').samples
  const draft = {
    type: 'messages.received',
    at: new Date(1_795_435_200_000),
    sessionId: 's1',
    profileId: 'p1',
    chat: text.from,
    naturalKey: 'k',
    data: text,
  } as const
  const sealed = sealEvent(draft)
  assert.deepEqual(JSON.parse(sealed.body), {
    id: sealed.id,
    type: 'messages.received',
    timestamp: '2026-11-23T12:00:00.000Z',
    sessionId: 's1',
    data: text,
  })
  assert.deepEqual([sealed.profileId, sealed.chat], ['p1', text.from])
  assert.equal(sealEvent(draft).body, sealed.body)
})
