/** Files of messages, from a simulated contact to the place where they are kept. */
import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { definitionOf } from '@waxwing/events'
import type { MediaToSend } from '@waxwing/simulator'
import { readLink, testLibrary } from '../media/test-library.ts'
import type { MediaOptions } from './media/files.ts'
import { connected, link, openRig, type Rig } from './test-rig.ts'

const sha256 = (of: Buffer) => createHash('sha256').update(of).digest('hex')
const quick: MediaOptions = { askPauseMs: 100, pausesMs: [10, 10], idleMs: 1_000, patienceMs: 10_000 }

async function stage(t: TestContext, media: MediaOptions = quick) {
  const rig = await openRig(t)
  const library = await testLibrary(t, rig.store.media)
  const engine = await rig.engine({ media: { keeper: library, options: media } })
  const { phone, session } = await link(rig, engine, '15550100')
  const ann = rig.whatsapp.contact({ number: '15550101', name: 'Ann' })
  return { rig, library, engine, phone, session, ann, read: (url: string) => readLink(library, url) }
}

/** The message as it was told, held against the catalog. */
async function received(rig: Rig, messageId: string) {
  const { data } = await rig.published.wait('messages.received', draft => draft.data.messageId === messageId)
  assert.deepEqual(definitionOf('messages.received').data.parse(data), data)
  assert.ok('media' in data, `a ${data.type} has no media`)
  return data
}

/** The update that brings a file which came late. */
async function arrived(rig: Rig, messageId: string) {
  const { data } = await rig.published.wait(
    'messages.update',
    draft => draft.data.messageId === messageId && draft.data.media !== undefined,
  )
  assert.deepEqual(definitionOf('messages.update').data.parse(data), data)
  return data.media
}

const kinds: [string, (file: Buffer) => MediaToSend, object, string][] = [
  [
    'image',
    image => ({ image, caption: 'look', width: 640, height: 480 }),
    { mimeType: 'image/jpeg', width: 640, height: 480 },
    'look',
  ],
  ['video', video => ({ video, seconds: 7 }), { mimeType: 'video/mp4', seconds: 7 }, ''],
  ['gif', video => ({ video, gif: true }), { mimeType: 'video/mp4' }, ''],
  ['audio', audio => ({ audio, seconds: 151 }), { mimeType: 'audio/mpeg', seconds: 151 }, ''],
  ['voice', voice => ({ voice, seconds: 4 }), { mimeType: 'audio/ogg; codecs=opus', seconds: 4 }, ''],
  [
    'document',
    document => ({ document, fileName: 'bill.pdf', mimeType: 'application/pdf', caption: 'the bill' }),
    { mimeType: 'application/pdf', fileName: 'bill.pdf' },
    'the bill',
  ],
  ['sticker', sticker => ({ sticker, animated: true }), { mimeType: 'image/webp' }, ''],
]

test('every kind of file is fetched, decrypted, checked, and told with a link to it', async t => {
  const { rig, phone, ann, read } = await stage(t)
  for (const [type, media, facts, body] of kinds) {
    const file = randomBytes(70_001)
    const { id } = await ann.sendMedia(phone, media(file))
    const data = await received(rig, id)
    const { url = '', expiresAt = '', ...told } = data.media
    assert.deepEqual([data.type, data.body], [type, body])
    assert.deepEqual(told, { ...facts, size: file.length, sha256: sha256(file) })
    assert.deepEqual(await read(url), file)
    assert.equal(String(Date.parse(expiresAt) / 1000), new URL(url).searchParams.get('expires'))
  }
})

test('a picture to be seen once is told as such, and an empty file is a file', async t => {
  const { rig, phone, ann, read } = await stage(t)
  const { id } = await ann.sendMedia(phone, { image: randomBytes(100), viewOnce: true })
  const once = await received(rig, id)
  assert.ok('viewOnce' in once && once.viewOnce)
  const { id: empty } = await ann.sendMedia(phone, { document: Buffer.alloc(0), fileName: 'empty' })
  const { media } = await received(rig, empty)
  assert.equal(media.size, 0)
  assert.deepEqual(await read(media.url ?? ''), Buffer.alloc(0))
})

test('a file in a group is fetched as well', async t => {
  const { rig, phone, ann, read } = await stage(t)
  const group = rig.whatsapp.group({ subject: 'Harbour', members: [ann, phone] })
  const file = randomBytes(5_000)
  const { id } = await ann.sendMedia(group, { image: file })
  const { media } = await received(rig, id)
  assert.deepEqual(await read(media.url ?? ''), file)
})

