import '../process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionOf } from '@waxwing/events'
import { sealEvent } from '@waxwing/events/event-id'
import { proto, type WAMessage, type WAMessageKey } from 'baileys'
import type { TranslationContext } from './context.ts'
import { hiddenPeople } from './hidden-people.ts'
import { translate } from './table.ts'

const ann = { jid: '15550101@s.whatsapp.net', lid: '100000000000101@lid', phone: '+15550101' }
const ben = { jid: '15550102@s.whatsapp.net', lid: '100000000000102@lid', phone: '+15550102' }
const me = { jid: '15550100@s.whatsapp.net', lid: '100000000000100@lid', phone: '+15550100' }
const group = '120363000000000001@g.us'
const noon = 1_795_435_200

const inPersonalChat: WAMessageKey = { remoteJid: ann.jid, remoteJidAlt: ann.lid, id: 'A1', participant: '' }
const inGroup: WAMessageKey = { remoteJid: group, participant: ben.lid, participantAlt: ben.jid, id: 'G1' }
const text = (change: Partial<WAMessage> = {}): WAMessage => ({
  key: inPersonalChat,
  message: { conversation: 'hello' },
  messageTimestamp: noon,
  pushName: 'Ann',
  ...change,
})

function events(
  messages: WAMessage[],
  type: 'notify' | 'append' = 'notify',
  change: Partial<TranslationContext> = {},
) {
  const errors: string[] = []
  const context: TranslationContext = {
    sessionId: 's',
    profileId: 'p',
    me,
    otherAddress: () => undefined,
    now: new Date(0),
    onError: (_, what) => errors.push(what),
    ...change,
  }
  const drafts = translate({ 'messages.upsert': { messages, type } }, context)
  for (const draft of drafts)
    assert.doesNotThrow(() => definitionOf(draft.type).data.parse(draft.data), draft.type)
  const of = (name: string) =>
    drafts.find(draft => draft.type === name)?.data as Record<string, unknown> | undefined
  return { drafts, types: drafts.map(draft => draft.type), of, errors }
}

test('a text from somebody is a message received, by its kind of chat, and any message', () => {
  const { types, of } = events([text()])
  assert.deepEqual(types, ['messages.upsert', 'messages.received', 'messages-personal.received'])
  const data = {
    messageId: 'A1',
    from: ann.jid,
    fromMe: false,
    isGroup: false,
    participant: ann,
    body: 'hello',
  }
  assert.deepEqual(of('messages.received'), { ...data, timestamp: noon, pushName: 'Ann', type: 'text' })
})

test('append is not old news: what waited while we were offline is received, and says so', () => {
  const { types, of } = events([text()], 'append')
  assert.ok(types.includes('messages.received'))
  assert.equal(of('messages.received')?.offline, true)
})

test('content wins over stub: what was undecryptable and then came is received', () => {
  const stub = {
    messageStubType: proto.WebMessageInfo.StubType.CIPHERTEXT,
    messageStubParameters: ['Bad MAC'],
  }
  assert.deepEqual(events([text({ ...stub, message: undefined })]).types, ['message.waiting'])
  assert.ok(events([text(stub)]).types.includes('messages.received'))
})

test('protocol messages are dropped, and the keys some carry leave in no event', () => {
  const keyShare = { keys: [{ keyData: { keyData: Buffer.from('SECRET KEY') } }] }
  const silent: proto.IMessage[] = [
    { protocolMessage: { type: 6, appStateSyncKeyShare: keyShare } },
    { protocolMessage: { type: 0 } },
    { editedMessage: { message: { protocolMessage: { type: 14, editedMessage: { conversation: 'x' } } } } },
    { senderKeyDistributionMessage: { groupId: group }, messageContextInfo: {} },
    { pollUpdateMessage: {} },
    { pinInChatMessage: {} },
    { keepInChatMessage: {} },
    { encEventResponseMessage: {} },
    {},
  ]
  for (const message of silent)
    assert.deepEqual(events([text({ message })]).types, [], JSON.stringify(message))
})

