import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Curve, proto, WA_CERT_DETAILS } from 'baileys'
import { connect, startNetwork } from '../test-client.ts'
import { issueIdentity } from './certificate.ts'
import { verify } from './keys.ts'

const Details = proto.CertChain.NoiseCertificate.Details

test('root signs intermediate, intermediate signs leaf, the leaf is the Noise key, and today is a valid day', () => {
  const now = new Date()
  const identity = issueIdentity('seed', now)
  const { intermediate, leaf } = proto.CertChain.decode(identity.chain)
  assert.ok(intermediate?.details && intermediate.signature && leaf?.details && leaf.signature)
  assert.ok(verify(identity.rootKey, intermediate.details, intermediate.signature))
  const issuer = Details.decode(intermediate.details)
  assert.equal(issuer.issuerSerial, 0)
  assert.ok(verify(issuer.key ?? Buffer.alloc(0), leaf.details, leaf.signature))
  const subject = Details.decode(leaf.details)
  assert.deepEqual(Buffer.from(subject.key ?? []), identity.static.public)
  assert.equal(subject.issuerSerial, issuer.serial)
  for (const { notBefore, notAfter } of [issuer, subject]) {
    assert.ok(Number(notBefore) * 1000 < now.getTime() && now.getTime() < Number(notAfter) * 1000)
  }
})

test('a client that really checks signatures accepts this root and no other', async t => {
  const whatsapp = await startNetwork(t)
  const [stockVerify, stockRoot] = [Curve.verify, WA_CERT_DETAILS.PUBLIC_KEY]
  try {
    Curve.verify = verify
    Object.assign(WA_CERT_DETAILS, { PUBLIC_KEY: Buffer.from(whatsapp.rootKey, 'hex') })
    const trusting = connect(whatsapp)
    assert.ok(await trusting.qr())
    await trusting.end()
    Object.assign(WA_CERT_DETAILS, { PUBLIC_KEY: stockRoot })
    assert.equal(await connect(whatsapp).closed(), 400)
  } finally {
    Curve.verify = stockVerify
    Object.assign(WA_CERT_DETAILS, { PUBLIC_KEY: stockRoot })
  }
})