// Trap: Baileys' download asks for no re-upload, because it looks for the status where it is not.
for (const status of [404, 410] as const) {
  test(`a file that WhatsApp has forgotten (${status}) is asked for again and told`, async t => {
    const { rig, phone, ann, read } = await stage(t)
    const file = randomBytes(5_000)
    await phone.drop()
    const { id } = await ann.sendMedia(phone, { image: file })
    rig.whatsapp.media.expire(status)
    const { media } = await received(rig, id)
    assert.equal(media.error, undefined)
    assert.deepEqual(await read(media.url ?? ''), file)
  })
}

test('a file that nobody has any more does not keep its message, and follows when the phone is back', async t => {
  const { rig, phone, session, ann, read } = await stage(t, { ...quick, patienceMs: 300 })
  const file = randomBytes(5_000)
  await phone.drop()
  phone.answersResends = false
  const { id } = await ann.sendMedia(phone, { image: file })
  rig.whatsapp.media.expire()
  const { media } = await received(rig, id)
  assert.equal(media.error?.code, 'gone')
  assert.equal(media.url, undefined)
  await phone.saw(({ node }) => node.tag === 'receipt' && node.attrs.type === 'server-error')
  phone.answersResends = true
  const late = await arrived(rig, id)
  assert.deepEqual([late?.error, await read(late?.url ?? '')], [undefined, file])
  assert.ok(session)
})

test('a phone is asked again when the connection was lost before it answered', async t => {
  const { rig, phone, session, ann, read } = await stage(t, { ...quick, patienceMs: 300 })
  const file = randomBytes(5_000)
  await phone.drop()
  phone.answersResends = false
  const { id } = await ann.sendMedia(phone, { image: file })
  rig.whatsapp.media.expire()
  assert.equal((await received(rig, id)).media.error?.code, 'gone')
  const asks = () =>
    phone.stanzas.filter(({ node }) => node.tag === 'receipt' && node.attrs.type === 'server-error').length
  await phone.saw(() => asks() === 1)
  await phone.drop()
  await connected(rig, session.id, 3)
  await phone.saw(() => asks() >= 2)
  phone.answersResends = true
  const late = await arrived(rig, id)
  assert.deepEqual(await read(late?.url ?? ''), file)
  assert.equal(rig.published.of('messages.update').filter(draft => draft.data.messageId === id).length, 1)
})

// Traps: Baileys checks neither MAC nor checksum, and a connection cut mid-body crashes the process or hangs.
for (const fault of ['corrupt', 'truncate', 'cut', 'stall', { status: 500 }, { status: 503 }] as const) {
  const what = typeof fault === 'string' ? fault : String(fault.status)
  test(`a download that goes wrong once (${what}) is made again`, async t => {
    const { rig, phone, ann, read } = await stage(t)
    const file = randomBytes(200_000)
    rig.whatsapp.media.fail(fault)
    const { id } = await ann.sendMedia(phone, { image: file })
    const { media } = await received(rig, id)
    assert.deepEqual(await read(media.url ?? ''), file)
    assert.equal(rig.whatsapp.media.downloads, 2)
  })
}

for (const [fault, code] of [
  ['corrupt', 'corrupt'],
  ['truncate', 'corrupt'],
  ['cut', 'network'],
  ['stall', 'timeout'],
  [{ status: 500 }, 'network'],
  [{ status: 302 }, 'network'],
] as const) {
  const what = typeof fault === 'string' ? fault : String(fault.status)
  test(`a download that always goes wrong (${what}) tells the message with the error ${code}, and keeps nothing`, async t => {
    const { rig, library, phone, ann } = await stage(t, { ...quick, idleMs: 200 })
    rig.whatsapp.media.fail(fault, fault, fault)
    const { id } = await ann.sendMedia(phone, { image: randomBytes(200_000), caption: 'still here' })
    const data = await received(rig, id)
    assert.deepEqual([data.body, data.media.error?.code, data.media.url], ['still here', code, undefined])
    assert.deepEqual(await library.files(), [])
  })
}

test('a file above the limit is told as too large and never asked for', async t => {
  const { rig, phone, ann } = await stage(t, { ...quick, maxBytes: 1_000 })
  const { id } = await ann.sendMedia(phone, { image: randomBytes(1_001) })
  const { id: fits } = await ann.sendMedia(phone, { image: randomBytes(1_000) })
  assert.equal((await received(rig, id)).media.error?.code, 'too_large')
  assert.ok((await received(rig, fits)).media.url)
  assert.equal(rig.whatsapp.media.downloads, 1)
})

