import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Agent } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { test } from 'node:test'
import { downloadContentFromMessage, normalizeMessageContent, type WAMessage } from 'baileys'
import { connect, pair, startNetwork } from './test-client.ts'
import type { MediaToSend, WhatsApp } from './whatsapp.ts'

const ADA = { number: '15550100', name: 'Ada' }
const BOB = { number: '15550101', name: 'Bob' }

const bytes = () => randomBytes(5_000)
const sendings: [string, (file: Buffer) => MediaToSend][] = [
  ['imageMessage', image => ({ image, caption: 'look' })],
  ['videoMessage', video => ({ video, seconds: 3 })],
  ['audioMessage', voice => ({ voice, seconds: 4 })],
  ['documentMessage', document => ({ document, fileName: 'a.pdf', caption: 'the bill' })],
  ['stickerMessage', sticker => ({ sticker })],
  ['imageMessage', image => ({ image, viewOnce: true })],
]

/** As a client downloads it, but from the host of the simulation. */
async function download(whatsapp: WhatsApp, message: WAMessage, field: string): Promise<Buffer> {
  const content = normalizeMessageContent(message.message) as Record<
    string,
    { mediaKey: Uint8Array; directPath: string }
  >
  const found = content[field]
  assert.ok(found, `no ${field} in ${JSON.stringify(content)}`)
  const url = new URL(found.directPath, whatsapp.url.replace('ws:', 'http:')).href
  const kind = field.replace('Message', '') as 'image'
  const stream = await downloadContentFromMessage({ mediaKey: found.mediaKey, url }, kind)
  return Buffer.concat(await stream.toArray())
}

test('what a contact sends is downloaded and decrypted by an unmodified Baileys', async t => {
  const whatsapp = await startNetwork(t)
  const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
  const client = await pair(whatsapp, ADA)
  for (const [field, media] of sendings) {
    const file = bytes()
    const { id } = await bob.sendMedia(phone, media(file))
    const message = await client.message(each => each.key.id === id)
    assert.deepEqual(await download(whatsapp, message, field), file, field)
  }
})

test('a file sent by an unmodified Baileys is opened by its receiver', async t => {
  const whatsapp = await startNetwork(t)
  const bob = whatsapp.contact(BOB)
  const { keychain, ...first } = await pair(whatsapp, ADA)
  await first.end()
  // Baileys uploads to https:// whatever the server says; the simulation is reached without TLS.
  const fetchAgent = new Agent()
  fetchAgent.createConnection = o => connectTcp(o as { port: number; host: string })
  t.after(() => fetchAgent.destroy())
  const client = connect(whatsapp, keychain, { fetchAgent })
  await client.opened()
  const file = bytes()
  await client.socket.sendMessage(bob.jid, { document: file, mimetype: 'application/pdf', fileName: 'a.pdf' })
  const received = await bob.waitForMessage()
  assert.deepEqual(await whatsapp.media.read(received.message), file)
})

for (const status of [404, 410] as const) {
  test(`a file that is gone (${status}) comes back when the phone is asked`, async t => {
    const whatsapp = await startNetwork(t)
    const [phone, bob] = [whatsapp.phone(ADA), whatsapp.contact(BOB)]
    const client = await pair(whatsapp, ADA)
    const file = bytes()
    const { id } = await bob.sendMedia(phone, { image: file })
    const message = await client.message(each => each.key.id === id)
    whatsapp.media.expire(status)
    await assert.rejects(download(whatsapp, message, 'imageMessage'))
    phone.answersResends = false
    const asked = client.socket.updateMediaMessage(structuredClone(message))
    await phone.saw(({ node }) => node.tag === 'receipt' && node.attrs.type === 'server-error')
    phone.answersResends = true
    const again = await asked
    assert.notEqual(again.message?.imageMessage?.directPath, message.message?.imageMessage?.directPath)
    assert.deepEqual(await download(whatsapp, again, 'imageMessage'), file)
  })
}
