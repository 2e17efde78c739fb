/** A picture on its way from a contact's phone to a receiver's disk, through a gateway that is killed in between. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Media } from '@waxwing/events'
import { startJourney } from './journey.ts'
import type { Received } from './receiver.ts'

const sha256 = (of: Uint8Array) => createHash('sha256').update(of).digest('hex')

function mediaOf(request: Received | undefined): Media {
  const data = request?.event?.data
  assert.ok(data && 'media' in data && data.media, request?.refusal ?? 'no media')
  return data.media
}

async function fetched(media: Media): Promise<Buffer> {
  assert.deepEqual(media.error, undefined)
  const response = await fetch(media.url ?? '')
  assert.equal(response.status, 200)
  return Buffer.from(await response.arrayBuffer())
}

test('a receiver fetches what a contact sent, also after the gateway was killed while it fetched', async () => {
  const { whatsapp, phone, receiver, ...journey } = await startJourney()
  try {
    const ann = whatsapp.contact({ number: '15550101', name: 'Ann' })
    const picture = randomBytes(150_000)
    await ann.sendMedia(phone, { image: picture, caption: 'the boat' })
    await receiver.until(all => all.length === 1)
    const media = mediaOf(receiver.requests[0])
    assert.equal(media.sha256, sha256(picture))
    assert.deepEqual(await fetched(media), picture)
    assert.equal((await fetch(`${media.url}x`)).status, 403)

    whatsapp.media.fail('stall')
    const film = randomBytes(3_000_000)
    await ann.sendMedia(phone, { video: film })
    await phone.whenAcknowledged()
    await journey.restart('kill')
    await receiver.until(all => all.length === 2)
    assert.deepEqual(await fetched(mediaOf(receiver.requests[1])), film)
    // What was kept before is still there, under the same link.
    const port = new URL(mediaOf(receiver.requests[1]).url ?? '').port
    const former = new URL(media.url ?? '')
    former.port = port
    assert.equal(sha256(await fetched({ ...media, url: former.href })), media.sha256)
    assert.equal(receiver.requests.length, 2)
  } finally {
    await journey.end()
  }
})

test('a file is sent by its address or as it is, and the event of the sender links to it', async () => {
  const film = randomBytes(400_000)
  const files = createServer((request, response) => {
    if (request.url !== '/film.mp4') return response.writeHead(404).end()
    return response.writeHead(200, { 'content-type': 'video/mp4' }).end(film)
  })
  files.listen(0, '127.0.0.1')
  await once(files, 'listening')
  const url = `http://127.0.0.1:${(files.address() as AddressInfo).port}`
  const { whatsapp, receiver, gateway, sessionId, end } = await startJourney({
    webhook: { subscribed_events: ['message.sent'] },
  })
  try {
    const ann = whatsapp.contact({ number: '15550101', name: 'Ann' })
    const send = (body: object) =>
      gateway.api('POST', `/sessions/${sessionId}/messages`, { to: ann.number, ...body })
    const note = randomBytes(3_000)
    const sendings = [
      [{ type: 'video', media: { url: `${url}/film.mp4` }, caption: 'how it moves' }, film],
      [{ type: 'voice', media: { base64: note.toString('base64') } }, note],
    ] as const
    for (const [body, bytes] of sendings) {
      const answer = await send(body)
      assert.equal(answer.status, 201, JSON.stringify(answer.body))
      const { message } = await ann.waitForMessage(each => each.id === answer.body.message_id)
      assert.deepEqual(await whatsapp.media.read(message), bytes)
      const told = (request: Received) => request.body.includes(answer.body.message_id)
      await receiver.until(all => all.some(told))
      assert.deepEqual(await fetched(mediaOf(receiver.requests.find(told))), bytes)
    }
    const missing = await send({ type: 'video', media: { url: `${url}/nothing.mp4` } })
    assert.deepEqual([missing.status, missing.body.code], [422, 'file_not_fetched'])
    const inside = await send({ type: 'image', media: { url: 'http://169.254.169.254/latest/meta-data' } })
    assert.deepEqual([inside.status, inside.body.errors?.[0]?.pointer], [422, '/media/url'])
  } finally {
    await end()
    files.close()
    files.closeAllConnections()
  }
})

test('files are kept in a private bucket, and read through the gateway', async () => {
  const objects = new Map<string, Buffer>()
  const bucket = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const path = request.url ?? ''
    if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 Credential=some-key/'))
      return response.writeHead(403).end()
    if (request.method === 'PUT') objects.set(path, body)
    return response
      .writeHead(objects.has(path) ? 200 : 404)
      .end(request.method === 'GET' && objects.get(path))
  })
  bucket.listen(0, '127.0.0.1')
  await once(bucket, 'listening')
  const endpoint = `http://127.0.0.1:${(bucket.address() as AddressInfo).port}`
  const { whatsapp, phone, receiver, end } = await startJourney({
    env: {
      MEDIA_STORE: `s3://media/waxwing?endpoint=${endpoint}`,
      MEDIA_STORE_KEY_ID: 'some-key',
      MEDIA_STORE_SECRET: 'some-secret',
    },
  })
  try {
    const note = randomBytes(20_000)
    await whatsapp.contact({ number: '15550101', name: 'Ann' }).sendMedia(phone, { voice: note, seconds: 3 })
    await receiver.until(all => all.length === 1)
    const media = mediaOf(receiver.requests[0])
    const link = new URL(media.url ?? '')
    assert.deepEqual([...objects.keys()], [`/media/waxwing/${link.pathname.split('/').at(-1)}`])
    const response = await fetch(link)
    assert.equal(response.headers.get('content-type'), 'audio/ogg; codecs=opus')
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), note)
  } finally {
    await end()
    bucket.close()
    bucket.closeAllConnections()
  }
})
