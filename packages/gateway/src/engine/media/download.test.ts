/** Where files are fetched from, which no message decides. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Attachment, attachmentOf } from '../message/attachment.ts'
import { download } from './download.ts'
import { MediaFault } from './fault.ts'

async function serve(t: TestContext, answer: RequestListener) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const limits = { maxBytes: 1_000, idleMs: 5_000, totalMs: 5_000 }
const plain = (directPath: string): Attachment => ({
  kind: 'Image',
  directPath,
  mediaKey: null,
  fileSha256: null,
  fileEncSha256: null,
  fileLength: null,
  mimeType: 'image/jpeg',
  fileName: null,
})
const keep = async (file: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(file)).toString()
const fetched = (origin: string, attachment: Attachment) =>
  download({ origin, attachment, limits, signal: new AbortController().signal, keep })
const codeOf = (code: string) => (error: unknown) => error instanceof MediaFault && error.code === code

test('a path that is an address of somebody else’s is never followed', async t => {
  const ours = await serve(t, (_request, response) => response.end('ours'))
  const theirs = await serve(t, (_request, response) => response.end('theirs'))
  const host = theirs.origin.slice('http:'.length)
  for (const path of [
    host,
    theirs.origin,
    `\\\\${host.slice(2)}/x`,
    `/\\${host.slice(2)}`,
    'v/x',
    '@x/y',
    'http:/x',
    '',
  ])
    await assert.rejects(fetched(ours.origin, plain(path)), codeOf('corrupt'), path)
  assert.deepEqual([ours.asked, theirs.asked], [[], []])
  assert.equal(await fetched(ours.origin, plain('/v/a/../x?oh=1')), 'ours')
  assert.deepEqual(ours.asked, ['/v/x?oh=1'])
})

test('a redirection is not followed', async t => {
  const theirs = await serve(t, (_request, response) => response.end('theirs'))
  const ours = await serve(t, (_request, response) =>
    response.writeHead(302, { location: theirs.origin }).end(),
  )
  await assert.rejects(fetched(ours.origin, plain('/v/x')), codeOf('network'))
  assert.deepEqual(theirs.asked, [])
})

test('of the URL in a message only the path counts', () => {
  const url = 'http://169.254.169.254/latest/meta-data?x=1'
  assert.equal(attachmentOf({ imageMessage: { url } })?.directPath, '/latest/meta-data?x=1')
  for (const useless of ['', 'https://mmg.whatsapp.net', 'not a url', 'https://web.whatsapp.net/'])
    assert.equal(attachmentOf({ imageMessage: { url: useless } }), null, useless)
  assert.equal(attachmentOf({ imageMessage: { url, directPath: '/v/y' } })?.directPath, '/v/y')
})

for (const status of [403, 404, 410])
  test(`${status} means that the file is gone`, async t => {
    const { origin } = await serve(t, (_request, response) => response.writeHead(status).end('no'))
    await assert.rejects(fetched(origin, plain('/v/x')), codeOf('gone'))
  })

test('a host that says nothing, or stops in the middle, is left after a while', async t => {
  const silent = await serve(t, () => {})
  const stalling = await serve(t, (_request, response) => void response.write('half'))
  for (const { origin } of [silent, stalling])
    await assert.rejects(
      download({
        origin,
        attachment: plain('/v/x'),
        limits: { ...limits, idleMs: 100 },
        signal: new AbortController().signal,
        keep,
      }),
      codeOf('timeout'),
    )
})

test('nobody there is a fault of the network', async t => {
  const { origin } = await serve(t, () => {})
  const closed = new URL(origin)
  closed.port = '1'
  await assert.rejects(fetched(closed.origin, plain('/v/x')), codeOf('network'))
})
