import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { verify as verifyHub } from '@octokit/webhooks-methods'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { generateSecret, signatureHeaders, verifySignature } from './signature.ts'

/** The example of the Standard Webhooks specification. */
const vector = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1_614_265_330,
  body: '{"test": 2432232314}',
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLw6N',
}
const id = '019ab0b7-5c00-7d4e-9f00-112233445566'
const now = 1_795_435_200
const body = fc.string({ unit: 'binary' })
const secret = fc.oneof(
  fc
    .uint8Array({ minLength: 1, maxLength: 64 })
    .map(bytes => `whsec_${Buffer.from(bytes).toString('base64')}`),
  fc.string({ minLength: 1, unit: 'binary' }).filter(text => text !== 'whsec_'),
)

function sign(text: string, ...secrets: string[]): Promise<Record<string, string>> {
  return signatureHeaders({ id, timestamp: now, body: text, secrets })
}

test('the example of the Standard Webhooks specification is signed as its libraries sign it', async () => {
  const headers = await signatureHeaders({ ...vector, secrets: [vector.secret] })
  const at = new Date(vector.timestamp * 1000)
  assert.equal(headers['webhook-signature'], new Webhook(vector.secret).sign(vector.id, at, vector.body))
  assert.equal(headers['webhook-signature'], new SvixWebhook(vector.secret).sign(vector.id, at, vector.body))
  assert.equal(headers['webhook-signature'], 'v1,jReflPHHqm/4dHMW7+ayPJzP6RqRHDJg6VWnkoGWpX4=')
})

test('the libraries that receivers use verify what we sign, with the secret as it was given', async () => {
  const text = '{"emoji":"🦜"}'
  const fresh = Math.floor(Date.now() / 1000)
  for (const given of [
    generateSecret(),
    'bXkgb3duIHNlY3JldA==',
    'bXkgb3duIHNlY3JldA',
    'deadbeefdeadbeefdeadbeef',
  ]) {
    const headers = await signatureHeaders({ id, timestamp: fresh, body: text, secrets: [given] })
    assert.deepEqual(new Webhook(given).verify(text, headers), JSON.parse(text), given)
    assert.deepEqual(new SvixWebhook(given).verify(text, headers), JSON.parse(text), given)
    assert.equal(await verifyHub(given, text, headers['X-Hub-Signature-256'] ?? ''), true, given)
  }
})

test('a secret of your own that is not base64 is a raw secret to the libraries', async () => {
  const [given, text] = ['correct horse, battery staple!', '{}']
  const fresh = Math.floor(Date.now() / 1000)
  const headers = await signatureHeaders({ id, timestamp: fresh, body: text, secrets: [given] })
  assert.deepEqual(new Webhook(given, { format: 'raw' }).verify(text, headers), {})
  assert.equal(await verifyHub(given, text, headers['X-Hub-Signature-256'] ?? ''), true)
})

test('both X-Hub headers carry the HMAC of the body under the whole secret, as the specification shows it', async () => {
  const headers = await sign(vector.body, vector.secret)
  const expected = `sha256=${createHmac('sha256', vector.secret).update(vector.body).digest('hex')}`
  assert.equal(headers['X-Hub-Signature'], expected)
  assert.equal(headers['X-Hub-Signature-256'], expected)
})

test('what is signed verifies, under each scheme, as text and as bytes', async () => {
  await fc.assert(
    fc.asyncProperty(body, secret, async (text, key) => {
      const headers = await sign(text, key)
      const bytes = new TextEncoder().encode(text)
      const verdicts = await Promise.all([
        verifySignature({ headers, body: text, secret: key, now }),
        verifySignature({ headers: new Headers(headers), body: bytes, secret: key, now }),
        verifySignature({
          headers: { 'x-hub-signature-256': headers['X-Hub-Signature-256'] },
          body: bytes,
          secret: key,
        }),
        verifySignature({
          headers: { 'x-HUB-signature': [headers['X-Hub-Signature'] ?? ''] },
          body: text,
          secret: key,
        }),
      ])
      assert.deepEqual(
        verdicts.map(verdict => verdict.ok && verdict.scheme),
        ['standard-webhooks', 'standard-webhooks', 'x-hub-signature-256', 'x-hub-signature'],
      )
    }),
  )
})

test('a body, id or time that was touched anywhere does not verify', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (noise, where, flip) => {
        const text = Buffer.from(noise).toString('base64')
        const headers = await sign(text, vector.secret)
        const bytes = new TextEncoder().encode(text)
        bytes[where % bytes.length] = (bytes[where % bytes.length] ?? 0) ^ flip
        const hubOnly = { 'x-hub-signature': headers['X-Hub-Signature'] }
        const verdicts = await Promise.all([
          verifySignature({ headers, body: bytes, secret: vector.secret, now }),
          verifySignature({ headers: hubOnly, body: bytes, secret: vector.secret, now }),
          verifySignature({
            headers: { ...headers, 'webhook-id': `${id}0` },
            body: text,
            secret: vector.secret,
            now,
          }),
          verifySignature({
            headers: { ...headers, 'webhook-timestamp': `${now + 1}` },
            body: text,
            secret: vector.secret,
            now,
          }),
        ])
        for (const verdict of verdicts) assert.equal(verdict.ok || verdict.reason, 'signature_mismatch')
      },
    ),
  )
})