test('a sender key that travels with a text does not hide the text', () => {
  const message = { senderKeyDistributionMessage: { groupId: group }, conversation: 'first in the group' }
  assert.equal(events([text({ key: inGroup, message })]).of('messages.received')?.body, 'first in the group')
})

test('a reaction is a message of the archive, never one that was received', () => {
  const message = { reactionMessage: { key: { id: 'A0' }, text: '👍' } }
  const { types, of } = events([text({ message })])
  assert.deepEqual(types, ['messages.upsert', 'messages.reaction'])
  assert.deepEqual(of('messages.upsert')?.reaction, { messageId: 'A0', emoji: '👍' })
})

test('a status is told as a status, never as messages.received', () => {
  const key = { remoteJid: 'status@broadcast', participant: ann.jid, participantAlt: ann.lid, id: 'S1' }
  assert.deepEqual(events([text({ key })]).types, ['status.received'])
})

test('a group message names its author by every address, and the group as the chat', () => {
  const { types, of } = events([text({ key: inGroup, pushName: 'Ben' })])
  assert.ok(types.includes('messages-group.received'))
  const { from, isGroup, participant } = of('messages.received') ?? {}
  assert.deepEqual({ from, isGroup, participant }, { from: group, isGroup: true, participant: ben })
})

test('a personal chat under a LID is answered under the number, when anybody knows it', () => {
  const key = { remoteJid: ann.lid, id: 'A1', participant: '' }
  const known = events([text({ key })], 'notify', {
    otherAddress: jid => (jid === ann.lid ? ann.jid : undefined),
  })
  assert.deepEqual(known.of('messages.received')?.participant, ann)
  assert.equal(known.of('messages.received')?.from, ann.jid)
  assert.equal(events([text({ key })]).of('messages.received')?.from, ann.lid)
})

test('the same fact has the same id whichever address it came under', () => {
  const ids = (key: WAMessageKey) => events([text({ key })]).drafts.map(draft => sealEvent(draft).id)
  const underLid = { remoteJid: ann.lid, remoteJidAlt: ann.jid, id: 'A1', participant: undefined }
  assert.deepEqual(ids(inPersonalChat), ids(underLid))
  assert.equal(new Set(ids(inPersonalChat)).size, 3, 'and its events differ from each other')
})

test('a lookup of the number that fails the first time does not make another fact of a redelivery', () => {
  const key = { remoteJid: ann.lid, id: 'A1', participant: '' }
  const groupKey = { remoteJid: group, participant: ben.lid, id: 'G1' }
  for (const each of [key, groupKey]) {
    const ids = (number: string | undefined) =>
      events([text({ key: each })], 'notify', { otherAddress: () => number }).drafts.map(d => sealEvent(d).id)
    assert.deepEqual(ids(undefined), ids(ann.jid))
  }
})

test('what this process sent and what the phone sent are told apart', () => {
  const own = (status: number, type: 'notify' | 'append') =>
    events([text({ key: { ...inPersonalChat, fromMe: true }, status })], type)
  const api = own(proto.WebMessageInfo.Status.PENDING, 'append')
  assert.deepEqual(api.types, ['messages.upsert', 'message.sent'])
  const { source, to, participant, offline, pushName } = api.of('message.sent') ?? {}
  assert.deepEqual([source, to, participant, offline, pushName], ['api', ann.jid, me, undefined, undefined])
  assert.equal(own(proto.WebMessageInfo.Status.SERVER_ACK, 'notify').of('message.sent')?.source, 'phone')
})

test('a message through a broadcast list is answered to its author', () => {
  const key = { remoteJid: '1234@broadcast', participant: ann.jid, participantAlt: ann.lid, id: 'B1' }
  const { from, broadcast } = events([text({ key, broadcast: true })]).of('messages-personal.received') ?? {}
  assert.deepEqual([from, broadcast], [ann.jid, true])
})

test('a channel is its own author', () => {
  const channel = '120363000000000002@newsletter'
  const { types, of } = events([text({ key: { remoteJid: channel, participant: '', id: 'N1' } })])
  assert.ok(types.includes('messages-newsletter.received'))
  assert.deepEqual(of('messages.received')?.participant, { jid: channel })
})

