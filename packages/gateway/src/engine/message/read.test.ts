import '../process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proto } from 'baileys'
import { readMessage } from './read.ts'

const place = { degreesLatitude: 48.85, degreesLongitude: 2.29, name: 'The tower', address: 'Paris' }
const vcard = 'BEGIN:VCARD\nFN:Ann\nTEL;type=CELL;waid=15550101:+1 555-0101\nitem1.TEL:+1 555 0102\nEND:VCARD'
const noon = 1_795_435_200

/** As they come off the wire: what protobuf would drop is dropped, what it would add is added. */
const read = (message: proto.IMessage) => {
  const { body, content } = readMessage(proto.Message.decode(proto.Message.encode(message).finish())) ?? {}
  return { body, ...content }
}

test('a place has its point, its name and its address', () => {
  const location = { latitude: 48.85, longitude: 2.29, name: 'The tower', address: 'Paris' }
  assert.deepEqual(read({ locationMessage: place }), { body: 'The tower', type: 'location', location })
  assert.throws(() => read({ locationMessage: { degreesLatitude: 91, degreesLongitude: 0 } }), RangeError)
})

test('a live location tells how it moves', () => {
  const liveLocationMessage = {
    degreesLatitude: 1,
    degreesLongitude: 2,
    speedInMps: 3,
    degreesClockwiseFromMagneticNorth: 90,
    sequenceNumber: 7,
  }
  const location = { latitude: 1, longitude: 2, speedMetersPerSecond: 3, headingDegrees: 90, sequence: 7 }
  assert.deepEqual(read({ liveLocationMessage }), { body: '', type: 'live_location', location })
})

test('a contact card gives its numbers, and the address of those that have an account', () => {
  const phones = [{ number: '+1 555-0101', jid: '15550101@s.whatsapp.net' }, { number: '+1 555 0102' }]
  const card = { name: 'Ann', phones, vcard }
  assert.deepEqual(read({ contactMessage: { displayName: 'Ann', vcard } }), {
    body: 'Ann',
    type: 'contact',
    contacts: [card],
  })
  const several = read({ contactsArrayMessage: { contacts: [{ vcard }, { displayName: 'Ben', vcard }] } })
  assert.equal(several.body, 'Ann, Ben')
})

test('a poll is its question and its options, whatever its version', () => {
  const poll = { name: 'Which?', options: [{ optionName: 'Red' }], selectableOptionsCount: 1 }
  const expected = {
    body: 'Which?',
    type: 'poll',
    poll: { question: 'Which?', options: ['Red'], selectableCount: 1 },
  }
  for (const field of ['pollCreationMessage', 'pollCreationMessageV2', 'pollCreationMessageV3'])
    assert.deepEqual(read({ [field]: poll }), expected, field)
})

test('an invitation to an event has its time and place', () => {
  const eventMessage = { name: 'Tea', startTime: noon, location: place, description: 'With cake' }
  const { body, event, type } = read({ eventMessage }) as Record<string, unknown>
  assert.deepEqual([body, type], ['Tea', 'event'])
  assert.deepEqual(event, {
    name: 'Tea',
    startsAt: '2026-11-23T12:00:00.000Z',
    canceled: false,
    description: 'With cake',
    location: { latitude: 48.85, longitude: 2.29, name: 'The tower', address: 'Paris' },
  })
})

test('buttons, lists and templates tell what can be chosen, and the replies to them what was', () => {
  const reply = { id: 'r1', title: 'Red' }
  const choices = [reply]
  const offered: [proto.IMessage, string][] = [
    [
      {
        buttonsMessage: {
          contentText: 'Which?',
          buttons: [{ buttonId: 'r1', buttonText: { displayText: 'Red' } }],
        },
      },
      'button',
    ],
    [
      { listMessage: { description: 'Which?', sections: [{ rows: [{ rowId: 'r1', title: 'Red' }] }] } },
      'list',
    ],
    [
      {
        templateMessage: {
          hydratedTemplate: {
            hydratedContentText: 'Which?',
            hydratedButtons: [{ quickReplyButton: { id: 'r1', displayText: 'Red' } }],
          },
        },
      },
      'template',
    ],
    [
      {
        interactiveMessage: {
          body: { text: 'Which?' },
          nativeFlowMessage: {
            buttons: [{ name: 'quick_reply', buttonParamsJson: '{"display_text":"Red","id":"r1"}' }],
          },
        },
      },
      'button',
    ],
  ]
  for (const [message, type] of offered) assert.deepEqual(read(message), { body: 'Which?', type, choices })
  const chosen: [proto.IMessage, string][] = [
    [{ buttonsResponseMessage: { selectedButtonId: 'r1', selectedDisplayText: 'Red' } }, 'button'],
    [{ listResponseMessage: { title: 'Red', singleSelectReply: { selectedRowId: 'r1' } } }, 'list'],
    [{ templateButtonReplyMessage: { selectedId: 'r1', selectedDisplayText: 'Red' } }, 'template'],
    [
      {
        interactiveResponseMessage: {
          body: { text: 'Red' },
          nativeFlowResponseMessage: { paramsJson: '{"id":"r1"}' },
        },
      },
      'button',
    ],
  ]
  for (const [message, type] of chosen) assert.deepEqual(read(message), { body: 'Red', type, reply })
  const broken = { nativeFlowMessage: { buttons: [{ name: 'n', buttonParamsJson: '{"id":' }] } }
  assert.deepEqual(read({ interactiveMessage: broken }), {
    body: '',
    type: 'button',
    choices: [{ id: 'n', title: '' }],
  })
})

test('articles and carts count money in units, not in thousandths', () => {
  const product = { productId: 'p1', title: 'Lamp', priceAmount1000: 12_500, currencyCode: 'EUR' }
  const article = read({ productMessage: { product } }) as { product: unknown }
  assert.deepEqual(article.product, { productId: 'p1', title: 'Lamp', currency: 'EUR', price: 12.5 })
  const orderMessage = { orderId: 'o1', itemCount: 2, totalAmount1000: 25_000, totalCurrencyCode: 'EUR' }
  const cart = read({ orderMessage }) as { order: unknown }
  assert.deepEqual(cart.order, { orderId: 'o1', itemCount: 2, currency: 'EUR', total: 25 })
})

test('an invitation to a group has its code', () => {
  const groupInviteMessage = {
    groupJid: '1203@g.us',
    groupName: 'Choir',
    inviteCode: 'abc',
    inviteExpiration: noon,
  }
  const groupInvite = {
    groupJid: '1203@g.us',
    groupName: 'Choir',
    code: 'abc',
    expiresAt: '2026-11-23T12:00:00.000Z',
  }
  assert.deepEqual(read({ groupInviteMessage }), { body: 'Choir', type: 'group_invite', groupInvite })
})
