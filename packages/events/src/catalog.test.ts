import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { defineEvent } from './catalog/define.ts'
import {
  catalog,
  categories,
  defaultSubscription,
  definitionOf,
  type EventDefinition,
  type EventType,
  isEventType,
} from './index.ts'

/** Published names. A name that disappears from the catalog breaks somebody's receiver. */
const promised = `
  messages.received messages-personal.received messages-group.received messages-newsletter.received messages.upsert
  message.sent message.failed message.waiting messages.update messages.edited messages.delete messages.reaction
  message-receipt.update status.received session.status session.stalled qrcode.updated chats.upsert chats.update
  chats.delete groups.upsert groups.update group-participants.update group.join-request contacts.upsert contacts.update
  poll.results call presence.update labels.edit labels.association blocklist.update history.sync webhook.ping
  webhook.disabled webhook.recovered delivery.failed`
  .trim()
  .split(/\s+/)

const rows: readonly EventDefinition[] = catalog

test('the catalog has exactly the promised types, each once', () => {
  assert.deepEqual(rows.map(row => row.type).sort(), [...promised].sort())
})

test('every row says what it is, when it fires, since when, and shows a sample', () => {
  for (const row of rows) {
    assert.ok(row.title.length > 0 && row.title.length <= 40, `${row.type}: title`)
    assert.match(row.description, /^[A-Z].{40,}\.$/s, `${row.type}: description`)
    assert.match(row.since, /^\d+\.\d+\.\d+$/, `${row.type}: since`)
    assert.ok(Object.keys(row.samples).length > 0, `${row.type}: samples`)
  }
})

test('every sample fits its schema, and is the same after a journey as JSON', () => {
  for (const row of rows) {
    for (const [variant, sample] of Object.entries(row.samples)) {
      const arrived: unknown = JSON.parse(JSON.stringify(sample))
      assert.deepEqual(row.data.parse(arrived), sample, `${row.type}: ${variant}`)
    }
  }
})

test('a field that the catalog does not name is refused', () => {
  for (const row of rows) {
    for (const sample of Object.values(row.samples)) {
      const { success } = row.data.safeParse({ ...Object(sample), somethingElse: 1 })
      assert.equal(success, false, row.type)
    }
  }
})

test('every kind of message has a sample', () => {
  const kinds = new Set(Object.values(definitionOf('messages.upsert').samples).map(sample => sample.type))
  for (const sample of Object.values(definitionOf('messages.received').samples)) kinds.add(sample.type)
  const all =
    'text image audio voice video gif sticker document location live_location contact contacts poll reaction event product order list button template group_invite view_once unknown'
  assert.deepEqual([...kinds].sort(), all.split(' ').sort())
})

test('the message format of the specification is a part of every message', () => {
  const { from, body, type, timestamp, messageId, ...rest } = definitionOf('messages.received').samples.image
  for (const text of [from, body, type, messageId]) assert.equal(typeof text, 'string')
  assert.equal(typeof timestamp, 'number')
  assert.ok('media' in rest && rest.media.url && rest.media.mimeType)
})

test('milliseconds, device parts and bare numbers do not pass for seconds, addresses and phones', () => {
  const { data, samples } = definitionOf('messages.received')
  const { text } = samples
  for (const wrong of [
    { timestamp: 1_795_435_200_000 },
    { from: '15550100:3@s.whatsapp.net' },
    { participant: { jid: '15550100@s.whatsapp.net', phone: '15550100' } },
    { body: null },
    { type: 'image' },
    { type: 'location' },
  ]) {
    assert.equal(data.safeParse({ ...text, ...wrong }).success, false, JSON.stringify(wrong))
  }
})

test('the categories hold every type exactly once, and none is empty', () => {
  assert.deepEqual(
    categories.flatMap(category => category.types),
    rows.map(row => row.type),
  )
  for (const category of categories) assert.ok(category.types.length > 0, category.name)
})

test('a new webhook hears of received messages and nothing else', () => {
  assert.deepEqual(defaultSubscription, ['messages.received'])
})

test('only names of the catalog are event types', () => {
  assert.ok(isEventType('call'))
  for (const name of ['messages.*', '*', '', 'constructor', '__proto__', 'toString'])
    assert.ok(!isEventType(name), name)
  assert.throws(() => definitionOf('messages.recieved' as EventType), TypeError)
})

test('a sample that does not fit its schema does not compile', () => {
  const row = {
    type: 'x.y',
    category: 'calls',
    title: 'X',
    description: 'X.',
    since: '0.1.0',
    data: z.strictObject({ a: z.string() }),
  } as const
  defineEvent({ ...row, samples: { right: { a: '' } } })
  // @ts-expect-error a number is no string
  defineEvent({ ...row, samples: { wrong: { a: 1 } } })
  // @ts-expect-error a field is missing
  defineEvent({ ...row, samples: { wrong: {} } })
  // @ts-expect-error a field is too many
  defineEvent({ ...row, samples: { wrong: { a: '', b: '' } } })
})
