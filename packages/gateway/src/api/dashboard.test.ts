import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(() => api.stop())

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const open = (path: string, headers: Record<string, string> = browser) =>
  api.call(`GET /${path}` as `GET /${string}`, { key: null, headers })

test('every address a browser opens shows the dashboard, which may load nothing from elsewhere', async () => {
  for (const path of ['/', '/deliveries?status=failed', '/webhooks/0199/test', '/nothing/here']) {
    const page = await open(path)
    assert.equal(page.status, 200, path)
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
    const policy = page.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/)
    assert.doesNotMatch(policy, /unsafe|https?:/)
    assert.doesNotMatch(page.text, /<script>|<style| style=| on\w+=/)
  }
})

test('the files of a page are there, compressed, and kept by the browser for good', async () => {
  const page = await open('/')
  const files = [...page.text.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map(([, path]) => path ?? '')
  assert.ok(files.length >= 4, page.text)
  for (const path of files) {
    const file = await open(path, { 'accept-encoding': 'gzip' })
    assert.equal(file.status, 200, path)
    assert.equal(file.headers.get('content-encoding'), 'gzip', path)
    const cached = file.headers.get('cache-control') ?? ''
    assert.match(cached, path.startsWith('/assets/') ? /immutable/ : /no-cache/)
  }
})

test('what a program asks for is refused as before: the dashboard hides no missing route', async () => {
  for (const path of ['/nothing/here', '/assets/missing.js', '/..%2f..%2fpackage.json'])
    assert.equal((await open(path, { accept: 'application/json' })).status, 404, path)
  for (const path of ['/api/v1/nothing', '/api', '/api/v1/sessions/x/connect']) {
    const answer = await open(path)
    assert.equal(answer.headers.get('content-type'), 'application/problem+json', path)
  }
  assert.equal((await api.call('POST //nothing', { key: null, headers: browser })).status, 404)
})
