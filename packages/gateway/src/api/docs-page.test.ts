import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(() => api.stop())

test('the reference loads its scripts from here, may load nothing from elsewhere, and needs no key', async () => {
  const page = await api.call('GET //docs', { key: null })
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
  const policy = page.headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'; script-src 'self';/)
  assert.doesNotMatch(policy, /https?:|\*|unsafe-eval/)
  assert.doesNotMatch(page.text, /https?:\/\/|<script>|\son\w+=/)
  const scripts = [...page.text.matchAll(/<script src="([^"]+)">/g)].map(([, url]) => url)
  assert.equal(scripts.length, 2)
  for (const url of scripts) {
    const script = await api.call(`GET /${url}` as 'GET //', { key: null })
    assert.equal(script.status, 200)
    assert.match(script.headers.get('content-type') ?? '', /^text\/javascript/)
    assert.match(script.text, /createApiReference/)
  }
})

test('the script is sent as small as the reader takes it', async () => {
  const sizes = await Promise.all(
    ['br', 'gzip', 'identity'].map(async encoding => {
      const response = await fetch(`${api.url}/docs/scalar.js`, { headers: { 'accept-encoding': encoding } })
      assert.equal(response.headers.get('content-encoding'), encoding === 'identity' ? null : encoding)
      await response.arrayBuffer()
      return Number(response.headers.get('content-length'))
    }),
  )
  const [br = 0, gzip = 0, identity = 0] = sizes
  assert.ok(br < gzip && gzip < identity / 2, `${sizes}`)
})

test('the documents it is drawn from are there without a key', async () => {
  assert.equal((await api.call('GET //openapi.json', { key: null })).json.openapi, '3.1.0')
  assert.equal((await api.call('GET //asyncapi.json', { key: null })).json.asyncapi, '3.0.0')
})
