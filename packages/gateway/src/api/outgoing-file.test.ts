/** Files that callers want to send, by address or in the request itself. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { OutgoingFileDeps } from './outgoing-file.ts'
import { assertProblem, pointersOf } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'

type Kept = { id: string; sessionId: string; mimeType: string; fileName: string | null; text: string }

let api: TestApi
let route: `POST /${string}`
let kept: Kept[] = []
let answer: Awaited<ReturnType<OutgoingFileDeps['files']['fetch']>>

before(async () => {
  api = await startTestApi({
    outgoing: {
      media: {
        async keep(file, source) {
          const text = Buffer.concat(await Array.fromAsync(source)).toString()
          kept.push({ ...file, text })
        },
      },
      files: { fetch: async () => answer },
      maxFileBytes: 1_000,
    },
  })
  const session = await api.call('POST /sessions', { body: { name: 'Shop' } })
  route = `POST /sessions/${session.json.id}/messages`
})
after(() => api.stop())
beforeEach(() => {
  kept = []
})

const to = '15550100'
const base64 = Buffer.from('a boat').toString('base64')
async function* bytes(...pieces: string[]) {
  for (const piece of pieces) yield Buffer.from(piece)
}

test('a file in the request is kept and handed to the engine by its id', async () => {
  const media = { base64, mime_type: 'application/pdf', file_name: 'boat.pdf' }
  const sent = await api.call(route, { body: { to, type: 'document', media, caption: 'ours' } })
  assert.equal(sent.status, 201, sent.text)
  const [file] = kept
  assert.equal(file?.text, 'a boat')
  const args = api.heard.at(-1)?.args as { sessionId: string; content: object }
  assert.equal(file?.sessionId, args.sessionId)
  assert.deepEqual(args.content, {
    type: 'document',
    file: { id: file?.id, mimeType: 'application/pdf', fileName: 'boat.pdf' },
    caption: 'ours',
  })
})

test('a file at an address has the type that was given, else that of its answer, else that of its kind', async () => {
  const types = async (media: object, mimeType: string | null) => {
    answer = { ok: true, mimeType, body: bytes('a', 'b') }
    const sent = await api.call(route, {
      body: { to, type: 'voice', media: { url: 'https://example.com/a', ...media } },
    })
    assert.equal(sent.status, 201, sent.text)
    return kept.at(-1)?.mimeType
  }
  assert.equal(await types({ mime_type: 'audio/mp4' }, 'audio/mpeg'), 'audio/mp4')
  assert.equal(await types({}, 'audio/mpeg'), 'audio/mpeg')
  assert.equal(await types({}, null), 'audio/ogg; codecs=opus')
  assert.equal(await types({}, 'no type\r\nat all'), 'audio/ogg; codecs=opus')
  assert.equal(kept.at(-1)?.text, 'ab')
})

test('an address that may not be asked is a fault of the request, and one that does not answer is told', async () => {
  const body = { to, type: 'image', media: { url: 'http://10.0.0.1/' } }
  const heard = api.heard.length
  answer = { ok: false, reason: 'refused', detail: '10.0.0.1: that is a private network.' }
  assert.deepEqual(pointersOf(await api.call(route, { body })), ['/media/url'])
  answer = { ok: false, reason: 'unreachable', detail: 'example.com answered with status 404.' }
  assertProblem(await api.call(route, { body }), 'file_not_fetched')
  answer = { ok: true, mimeType: null, body: bytes('x'.repeat(600), 'x'.repeat(600)) }
  assertProblem(await api.call(route, { body }), 'file_not_fetched')
  answer = {
    ok: true,
    mimeType: null,
    body: (async function* () {
      yield Buffer.from('half')
      throw new Error('reset')
    })(),
  }
  assertProblem(await api.call(route, { body }), 'file_not_fetched')
  assert.deepEqual([kept.length, api.heard.length], [0, heard])
})

test('a body that names no file, two, or what does not belong to it is refused by its field', async () => {
  const cases: [object, string][] = [
    [{ type: 'image' }, '/media'],
    [{ type: 'image', media: {} }, '/media'],
    [{ type: 'image', media: { base64, url: 'https://example.com/a' } }, '/media'],
    [{ type: 'image', media: { url: 'not a url' } }, '/media/url'],
    [{ type: 'image', media: { base64: '***' } }, '/media/base64'],
    [{ type: 'image', media: { base64, mime_type: 'a/b\r\nX: y' } }, '/media/mime_type'],
    [{ type: 'voice', media: { base64 }, caption: 'no' }, '/caption'],
  ]
  for (const [body, pointer] of cases)
    assert.deepEqual(
      pointersOf(await api.call(route, { body: { to, ...body } })),
      [pointer],
      JSON.stringify(body),
    )
  assert.equal(kept.length, 0)
})

test('nothing is fetched for a session that is not the caller’s', async () => {
  answer = { ok: true, mimeType: null, body: bytes('a') }
  const body = { to, type: 'image', media: { url: 'https://example.com/a' } }
  assertProblem(await api.call(route, { key: api.bob.key, body }), 'session_not_found')
  assert.equal(kept.length, 0)
})