test('wrappers are taken off, whatever their number', () => {
  const inner = { extendedTextMessage: { text: 'inside' } }
  const message = { ephemeralMessage: { message: { viewOnceMessageV2: { message: inner } } } }
  assert.equal(events([text({ message })]).of('messages.received')?.body, 'inside')
  let deep: proto.IMessage = inner
  for (let depth = 0; depth < 500; depth++) deep = { ephemeralMessage: { message: deep } }
  assert.deepEqual(events([text({ message: deep })]).types, [])
})

test('a quotation, mentions, a forward and an end are told with the text', () => {
  const contextInfo = {
    stanzaId: 'Q1',
    participant: ben.lid,
    quotedMessage: { conversation: 'the question' },
    mentionedJid: [ann.lid],
    isForwarded: true,
    expiration: 86_400,
  }
  const message = { extendedTextMessage: { text: 'the answer', contextInfo } }
  const otherAddress = (jid: string) => ({ [ben.lid]: ben.jid, [ann.lid]: ann.jid })[jid]
  const { quoted, mentions, forwarded, ephemeralSeconds } =
    events([text({ message })], 'notify', { otherAddress }).of('messages.received') ?? {}
  assert.deepEqual(quoted, { messageId: 'Q1', participant: ben, body: 'the question', type: 'text' })
  assert.deepEqual([mentions, forwarded, ephemeralSeconds], [[ann], true, 86_400])
  const upsert = { messages: [text({ message })], type: 'notify' as const }
  assert.deepEqual(hiddenPeople({ 'messages.upsert': upsert }), new Set([ben.lid, ann.lid]))
})

test('the preview of a link comes with the text', () => {
  const value = { text: 'see https://example.com', matchedText: 'https://example.com', title: 'Example' }
  const { linkPreview } =
    events([text({ message: { extendedTextMessage: value } })]).of('messages.received') ?? {}
  assert.deepEqual(linkPreview, { url: 'https://example.com', title: 'Example' })
})

test('a kind this version cannot read is unknown by name, with its caption and none of its content', () => {
  const stickerPackMessage = { directPath: '/mmg', mediaKey: Buffer.from('SECRET'), caption: 'look' }
  const { of, drafts } = events([text({ message: { stickerPackMessage } })])
  const { type, field, body } = of('messages.received') ?? {}
  assert.deepEqual([type, field, body], ['unknown', 'stickerPackMessage', 'look'])
  assert.doesNotMatch(JSON.stringify(drafts), /mmg|U0VDUkVU/)
})

test('one bad message never spoils its batch, and is told as unknown', () => {
  const { drafts, errors } = events([
    text({ message: unreadable() }),
    text({ key: { ...inPersonalChat, id: 'A2' } }),
  ])
  const received = drafts.filter(draft => draft.type === 'messages.received').map(draft => draft.data)
  assert.deepEqual(
    received.map(data => [data.messageId, data.type]),
    [
      ['A1', 'unknown'],
      ['A2', 'text'],
    ],
  )
  assert.deepEqual(errors, ['extendedTextMessage'])
})

/** A text whose content throws when it is read. */
function unreadable(): proto.IMessage {
  const extendedTextMessage = Object.defineProperty({}, 'matchedText', {
    get: () => {
      throw new Error('broken')
    },
  })
  return { extendedTextMessage }
}

test('a time may come as number, text or Long, and a senseless one is now', () => {
  const long = { toNumber: () => noon } as never
  for (const messageTimestamp of [noon, String(noon) as never, long]) {
    assert.equal(events([text({ messageTimestamp })]).of('messages.received')?.timestamp, noon)
  }
  const now = new Date(5_000)
  for (const messageTimestamp of [undefined, 0, Number.NaN, noon * 1000]) {
    assert.equal(
      events([text({ messageTimestamp })], 'notify', { now }).of('messages.received')?.timestamp,
      5,
    )
  }
})

test('a message without an id or a chat is nothing', () => {
  assert.deepEqual(events([text({ key: { remoteJid: ann.jid } }), text({ key: { id: 'A1' } })]).types, [])
})
