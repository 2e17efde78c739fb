import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Webhook } from '../../operations.ts'
import { blank, bodyOf, draftOf, retryOf } from './draft.ts'

const webhook: Webhook = {
  id: '0199',
  name: 'Orders',
  webhook_url: 'https://example.com/hook',
  session_ids: null,
  enabled: true,
  subscribed_events: ['messages.*'],
  retry_config: { preset: 'custom', max_attempts: 3, backoff_ms: 1_000, delays_ms: [5_000, 60_500] },
  headers: { 'X-Team': 'orders' },
  ordered: true,
  rate_limit: 20,
  health: { state: 'healthy', since: '', reason: null, paused_until: null },
  created_at: '',
  updated_at: '',
}

test('a webhook that is opened and saved again is the same', () => {
  const { retry_config, ...body } = bodyOf(draftOf(webhook))
  for (const [key, value] of Object.entries(body)) assert.deepEqual(value, webhook[key as keyof Webhook], key)
  assert.deepEqual(retry_config, { preset: 'custom', delays_ms: [5_000, 60_500] })
  const doubling = { ...webhook.retry_config, max_attempts: 7, delays_ms: null }
  assert.deepEqual(retryOf(draftOf({ ...webhook, retry_config: doubling })), doubling)
  assert.deepEqual(retryOf(draftOf({ ...webhook, retry_config: { ...doubling, preset: 'standard' } })), {
    preset: 'standard',
  })
})

test('what is typed reaches the gateway as something it can judge', () => {
  assert.deepEqual(
    retryOf({ ...blank, preset: 'custom', waits: '1, soon; 2.5' }).delays_ms,
    [1_000, 0, 2_500],
  )
  const headers = [
    { name: '', value: 'forgotten' },
    { name: 'A', value: '1' },
  ]
  assert.deepEqual(bodyOf({ ...blank, url: ' https://example.com ', headers }).headers, { A: '1' })
  assert.equal(bodyOf({ ...blank, url: ' https://example.com ' }).webhook_url, 'https://example.com')
})