test('another secret, a cut signature and an empty one do not verify', async () => {
  const headers = await sign('{}', vector.secret)
  const given = headers['webhook-signature'] ?? ''
  for (const wrong of [given.slice(0, -1), 'v1,', '', 'v2,x', given.replace('v1,', 'v1a,'), `${given}=`]) {
    const verdict = await verifySignature({
      headers: { ...headers, 'webhook-signature': wrong },
      body: '{}',
      secret: vector.secret,
      now,
    })
    assert.equal(verdict.ok || verdict.reason, 'signature_mismatch', wrong)
  }
  const verdict = await verifySignature({ headers, body: '{}', secret: generateSecret(), now })
  assert.equal(verdict.ok || verdict.reason, 'signature_mismatch')
})

test('during a rotation both secrets verify, and the X-Hub headers are those of the new one', async () => {
  const [newer, older] = [generateSecret(), generateSecret()]
  const headers = await sign('{}', newer, older)
  for (const known of [newer, older, [older, generateSecret()]]) {
    assert.equal((await verifySignature({ headers, body: '{}', secret: known, now })).ok, true)
  }
  assert.equal(headers['X-Hub-Signature'], (await sign('{}', newer))['X-Hub-Signature'])
  assert.equal(headers['webhook-signature']?.split(' ').length, 2)
})

test('a request is fresh for five minutes, or as long as the receiver says', async () => {
  const headers = await sign('{}', vector.secret)
  const reasonAt = async (seconds: number, toleranceSeconds?: number) => {
    const verdict = await verifySignature({
      headers,
      body: '{}',
      secret: vector.secret,
      now: now + seconds,
      toleranceSeconds,
    })
    return verdict.ok || verdict.reason
  }
  assert.equal(await reasonAt(300), true)
  assert.equal(await reasonAt(-300), true)
  assert.equal(await reasonAt(301), 'timestamp_too_old')
  assert.equal(await reasonAt(-301), 'timestamp_too_new')
  assert.equal(await reasonAt(3600, 7200), true)
  assert.equal(await reasonAt(11, 10), 'timestamp_too_old')
})

test('where there is a Standard Webhooks signature, a right X-Hub signature does not mend it', async () => {
  const headers = await sign('{}', vector.secret)
  for (const [broken, reason] of [
    [{ 'webhook-signature': 'v1,AAAA' }, 'signature_mismatch'],
    [{ 'webhook-timestamp': `${now - 3600}` }, 'timestamp_too_old'],
    [{ 'webhook-timestamp': 'yesterday' }, 'malformed_headers'],
    [{ 'webhook-timestamp': '-1' }, 'malformed_headers'],
    [{ 'webhook-timestamp': '9'.repeat(400) }, 'malformed_headers'],
    [{ 'webhook-id': '' }, 'malformed_headers'],
    [{ 'webhook-id': undefined }, 'malformed_headers'],
  ] as const) {
    const verdict = await verifySignature({
      headers: { ...headers, ...broken },
      body: '{}',
      secret: vector.secret,
      now,
    })
    assert.equal(verdict.ok || verdict.reason, reason)
  }
})

test('headers of another make are read through their get', async () => {
  const given = new Map(Object.entries(await sign('{}', vector.secret)))
  const foreign = { get: (name: string) => given.get(name) ?? null } as Headers
  assert.equal((await verifySignature({ headers: foreign, body: '{}', secret: vector.secret, now })).ok, true)
})

test('a request without any signature is refused as such', async () => {
  const verdict = await verifySignature({
    headers: { 'content-type': 'application/json' },
    body: '{}',
    secret: 's',
  })
  assert.equal(verdict.ok || verdict.reason, 'missing_signature')
})

test('an empty secret is refused as a bug, because anybody could sign with it', async () => {
  for (const empty of ['', 'whsec_', [], ['']]) {
    await assert.rejects(verifySignature({ headers: {}, body: '', secret: empty }), TypeError)
  }
  await assert.rejects(sign('{}'), TypeError)
})

test('a time in milliseconds is refused as a bug', async () => {
  await assert.rejects(signatureHeaders({ ...vector, timestamp: Date.now(), secrets: ['s'] }), RangeError)
})

test('new secrets are whsec_ and 32 random bytes', () => {
  const secrets = Array.from({ length: 100 }, generateSecret)
  for (const made of secrets) {
    assert.match(made, /^whsec_[A-Za-z0-9+/]{43}=$/)
    assert.equal(Buffer.from(made.slice(6), 'base64').length, 32)
  }
  assert.equal(new Set(secrets).size, 100)
})

test('a runtime with nothing but WebCrypto signs and verifies the same', async t => {
  const { getBuiltinModule } = process
  t.after(() => Object.assign(process, { getBuiltinModule }))
  Object.assign(process, { getBuiltinModule: undefined })
  const specifier = './signature.ts?without-node-crypto'
  const web: typeof import('./signature.ts') = await import(specifier)
  assert.notEqual(web.signatureHeaders, signatureHeaders)
  await fc.assert(
    fc.asyncProperty(body, fc.array(secret, { minLength: 1, maxLength: 3 }), async (text, secrets) => {
      const headers = await web.signatureHeaders({ id, timestamp: now, body: text, secrets })
      assert.deepEqual(headers, await sign(text, ...secrets))
      assert.deepEqual(
        await web.verifySignature({ headers, body: Buffer.from(text), secret: secrets, now }),
        {
          ok: true,
          scheme: 'standard-webhooks',
        },
      )
    }),
  )
})

test('more secrets than are remembered sign as few do', async () => {
  const before = await sign('{}', vector.secret)
  for (let count = 0; count < 5000; count++) await sign('{}', `secret ${count}`)
  assert.deepEqual(await sign('{}', vector.secret), before)
})
