import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import type { ErrorClass } from '@waxwing/events'
import { generateSecret, verifySignature } from '@waxwing/events'
import type { Attempt } from './attempt.ts'
import { createGuard } from './guard.ts'
import { createSender, type SendRequest } from './send.ts'
import { selfSigned } from './test-certificate.ts'
import { type Receiver, startRawReceiver, startReceiver } from './test-receiver.ts'

const guard = createGuard({ allow: 'public', allowLoopback: true })
const sender = createSender({ timeoutMs: 10_000, guard, userAgent: 'Waxwing/0.0.0-test' })
/** For receivers that never end: the shortest deadline there is. */
const impatient = createSender({ timeoutMs: 1_000, guard, userAgent: 'Waxwing/0.0.0-test' })
after(() => Promise.all([sender.close(), impatient.close()]))

const secret = generateSecret()
const request: Omit<SendRequest, 'url'> = {
  body: '{"id":"e1","text":"grüße 👋","z":1,"a":2}',
  eventId: '0199a0b0-0000-7000-8000-000000000001',
  eventType: 'messages.received',
  deliveryId: '0199a0b0-0000-7000-8000-000000000002',
  attempt: 2,
  secrets: [secret],
  headers: {},
}

describe('the request', () => {
  test('is the one of the contract, and its bytes are the signed bytes', async t => {
    const receiver = await receiving(t, 200)
    const attempt = await sender.send({ ...request, url: `${receiver.url}?tenant=5` })
    assert.equal(attempt.error, null)
    const [got] = receiver.received
    assert.ok(got)
    assert.equal(got.body.toString('utf8'), request.body)
    assert.equal(got.url, '/hook?tenant=5')
    const names = got.rawHeaders.filter((_, i) => i % 2 === 0)
    assert.deepEqual(names.toSorted(), [
      'Content-Type',
      'User-Agent',
      'X-Delivery-Attempt',
      'X-Delivery-Id',
      'X-Event-Type',
      'X-Hub-Signature',
      'X-Hub-Signature-256',
      'connection',
      'content-length',
      'host',
      'webhook-id',
      'webhook-signature',
      'webhook-timestamp',
    ])
    assert.equal(got.headers['content-type'], 'application/json')
    assert.equal(got.headers['user-agent'], 'Waxwing/0.0.0-test')
    assert.equal(got.headers['x-event-type'], 'messages.received')
    assert.equal(got.headers['x-delivery-id'], request.deliveryId)
    assert.equal(got.headers['x-delivery-attempt'], '2')
    assert.equal(got.headers['webhook-id'], request.eventId)
    const verified = await verifySignature({ headers: got.headers, body: got.body, secret })
    assert.deepEqual(verified, { ok: true, scheme: 'standard-webhooks' })
  })

  test('carries the user’s headers, hides their values in the record, and none replaces ours', async t => {
    const receiver = await receiving(t, 200)
    const headers = {
      Authorization: 'Bearer s3cret',
      'x-delivery-id': 'forged',
      Host: 'evil.example',
      Bad: 'a\r\nX-Evil: 1',
    }
    const attempt = await sender.send({ ...request, url: receiver.url, headers })
    const got = receiver.received[0]?.headers
    assert.equal(got?.authorization, 'Bearer s3cret')
    assert.equal(got?.['x-delivery-id'], request.deliveryId)
    assert.match(got?.host ?? '', /^127\.0\.0\.1:/)
    assert.equal(got?.['x-evil'], undefined)
    assert.equal(attempt.requestHeaders.Authorization, '(hidden)')
    assert.equal(attempt.requestHeaders['X-Delivery-Id'], request.deliveryId)
    assert.ok(!JSON.stringify(attempt).includes('s3cret'))
  })

  test('says in the log which headers it leaves out, once, and never their values', async t => {
    const receiver = await receiving(t, 200)
    const lines: unknown[] = []
    const log = { warn: (...line: unknown[]) => lines.push(line) }
    const speaking = createSender({ timeoutMs: 10_000, guard, userAgent: 'Waxwing/0.0.0-test', log })
    t.after(() => speaking.close())
    const headers = Object.fromEntries(Array.from({ length: 22 }, (_, i) => [`X-${i}`, 's3cret']))
    for (let i = 0; i < 2; i++) await speaking.send({ ...request, url: receiver.url, headers })
    assert.equal(receiver.received[1]?.headers['x-19'], 's3cret')
    assert.equal(receiver.received[1]?.headers['x-20'], undefined)
    assert.equal(lines.length, 1)
    assert.match(JSON.stringify(lines), /"deliveryId":"0199a0b0.*"X-20".*"X-21"/)
    assert.doesNotMatch(JSON.stringify(lines), /s3cret/)
  })

  test('with a secret that cannot sign is not sent, and says so', async t => {
    const receiver = await receiving(t, 200)
    const attempt = await sender.send({ ...request, url: receiver.url, secrets: [] })
    assert.equal(attempt.error?.class, 'blocked')
    assert.match(attempt.error?.message ?? '', /secret/)
    assert.equal(receiver.received.length, 0)
  })
})

describe('an answer', () => {
  for (const status of [200, 201, 202, 204])
    test(`of ${status} is success`, async t => {
      const receiver = await receiving(t, status)
      const attempt = await sender.send({ ...request, url: receiver.url })
      assert.equal(attempt.error, null)
      assert.equal(attempt.response?.status, status)
      assert.ok(Number.isInteger(attempt.durationMs))
      assert.ok(attempt.timings.firstByteMs !== null && attempt.timings.bodyMs !== null)
    })

  for (const [status, errorClass] of [
    [300, 'redirect'],
    [304, 'redirect'],
    [400, 'http_4xx'],
    [401, 'http_4xx'],
    [410, 'http_4xx'],
    [429, 'http_4xx'],
    [500, 'http_5xx'],
    [503, 'http_5xx'],
    [599, 'http_5xx'],
  ] as [number, ErrorClass][])
    test(`of ${status} is a failure of class ${errorClass}`, async t => {
      const receiver = await receiving(t, status)
      const attempt = await sender.send({ ...request, url: receiver.url })
      assert.equal(attempt.error?.class, errorClass)
      assert.equal(attempt.response?.status, status)
    })

  test('that redirects is not followed', async t => {
    const elsewhere = await receiving(t, 200)
    const receiver = await answering(t, (_, __, response) => {
      response.writeHead(302, { location: elsewhere.url }).end()
    })
    const attempt = await sender.send({ ...request, url: receiver.url })
    assert.equal(attempt.error?.class, 'redirect')
    assert.match(attempt.error?.message ?? '', /302 to http:/)
    assert.equal(elsewhere.received.length, 0)
  })

  test('is recorded with its headers and its body as text', async t => {
    const receiver = await answering(t, (_, __, response) => {
      response.writeHead(200, { 'X-Reply': 'a', 'Set-Cookie': ['a=1', 'b=2'] }).end('ok, grüße\0')
    })
    const { response } = await sender.send({ ...request, url: receiver.url })
    assert.equal(response?.headers['x-reply'], 'a')
    assert.equal(response?.headers['set-cookie'], 'a=1, b=2')
    assert.equal(response?.body, 'ok, grüße\uFFFD')
    assert.equal(response?.truncated, false)
  })

  test('after informational ones is the one that counts', async t => {
    const receiver = await raw(t, socket => {
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n')
      socket.write('HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n')
    })
    const attempt = await sender.send({ ...request, url: receiver.url })
    assert.equal(attempt.response?.status, 500)
  })
})

describe('a body', () => {
  test('of up to 16 KiB is kept whole, and the connection with it', async t => {
    const receiver = await answering(t, (_, __, response) => response.end('x'.repeat(16 * 1024)))
    for (let i = 0; i < 3; i++) {
      const { response } = await sender.send({ ...request, url: receiver.url })
      assert.equal(response?.body.length, 16 * 1024)
      assert.equal(response?.truncated, false)
      await untilIdle()
    }
    assert.equal(receiver.connections(), 1)
  })

  test('longer than that is cut between characters', async t => {
    const receiver = await answering(t, (_, __, response) => response.end(`x${'ü'.repeat(10_000)}`))
    const { response, error } = await sender.send({ ...request, url: receiver.url })
    assert.equal(error, null)
    assert.equal(response?.truncated, true)
    assert.equal(response?.body, `x${'ü'.repeat((16 * 1024 - 2) / 2)}`)
  })

  test('without end is read for 64 KiB, then the socket is destroyed; the status still counts', async t => {
    const closed = Promise.withResolvers<number>()
    const receiver = await answering(t, (_, req, response) => {
      let sent = 0
      const more = () => {
        for (let i = 0; i < 100; i++) {
          sent += 16_384
          if (!response.write('y'.repeat(16_384))) return
        }
      }
      response.on('drain', more)
      req.socket.on('close', () => closed.resolve(sent))
      more()
    })
    const { response, error } = await sender.send({ ...request, url: receiver.url })
    assert.equal(error, null)
    assert.equal(response?.truncated, true)
    assert.equal(response?.body.length, 16 * 1024)
    // What the kernel's buffers took is not ours to bound; an endless body would be far beyond.
    assert.ok((await closed.promise) < 32 * 1024 * 1024)
  })

  for (const [encoding, compress] of [
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['GZIP', gzipSync],
  ] as const)
    test(`in ${encoding} (${compress.name}) is decoded`, async t => {
      const receiver = await answering(t, (_, __, response) => {
        response.writeHead(200, { 'content-encoding': encoding }).end(compress('{"ok":true,"text":"grüße"}'))
      })
      const { response } = await sender.send({ ...request, url: receiver.url })
      assert.equal(response?.body, '{"ok":true,"text":"grüße"}')
      assert.equal(response?.truncated, false)
    })

  test('that is a bomb costs no more than an honest one', async t => {
    const bomb = gzipSync(Buffer.alloc(60 * 1024 * 1024))
    assert.ok(bomb.length < 64 * 1024, `${bomb.length}`)
    const receiver = await answering(t, (_, __, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    })
    const before = process.memoryUsage()
    const { response, error } = await sender.send({ ...request, url: receiver.url })
    const after = process.memoryUsage()
    assert.equal(error, null)
    assert.equal(response?.body.length, 16 * 1024)
    assert.equal(response?.truncated, true)
    const grown = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed
    assert.ok(grown < 20 * 1024 * 1024, `${grown} bytes`)
  })

  for (const encoding of ['gzip', 'br', 'deflate', 'compress', 'gzip, br'])
    test(`that is not what its encoding (${encoding}) says does not undo a 2xx`, async t => {
      const receiver = await answering(t, (_, __, response) => {
        response.writeHead(200, { 'content-encoding': encoding }).end('plain text, really')
      })
      const { response, error } = await sender.send({ ...request, url: receiver.url })
      assert.equal(error, null)
      assert.equal(response?.truncated, true)
    })
})

describe('a receiver that', { concurrency: true }, () => {
  test('accepts and never answers is a timeout', async t => {
    const receiver = await answering(t, () => {})
    const attempt = await impatient.send({ ...request, url: receiver.url })
    assertFailed(attempt, 'timeout')
    assert.ok(attempt.durationMs >= 999)
  })

  test('sends headers drop by drop is a timeout, whatever it still sends', async t => {
    const receiver = await raw(t, socket => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const drip = setInterval(() => socket.write('x-drip: 1\r\n'), 50)
      socket.on('close', () => clearInterval(drip))
    })
    assertFailed(await impatient.send({ ...request, url: receiver.url }), 'timeout')
  })

  test('answers 200 and never ends its body is too slow', async t => {
    const receiver = await answering(t, (_, __, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('.'), 50)
      response.on('close', () => clearInterval(drip))
    })
    const attempt = await impatient.send({ ...request, url: receiver.url })
    assert.equal(attempt.error?.class, 'too_slow')
    assert.equal(attempt.response?.status, 200)
    assert.equal(attempt.response?.truncated, true)
    assert.match(attempt.response?.body ?? '', /^\.+$/)
  })

  test('never takes the connection is a timeout', async t => {
    // Its resolver never answers, which is the first place an attempt can hang.
    const hanging = createGuard({
      allow: 'public',
      allowLoopback: true,
      resolve: () => new Promise(() => {}),
    })
    const waiting = createSender({ timeoutMs: 1_000, guard: hanging, userAgent: 'test' })
    t.after(() => waiting.close())
    const attempt = await waiting.send({ ...request, url: 'http://hangs.example/' })
    assertFailed(attempt, 'timeout')
    assert.match(attempt.error?.message ?? '', /No connection/)
  })

  test('cuts the connection is a reset', async t => {
    const receiver = await raw(t, socket => socket.resetAndDestroy())
    assertFailed(await sender.send({ ...request, url: receiver.url }), 'reset')
  })

  test('closes without a word is a reset', async t => {
    const receiver = await raw(t, socket => socket.end())
    assertFailed(await sender.send({ ...request, url: receiver.url }), 'reset')
  })

  test('cuts the connection within its body is a failure although it said 200', async t => {
    const receiver = await raw(t, socket => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.resetAndDestroy())
    })
    const attempt = await sender.send({ ...request, url: receiver.url })
    assert.ok(attempt.error !== null)
  })

  test('does not exist is refused', async t => {
    const receiver = await startReceiver(() => {})
    await receiver.stop()
    t.diagnostic(receiver.url)
    assertFailed(await sender.send({ ...request, url: receiver.url }), 'refused')
  })

  test('has no DNS record is a DNS failure', async t => {
    const failing = createGuard({
      allow: 'public',
      allowLoopback: true,
      resolve: async name => {
        throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' })
      },
    })
    const lost = createSender({ timeoutMs: 1_000, guard: failing, userAgent: 'test' })
    t.after(() => lost.close())
    assertFailed(await lost.send({ ...request, url: 'http://nowhere.example/' }), 'dns')
  })

  for (const [name, answer] of [
    ['does not speak HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['speaks a broken HTTP', 'HTTP/1.1 OK\r\n\r\n'],
    ['sends huge headers', `HTTP/1.1 200 OK\r\nx-huge: ${'h'.repeat(40_000)}\r\n\r\n`],
    ['lies about its length', 'HTTP/1.1 200 OK\r\ncontent-length: zz\r\n\r\n'],
  ] as const)
    test(`${name} gives an invalid response`, async t => {
      const receiver = await raw(t, socket => socket.write(answer))
      assertFailed(await sender.send({ ...request, url: receiver.url }), 'invalid_response')
    })

  test('stands on a forbidden address is blocked and never dialled', async t => {
    const receiver = await receiving(t, 200)
    const strict = createSender({
      timeoutMs: 1_000,
      guard: createGuard({ allow: 'public', allowLoopback: false }),
      userAgent: 'test',
    })
    t.after(() => strict.close())
    assertFailed(await strict.send({ ...request, url: receiver.url }), 'blocked')
    assertFailed(
      await strict.send({ ...request, url: receiver.url.replace('127.0.0.1', 'localhost') }),
      'blocked',
    )
    assert.equal(receiver.connections(), 0)
  })

  test('moves to a forbidden address after it was checked is blocked and never dialled', async t => {
    const receiver = await receiving(t, 200)
    const rebinding = createGuard({
      allow: 'public',
      allowLoopback: false,
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    })
    assert.ok(rebinding.checkUrl(receiver.url.replace('127.0.0.1', 'rebind.example')).ok)
    const strict = createSender({ timeoutMs: 1_000, guard: rebinding, userAgent: 'test' })
    t.after(() => strict.close())
    assertFailed(
      await strict.send({ ...request, url: receiver.url.replace('127.0.0.1', 'rebind.example') }),
      'blocked',
    )
    assert.equal(receiver.connections(), 0)
  })
})

