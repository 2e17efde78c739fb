import '../process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionOf } from '@waxwing/events'
import { proto, type WAMessage } from 'baileys'
import fc from 'fast-check'
import { translate } from './table.ts'

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('', '@', '1@lid', '15550101@s.whatsapp.net', 'a b@c', 'null'),
)
const whole = fc.oneof(fc.constantFrom(0, -1, 2 ** 31 - 1, 1_795_435_200), fc.integer())
const huge = fc.oneof(whole, fc.maxSafeInteger(), fc.constantFrom(9_999_999_999, 10_000_000_000, 2 ** 53 - 1))
const unsigned = fc.nat({ max: 2 ** 32 - 1 })
const real = fc.oneof(fc.double({ noNaN: false }), fc.constantFrom(0, -90.1, 181, 1e300))
const flag = fc.boolean()
const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 })
const bytes = fc.uint8Array({ maxLength: 8 })
/** Any of the fields may be missing. */
const record = (fields: Record<string, fc.Arbitrary<unknown>>) => fc.record(fields, { requiredKeys: [] })

const key = record({ id: text, remoteJid: text, participant: text, fromMe: flag })
const contextInfo = record({
  stanzaId: text,
  participant: text,
  mentionedJid: some(text),
  isForwarded: flag,
  expiration: unsigned,
  quotedMessage: record({ conversation: text }),
})
const place = record({
  degreesLatitude: real,
  degreesLongitude: real,
  name: text,
  accuracyInMeters: unsigned,
  contextInfo,
})
const choice = record({ buttonId: text, buttonText: record({ displayText: text }) })
const card = record({
  displayName: text,
  vcard: fc.oneof(text, fc.constant('TEL;waid=0:1\nTEL:')),
  contextInfo,
})

const content: Record<string, fc.Arbitrary<unknown>> = {
  conversation: text,
  extendedTextMessage: record({ text, matchedText: text, title: text, contextInfo }),
  locationMessage: place,
  liveLocationMessage: record({
    degreesLatitude: real,
    degreesLongitude: real,
    speedInMps: real,
    degreesClockwiseFromMagneticNorth: unsigned,
    sequenceNumber: huge,
  }),
  contactMessage: card,
  contactsArrayMessage: record({ displayName: text, contacts: some(card) }),
  pollCreationMessageV3: record({
    name: text,
    options: some(record({ optionName: text })),
    selectableOptionsCount: unsigned,
  }),
  eventMessage: record({
    name: text,
    startTime: huge,
    endTime: huge,
    location: place,
    joinLink: text,
    isCanceled: flag,
  }),
  buttonsMessage: record({ contentText: text, buttons: some(choice) }),
  buttonsResponseMessage: record({ selectedButtonId: text, selectedDisplayText: text, contextInfo }),
  listResponseMessage: record({ title: text, singleSelectReply: record({ selectedRowId: text }) }),
  interactiveResponseMessage: record({
    body: record({ text }),
    nativeFlowResponseMessage: record({ paramsJson: fc.oneof(text, fc.json()) }),
  }),
  productMessage: record({
    product: record({ productId: text, title: text, priceAmount1000: huge }),
    businessOwnerJid: text,
  }),
  orderMessage: record({
    orderId: text,
    itemCount: whole,
    sellerJid: text,
    totalAmount1000: huge,
    message: text,
  }),
  groupInviteMessage: record({ groupJid: text, groupName: text, inviteExpiration: huge, inviteCode: text }),
  reactionMessage: record({ key, text }),
  protocolMessage: record({
    key,
    type: fc.constantFrom(0, 3, 5, 14),
    editedMessage: record({ conversation: text }),
    ephemeralExpiration: unsigned,
  }),
  imageMessage: record({ caption: text, mediaKey: bytes, mimetype: text }),
}
const anyMessage = fc.oneof(
  ...Object.entries(content).map(([field, value]) => value.map(given => ({ [field]: given }))),
)

/** As it comes off the wire; what cannot be on a wire is no message. */
function overTheWire(message: object): proto.IMessage | null {
  try {
    return proto.Message.decode(proto.Message.encode(message as proto.IMessage).finish())
  } catch {
    return null
  }
}

test('whatever a stranger puts into a message, what is told of it fits the catalog', () => {
  const chats = fc.constantFrom(
    '15550101@s.whatsapp.net',
    '100000000000101@lid',
    '1203@g.us',
    '1203@newsletter',
  )
  fc.assert(
    fc.property(anyMessage, chats, flag, (written, remoteJid, fromMe) => {
      const message = overTheWire(written)
      const participant = remoteJid.endsWith('@g.us') ? '100000000000102@lid' : ''
      const given: WAMessage = {
        key: { remoteJid, id: 'A1', fromMe, participant },
        message,
        messageTimestamp: 1_795_435_200,
      }
      const drafts = translate(
        { 'messages.upsert': { messages: [given], type: 'notify' } },
        {
          sessionId: 's',
          profileId: 'p',
          me: { jid: '15550100@s.whatsapp.net', phone: '+15550100' },
          otherAddress: () => undefined,
          now: new Date(1_795_435_200_000),
          onError: () => {},
        },
      )
      for (const { type, data } of drafts) {
        const { error } = definitionOf(type).data.safeParse(data)
        assert.equal(error, undefined, `${type} of ${JSON.stringify(written)}: ${error?.message}`)
      }
    }),
    { numRuns: 3_000 },
  )
})
