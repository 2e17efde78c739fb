/** Law 7: one deadline over all of an attempt, and a shorter one over its connection. Headers and bodies: send.test.ts. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createGuard } from './guard.ts'
import { createSender, type SendRequest } from './send.ts'
import { startRawReceiver } from './test-receiver.ts'

const request: Omit<SendRequest, 'url'> = {
  body: '{}',
  eventId: '0199a0b0-0000-7000-8000-000000000001',
  eventType: 'messages.received',
  deliveryId: '0199a0b0-0000-7000-8000-000000000002',
  attempt: 1,
  secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  headers: {},
}

describe('a receiver that takes the connection and never begins TLS', { concurrency: true }, () => {
  for (const { timeoutMs, ends } of [
    { timeoutMs: 1_000, ends: 'at the deadline of the attempt' },
    { timeoutMs: 30_000, ends: 'after five seconds, whatever the deadline of the attempt' },
  ])
    test(`is given up ${ends}`, async t => {
      const guard = createGuard({ allow: 'public', allowLoopback: true })
      const sender = createSender({ timeoutMs, guard, userAgent: 'test' })
      const receiver = await startRawReceiver(() => {})
      t.after(() => Promise.all([sender.close(), receiver.stop()]))
      const url = receiver.url.replace('http:', 'https:')
      const { error, response, timings, durationMs } = await sender.send({ ...request, url })
      assert.deepEqual([error?.class, response, timings.tlsMs], ['timeout', null, null])
      const atDeadline = `No connection within ${timeoutMs} ms.`
      assert.equal(error?.message === atDeadline, timeoutMs === 1_000, error?.message)
      assert.ok(durationMs >= Math.min(timeoutMs, 5_000) - 50, String(durationMs))
    })
})