describe('TLS', () => {
  test('of a self-signed certificate is refused, also when the environment says otherwise', async t => {
    const url = await secureReceiver(t)
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    t.after(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED)
    for (const host of ['127.0.0.1', 'localhost']) {
      const attempt = await sender.send({ ...request, url: url.replace('127.0.0.1', host) })
      assertFailed(attempt, 'tls')
      assert.ok(attempt.timings.connectMs !== null)
    }
  })

  test('of a certificate that is trusted but for another host is refused', async t => {
    trust(t, selfSigned.cert)
    const url = await secureReceiver(t)
    const guardOther = createGuard({
      allow: 'public',
      allowLoopback: true,
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    })
    const other = createSender({ timeoutMs: 5_000, guard: guardOther, userAgent: 'test' })
    t.after(() => other.close())
    assertFailed(await other.send({ ...request, url: url.replace('127.0.0.1', 'other.example') }), 'tls')
  })

  test('of a trusted certificate carries the request, and every part of the way is timed', async t => {
    trust(t, selfSigned.cert)
    const url = (await secureReceiver(t)).replace('127.0.0.1', 'localhost')
    const first = await sender.send({ ...request, url })
    assert.equal(first.error, null)
    for (const [part, ms] of Object.entries(first.timings)) assert.ok(ms !== null && ms >= 0, part)
    await untilIdle()
    const second = await sender.send({ ...request, url })
    assert.equal(second.error, null)
    assert.deepEqual(
      { ...second.timings, firstByteMs: 0, bodyMs: 0 },
      { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: 0, bodyMs: 0 },
    )
  })
})

