/** Law 8: every failure is of exactly one class of a fixed list. The real receivers that cause them are in send.test.ts. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ErrorClass, errorClasses } from '@waxwing/events'
import { failureOf, failureOfStatus } from './failure.ts'
import { BlockedAddress } from './guard.ts'

const withCode = (code: string) => Object.assign(new Error(`failed: ${code}`), { code })

/** Of each class what the network, the receiver or the guard can come with; `too_slow` is the deadline's own. */
const causes: Record<Exclude<ErrorClass, 'too_slow'>, readonly unknown[]> = {
  dns: ['ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'EAI_AGAIN'].map(withCode),
  refused: ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'].map(withCode),
  timeout: ['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'].map(withCode),
  reset: ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].map(withCode),
  tls: ['DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'EPROTO'].map(
    withCode,
  ),
  blocked: [new BlockedAddress('10.0.0.1 is a private address')],
  invalid_response: ['HPE_INVALID_CONSTANT', 'UND_ERR_HEADERS_OVERFLOW'].map(withCode),
  redirect: [300, 301, 302, 303, 304, 307, 308, 399],
  http_4xx: [400, 401, 403, 404, 410, 418, 429, 499],
  http_5xx: [500, 502, 503, 504, 599],
}

describe('a failure', () => {
  for (const [errorClass, all] of Object.entries(causes))
    test(`is ${errorClass} for whatever comes to that`, () => {
      for (const cause of all) {
        const failure = typeof cause === 'number' ? failureOfStatus(cause, undefined) : failureOf(cause)
        assert.equal(failure?.class, errorClass, String(cause))
        assert.ok(failure.message.length > 0)
      }
    })

  test('has one of eleven classes, and no other', () => {
    assert.deepEqual([...errorClasses].sort(), [...Object.keys(causes), 'too_slow'].sort())
    assert.equal(errorClasses.length, 11)
  })

  test('of several addresses is told by the first', () => {
    const both = new AggregateError([withCode('ECONNREFUSED'), withCode('ETIMEDOUT')])
    assert.equal(failureOf(both).class, 'refused')
  })

  test('is none for any 2xx, and for nothing else', () => {
    for (let status = 200; status < 600; status++)
      assert.equal(failureOfStatus(status, undefined) === null, status < 300, String(status))
  })
})
