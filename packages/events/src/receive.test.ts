import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionOf, generateSecret, receive, serializeEnvelope, signatureHeaders } from './index.ts'

const secret = generateSecret()
const now = 1_795_435_200
const body = serializeEnvelope({
  id: '019ab0b7-5c00-7d4e-9f00-112233445566',
  type: 'messages.received',
  timestamp: '2026-11-23T12:00:00.000Z',
  sessionId: 's1',
  data: definitionOf('messages.received').samples.text,
})

/** A request as the gateway makes it. */
async function request(text: string, from: { secret?: string; body?: string } = {}): Promise<Request> {
  const headers = await signatureHeaders({
    id: 'x',
    timestamp: now,
    body: text,
    secrets: [from.secret ?? secret],
  })
  return new Request('http://receiver.example.com/', { method: 'POST', headers, body: from.body ?? text })
}

async function refusalOf(text: string, from?: { secret?: string; body?: string }, maxBytes?: number) {
  const received = await receive(await request(text, from), secret, { now, maxBytes })
  return received.ok ? null : [received.refusal, received.status]
}

test('a signed request becomes a typed event', async () => {
  const received = await receive(await request(body), secret, { now })
  assert.ok(received.ok)
  assert.deepEqual(received.event, JSON.parse(body))
  assert.equal(
    received.event.type === 'messages.received' && received.event.data.body,
    'Hello, is the blue one still available?',
  )
})

test('either secret of a rotation opens it', async () => {
  assert.equal((await receive(await request(body), [generateSecret(), secret], { now })).ok, true)
})

test('the bytes that were signed are the bytes that are read: a byte order mark is no news', async () => {
  assert.deepEqual(await refusalOf(body, { body: `\ufeff${body}` }), ['signature_mismatch', 401])
})

test('a secret that is missing is a fault of the receiver, and the error names it', async () => {
  // As a receiver without types may call: an environment variable that is not set.
  for (const [missing, said] of [
    [undefined, /^the webhook secret is undefined: pass the one/],
    [null, /^the webhook secret is null/],
    [[secret, undefined], /^the webhook secret is undefined/],
    ['', /^the webhook secret is empty/],
    [[], /^at least one webhook secret is needed/],
  ] as const) {
    const received = request(body).then(given => receive(given, missing as unknown as string, { now }))
    await assert.rejects(received, (error: Error) => error instanceof TypeError && said.test(error.message))
  }
})

test('what is not signed with the secret, or not lately, is refused with 401', async () => {
  assert.deepEqual(await refusalOf(body, { secret: generateSecret() }), ['signature_mismatch', 401])
  assert.deepEqual(await refusalOf(body, { body: body.replace('blue', 'free') }), ['signature_mismatch', 401])
  const old = await receive(await request(body), secret)
  assert.equal(old.ok || old.status, 401)
  const bare = await receive(new Request('http://receiver.example.com/', { method: 'POST', body }), secret)
  assert.deepEqual(bare.ok || [bare.refusal, bare.status], ['missing_signature', 401])
  const empty = await receive(new Request('http://receiver.example.com/'), secret)
  assert.equal(empty.ok || empty.refusal, 'missing_signature')
})

test('a body that is too large is refused before it is read to its end', async () => {
  let sent = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1
      controller.enqueue(new Uint8Array(1000))
    },
  })
  const flood = new Request('http://receiver.example.com/', { method: 'POST', body: endless, duplex: 'half' })
  const received = await receive(flood, secret, { maxBytes: 10_000 })
  assert.deepEqual(received.ok || [received.refusal, received.status], ['too_large', 413])
  assert.ok(sent < 20)
  assert.equal(await refusalOf(body, {}, new TextEncoder().encode(body).length), null)
})

test('a signed body that is no event is refused with 400', async () => {
  for (const text of ['', '{', '\u0000', 'nonsense'])
    assert.deepEqual(await refusalOf(text), ['not_json', 400], text)
  const parsed = JSON.parse(body)
  for (const wrong of [
    null,
    [],
    1,
    {},
    { ...parsed, id: '' },
    { ...parsed, timestamp: 'now' },
    { ...parsed, data: [] },
  ]) {
    assert.deepEqual(await refusalOf(JSON.stringify(wrong)), ['not_an_event', 400], JSON.stringify(wrong))
  }
})

test('a type of a newer gateway is refused with 202, so that it is not sent again', async () => {
  const text = JSON.stringify({ ...JSON.parse(body), type: 'messages.pinned' })
  assert.deepEqual(await refusalOf(text), ['unknown_type', 202])
})

test('fields that a newer gateway added are kept', async () => {
  const parsed = JSON.parse(body)
  const newer = { ...parsed, region: 'eu', data: { ...parsed.data, mood: 'good' } }
  const received = await receive(await request(JSON.stringify(newer)), secret, { now })
  assert.deepEqual(received.ok && received.event, newer)
})