describe('connections', () => {
  test('to one origin are bounded, kept, and shared by all that goes there', async t => {
    const receiver = await receiving(t, 200)
    const few = createSender({ timeoutMs: 5_000, guard, userAgent: 'test', maxConnections: 4 })
    t.after(() => few.close())
    const attempts = await Promise.all(
      Array.from({ length: 100 }, (_, i) => few.send({ ...request, url: `${receiver.url}/${i}` })),
    )
    assert.ok(attempts.every(attempt => attempt.error === null))
    assert.equal(receiver.received.length, 100)
    assert.ok(receiver.connections() <= 4, `${receiver.connections()}`)
  })

  test('an attempt that waited in vain for one is over, and is not sent afterwards', async t => {
    const answers: (() => void)[] = []
    const receiver = await answering(t, (_, __, response) => answers.push(() => response.end()))
    const single = createSender({ timeoutMs: 1_000, guard, userAgent: 'test', maxConnections: 1 })
    t.after(() => single.close())
    const arrived = (id: string) =>
      receiver.received.filter(got => got.headers['x-delivery-id'] === id).length
    const [first, second] = await Promise.all([
      single.send({ ...request, url: receiver.url, deliveryId: 'first' }),
      single.send({ ...request, url: receiver.url, deliveryId: 'second' }),
    ])
    assertFailed(first, 'timeout')
    assertFailed(second, 'timeout')
    // The first frees the connection in the same moment: the second may still have left, just before its own end.
    const leftInTime = arrived('second')
    const third = single.send({ ...request, url: receiver.url, deliveryId: 'third' })
    for (let i = 0; i < 200 && arrived('third') === 0; i++)
      await new Promise(resolve => setTimeout(resolve, 5))
    for (const answer of answers) answer()
    assert.equal((await third).error, null)
    assert.deepEqual([arrived('first'), arrived('second'), arrived('third')], [1, leftInTime, 1])
  })

  test('one that turns out closed when it is used again costs no attempt', async t => {
    let requests = 0
    const receiver = await answering(t, (_, req, response) => {
      requests++
      if (requests === 2) req.socket.resetAndDestroy()
      else response.end('ok')
    })
    for (let i = 0; i < 2; i++) {
      const attempt = await sender.send({ ...request, url: receiver.url })
      assert.equal(attempt.error, null)
      await untilIdle()
    }
    assert.equal(requests, 3)
    assert.equal(receiver.connections(), 2)
  })

  test('an aborted attempt rejects with the reason and ends its connection', async t => {
    const closed = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    const receiver = await answering(t, (_, req) => {
      req.socket.on('close', () => closed.resolve())
      arrived.resolve()
    })
    const abort = new AbortController()
    const attempt = sender.send({ ...request, url: receiver.url, signal: abort.signal })
    await arrived.promise
    abort.abort(new Error('stopping'))
    await assert.rejects(attempt, /stopping/)
    await closed.promise
    await assert.rejects(sender.send({ ...request, url: receiver.url, signal: abort.signal }), /stopping/)
  })
})

