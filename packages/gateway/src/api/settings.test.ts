import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(() => api.stop())

test('settings say what bounds a user, and no secret', async () => {
  const { status, json, text } = await api.call('GET /settings')
  assert.equal(status, 200)
  assert.deepEqual([json.database.ok, json.sandbox, json.retention.events_days], [true, true, 14])
  assert.doesNotMatch(text, /wx_|whsec_|postgres:\/\//)
})

test('a URL is judged before it is saved, by the guard that stands before every request', async () => {
  const judge = async (url: string) =>
    (await api.call(`GET /webhooks/url-check?url=${encodeURIComponent(url)}`)).json
  assert.deepEqual(await judge('https://example.com/hook'), { ok: true, reason: null, detail: null })
  for (const [url, reason] of [
    ['http://10.0.0.5/hook', 'address'],
    ['https://me:secret@example.com/', 'credentials'],
    ['ftp://example.com/', 'scheme'],
    ['https://', 'not_a_url'],
  ] as const) {
    const verdict = await judge(url)
    assert.deepEqual([verdict.ok, verdict.reason], [false, reason], url)
    assert.ok(verdict.detail.length > 10)
  }
})
