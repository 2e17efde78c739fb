import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { startTestApi, type TestApi } from './test-api.ts'
import { openStream } from './test-stream.ts'

let api: TestApi
before(async () => {
  api = await startTestApi({ publicUrl: 'https://wa.example.com' })
})
after(() => api.stop())

/** Whatever kind of answer it is. */
const answers = [
  'GET /sessions',
  'GET /sessions/none',
  'POST /sessions',
  'PUT /sessions',
  'GET /nothing',
  'GET /sessions/%E0%A4%A',
  'GET //health',
  'GET //metrics',
  'GET //openapi.json',
  'GET //asyncapi.json',
  'GET //docs',
  'GET //docs/start.js',
  'GET //',
] as const

function assertSafe(headers: Headers, what: string): void {
  assert.equal(headers.get('x-content-type-options'), 'nosniff', what)
  assert.equal(headers.get('x-frame-options'), 'DENY', what)
  assert.equal(headers.get('referrer-policy'), 'no-referrer', what)
  assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin', what)
  assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin', what)
  assert.match(headers.get('permissions-policy') ?? '', /camera=\(\)/, what)
  assert.ok(headers.get('x-request-id'), what)
  assert.equal(headers.get('access-control-allow-origin'), null, what)
  assert.equal(headers.get('server'), null, what)
  const policy = headers.get('content-security-policy') ?? ''
  assert.match(policy, /^default-src 'none'/, what)
  for (const directive of ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])
    assert.ok(policy.includes(directive), `${what}: ${policy}`)
  assert.doesNotMatch(policy, /unsafe-eval|https?:|\*|script-src[^;]*unsafe-inline/, what)
}

test('every answer forbids to be framed, sniffed, scripted or read from elsewhere', async () => {
  const statuses = new Set<number>()
  for (const route of answers) {
    const { headers, status } = await api.call(route)
    assertSafe(headers, route)
    statuses.add(status)
  }
  assert.ok(statuses.size >= 5, `only ${[...statuses]}`)
  const stream = await openStream(`${api.url}/api/v1/live`, { 'x-api-key': api.alice.key })
  assertSafe(stream.headers, 'GET /live')
  await stream.close()
})

test('so does the answer to what is no HTTP', async () => {
  const { port, hostname } = new URL(api.url)
  const socket = connect(Number(port), hostname).end('GARBAGE\r\n\r\n')
  let answer = ''
  for await (const chunk of socket) answer += chunk
  const lines = answer.split('\r\n\r\n')[0]?.split('\r\n').slice(1) ?? []
  assertSafe(new Headers(lines.map(line => line.split(/: (.*)/s).slice(0, 2) as [string, string])), 'garbage')
})

test('where the operator says https, browsers are told to stay with it', async () => {
  const { headers } = await api.call('GET //docs')
  assert.equal(headers.get('strict-transport-security'), 'max-age=31536000')
  const plain = await startTestApi()
  try {
    assert.equal((await plain.call('GET //docs')).headers.get('strict-transport-security'), null)
  } finally {
    await plain.stop()
  }
})