test('a deadline outside 1 to 30 s is refused at once', () => {
  for (const timeoutMs of [0, 999, 30_001, Number.NaN])
    assert.throws(() => createSender({ timeoutMs, guard, userAgent: 'test' }), RangeError)
})

type Test = { after(fn: () => unknown): void }

async function answering(t: Test, answer: Parameters<typeof startReceiver>[0]): Promise<Receiver> {
  const receiver = await startReceiver(answer)
  t.after(() => receiver.stop())
  return receiver
}

function receiving(t: Test, status: number): Promise<Receiver> {
  return answering(t, (_, __, response) => response.writeHead(status).end())
}

async function raw(t: Test, talk: Parameters<typeof startRawReceiver>[0]): Promise<{ url: string }> {
  const receiver = await startRawReceiver(talk)
  t.after(() => receiver.stop())
  return receiver
}

async function secureReceiver(t: Test): Promise<string> {
  const server = createHttpsServer(selfSigned, (req, res) => req.resume().on('end', () => res.end('ok')))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
}

/** For the rest of the test. Only of the connections opened after it. */
function trust(t: Test, cert: string): void {
  const usual = getCACertificates('default')
  setDefaultCACertificates([...usual, cert])
  t.after(() => setDefaultCACertificates(usual))
}

/** undici hands out a connection again one turn of the event loop after its answer ended. */
async function untilIdle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(resolve => setImmediate(resolve))
}

function assertFailed(attempt: Attempt, errorClass: ErrorClass): void {
  assert.equal(attempt.error?.class, errorClass, attempt.error?.message)
  assert.equal(attempt.response, null)
}
