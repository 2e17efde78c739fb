/** What GET /media/:id gives to whoever has a link, and to whoever made one up. */
import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Library } from '../media/library.ts'
import { testLibrary } from '../media/test-library.ts'
import type { MediaLinks } from './media.ts'
import { assertProblem } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
let library: Library
let sessionId: string
let clock = () => new Date()
const door: MediaLinks = { follow: link => library.follow(link) }
const ends: (() => unknown)[] = []

before(async () => {
  api = await startTestApi({ media: door })
  const { id } = await api.store.sessions.create({
    profileId: api.alice.profileId,
    name: 'Shop',
    network: 'sandbox',
    settings: {},
  })
  sessionId = id
  const context = { after: (end: () => unknown) => void ends.push(end) }
  library = await testLibrary(context as never, api.store.media, { base: api.url, now: () => clock() })
})
after(async () => {
  await api.stop()
  for (const end of ends) await end()
})

const bytes = randomBytes(100_000)
async function* once(of: Buffer) {
  yield of
}

function keep(o: { mimeType: string; fileName?: string; bytes?: Buffer }) {
  const file = { id: randomUUID(), sessionId, mimeType: o.mimeType, fileName: o.fileName ?? null }
  return library.keep(file, once(o.bytes ?? bytes))
}

async function get(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(url, { method, headers, redirect: 'manual' })
  return {
    status: response.status,
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  }
}

async function refusal(url: string, headers: Record<string, string> = {}) {
  const { status, headers: given, body } = await get(url, headers)
  return { status, headers: given, text: body.toString(), json: JSON.parse(body.toString()) }
}

test('a link gives the file without a key, to be kept until it expires', async () => {
  const { url, sha256 } = await keep({ mimeType: 'image/jpeg' })
  const { status, headers, body } = await get(url)
  assert.equal(status, 200)
  assert.deepEqual(body, bytes)
  assert.equal(headers.get('content-type'), 'image/jpeg')
  assert.equal(headers.get('content-length'), String(bytes.length))
  assert.equal(headers.get('etag'), `"${sha256}"`)
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.match(headers.get('cache-control') ?? '', /^private, max-age=1209\d\d\d, immutable$/)
  assert.match(headers.get('content-disposition') ?? '', /^inline; /)
  assert.equal((await get(url, { 'if-none-match': `"${sha256}"` })).status, 304)
})

test('a link that was changed, cut short or made up is refused, whether or not there is such a file', async () => {
  const { url } = await keep({ mimeType: 'image/jpeg' })
  const link = new URL(url)
  const changed = (change: (of: URL) => void) => {
    const other = new URL(link)
    change(other)
    return other.href
  }
  const forged = [
    changed(of => of.searchParams.set('expires', String(Number(of.searchParams.get('expires')) + 1))),
    changed(of => of.searchParams.set('signature', 'x')),
    changed(of => of.searchParams.delete('signature')),
    changed(of => of.searchParams.delete('expires')),
    changed(of => of.searchParams.append('expires', '1')),
    changed(of => {
      of.pathname = `/media/${randomUUID()}`
    }),
    changed(of => {
      of.pathname = '/media/..%2f..%2fapi-key'
    }),
  ]
  for (const each of forged) assertProblem(await refusal(each), 'media_link_invalid')
})

test('a link past its time says so', async () => {
  const { url, expiresAt } = await keep({ mimeType: 'image/jpeg' })
  clock = () => new Date(expiresAt.getTime() - 1)
  assert.equal((await get(url)).status, 200)
  clock = () => expiresAt
  assertProblem(await refusal(url), 'media_link_expired')
  clock = () => new Date()
})

test('a file that was removed meanwhile is not found', async () => {
  const { url } = await keep({ mimeType: 'image/jpeg' })
  await api.store.media.forget([new URL(url).pathname.split('/').at(-1) ?? ''])
  assertProblem(await refusal(url), 'media_not_found')
})