test('a file that is slow holds up its own message and no other, nor any receipt', async t => {
  const { rig, phone, ann } = await stage(t, { ...quick, idleMs: 60_000, patienceMs: 60_000 })
  rig.whatsapp.media.fail('stall')
  const { id } = await ann.sendMedia(phone, { image: randomBytes(200_000) })
  const { id: text } = await ann.say(phone, 'and something else')
  await rig.published.wait('messages.received', draft => draft.data.messageId === text)
  await phone.whenAcknowledged()
  assert.ok(phone.hasReceipt(id))
  assert.equal(
    rig.published.of('messages.received').find(draft => draft.data.messageId === id),
    undefined,
  )
})

test('a message does not wait for its file longer than it may; the file follows', async t => {
  const { rig, phone, ann, read } = await stage(t, { ...quick, idleMs: 2_000, patienceMs: 200 })
  rig.whatsapp.media.fail('stall')
  const file = randomBytes(200_000)
  const { id } = await ann.sendMedia(phone, { image: file })
  assert.equal((await received(rig, id)).media.error?.code, 'timeout')
  const late = await arrived(rig, id)
  assert.deepEqual(await read(late?.url ?? ''), file)
})

test('a message whose file was being fetched when the engine stopped is told whole by the next one', async t => {
  const { rig, library, engine, phone, session, ann, read } = await stage(t, {
    ...quick,
    idleMs: 60_000,
    patienceMs: 60_000,
  })
  rig.whatsapp.media.fail('stall')
  const file = randomBytes(200_000)
  const { id } = await ann.sendMedia(phone, { image: file })
  await phone.whenAcknowledged()
  await engine.stop()
  assert.deepEqual(rig.published.of('messages.received'), [])
  await rig.engine({ id: 'engine-2', media: { keeper: library, options: quick } })
  await connected(rig, session.id, 2)
  const { media } = await received(rig, id)
  assert.deepEqual(await read(media.url ?? ''), file)
})

test('no more than four files of a session are fetched at the same time', async t => {
  const { rig, phone, ann } = await stage(t)
  const sent = await Promise.all(
    Array.from({ length: 12 }, () => ann.sendMedia(phone, { image: randomBytes(300_000) })),
  )
  for (const { id } of sent) assert.ok((await received(rig, id)).media.url)
  assert.equal(rig.whatsapp.media.downloads, 12)
  assert.ok(rig.whatsapp.media.mostAtOnce <= 4, `${rig.whatsapp.media.mostAtOnce} at once`)
})

test('every kind of file is sent as what it is, and its event links to it', async t => {
  const { rig, library, engine, session, ann, read } = await stage(t)
  const sendings = [
    ['image', 'imageMessage', 'image/png', 'look'],
    ['video', 'videoMessage', 'video/mp4', 'look'],
    ['document', 'documentMessage', 'application/pdf', 'the bill'],
    ['audio', 'audioMessage', 'audio/mpeg', undefined],
    ['voice', 'audioMessage', 'audio/ogg; codecs=opus', undefined],
    ['sticker', 'stickerMessage', 'image/webp', undefined],
  ] as const
  for (const [type, field, mimeType, caption] of sendings) {
    const bytes = randomBytes(10_000)
    const file = { id: randomUUID(), mimeType, fileName: 'bill.pdf' }
    await library.keep(
      { ...file, sessionId: session.id },
      (async function* () {
        yield bytes
      })(),
    )
    const content = { type, file, ...(caption && { caption }) }
    const answer = await engine.commands.call('message.send', { sessionId: session.id, to: ann.jid, content })
    assert.ok(answer.ok, JSON.stringify(answer))
    const { messageId } = answer.result
    const { message } = await ann.waitForMessage(each => each.id === messageId)
    assert.deepEqual(await rig.whatsapp.media.read(message), bytes, type)
    const inner = (message.documentWithCaptionMessage?.message ?? message) as Record<string, object>
    assert.equal((inner[field] as { mimetype?: string }).mimetype, mimeType)
    const { data } = await rig.published.wait('message.sent', draft => draft.data.messageId === messageId)
    assert.deepEqual(definitionOf('message.sent').data.parse(data), data)
    assert.deepEqual([data.type, data.body], [type, caption ?? ''])
    assert.ok('media' in data)
    assert.equal(data.media.sha256, sha256(bytes))
    assert.deepEqual(await read(data.media.url ?? ''), bytes)
  }
  assert.equal(rig.whatsapp.media.downloads, 0)
})

test('a file that is gone before its turn is not sent', async t => {
  const { engine, session, ann } = await stage(t)
  const file = { id: randomUUID(), mimeType: 'image/png', fileName: null }
  const answer = await engine.commands.call('message.send', {
    sessionId: session.id,
    to: ann.jid,
    content: { type: 'image', file },
  })
  assert.deepEqual([answer.ok, !answer.ok && answer.code], [false, 'internal_error'])
  assert.deepEqual(ann.received, [])
})