test('parts of a file are given as they are asked for', async () => {
  const { url, sha256 } = await keep({ mimeType: 'video/mp4' })
  const cases: [string, number, number][] = [
    ['bytes=0-0', 0, 0],
    ['bytes=100-199', 100, 199],
    ['bytes=99990-', 99_990, 99_999],
    ['bytes=-10', 99_990, 99_999],
    ['bytes=-200000', 0, 99_999],
    ['bytes=50-999999', 50, 99_999],
  ]
  for (const [range, start, end] of cases) {
    const { status, headers, body } = await get(url, { range })
    assert.equal(status, 206, range)
    assert.equal(headers.get('content-range'), `bytes ${start}-${end}/100000`)
    assert.deepEqual(body, bytes.subarray(start, end + 1), range)
  }
  for (const range of ['bytes=100000-', 'bytes=-0', 'bytes=200000-300000']) {
    const answer = await refusal(url, { range })
    assertProblem(answer, 'range_not_satisfiable')
    assert.equal(answer.headers.get('content-range'), 'bytes */100000')
  }
  for (const range of ['bytes=0-1,5-6', 'lines=1-2', 'bytes=5-2', 'bytes=x-y', 'bytes=-'])
    assert.equal((await get(url, { range })).status, 200, range)
  assert.equal((await get(url, { range: 'bytes=0-9', 'if-range': `"${sha256}"` })).status, 206)
  assert.equal((await get(url, { range: 'bytes=0-9', 'if-range': '"another"' })).status, 200)
})

test('HEAD says what GET would give, and gives nothing', async () => {
  const { url } = await keep({ mimeType: 'video/mp4' })
  const { status, headers, body } = await get(url, {}, 'HEAD')
  assert.deepEqual([status, headers.get('content-length'), body.length], [200, '100000', 0])
})

test('nothing that could run in a browser is shown by it', async () => {
  const active = [
    'text/html',
    'TEXT/HTML; charset=utf-8',
    'image/svg+xml',
    'application/xhtml+xml',
    'text/xml',
    'application/javascript',
    'text/javascript',
    'application/x-shockwave-flash',
    'multipart/x-mixed-replace',
  ]
  for (const mimeType of active) {
    const { url } = await keep({ mimeType, bytes: Buffer.from('<script>alert(1)</script>') })
    const { headers } = await get(url)
    assert.equal(headers.get('content-type'), 'application/octet-stream', mimeType)
    assert.match(headers.get('content-disposition') ?? '', /^attachment; /, mimeType)
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'; sandbox/)
  }
})

test('the name of a file is kept for people, and does nothing to the headers', async () => {
  const names: [string, string][] = [
    ['Rechnung März.pdf', 'filename="Rechnung M_rz.pdf"; filename*=UTF-8\'\'Rechnung%20M%C3%A4rz.pdf'],
    ['../../etc/passwd', 'filename="passwd"; filename*=UTF-8\'\'passwd'],
    [
      'a"; filename="b\r\nX-Evil: 1.pdf',
      'filename="a__ filename=_bX-Evil_ 1.pdf"; filename*=UTF-8\'\'a%22%3B%20filename%3D%22bX-Evil%3A%201.pdf',
    ],
    ['.htaccess', 'filename="htaccess"; filename*=UTF-8\'\'htaccess'],
    ['gpj.\u202efdp.exe', 'filename="gpj.fdp.exe"; filename*=UTF-8\'\'gpj.fdp.exe'],
  ]
  for (const [fileName, expected] of names) {
    const { url } = await keep({ mimeType: 'application/pdf', fileName })
    const { headers } = await get(url)
    assert.equal(
      headers.get('content-disposition'),
      `attachment; ${expected.replace('filename=_b', 'filename__b')}`,
    )
    assert.equal(headers.get('x-evil'), null)
  }
})

test('an empty file is a file', async () => {
  const { url } = await keep({ mimeType: 'image/png', bytes: Buffer.alloc(0) })
  const { status, body } = await get(url)
  assert.deepEqual([status, body.length], [200, 0])
})
