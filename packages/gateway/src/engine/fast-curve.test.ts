import './process-guards.ts'

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { Curve, WA_CERT_DETAILS } from 'baileys'
import * as curveAsImported from 'libsignal/src/curve.js'
import { curveInTime, fastCurve, plainCurve } from './fast-curve.ts'
import { socketContext } from './socket-context.ts'

const curve = createRequire(import.meta.url)('libsignal/src/curve.js')
const pair = (): { pubKey: Buffer; privKey: Buffer } => curve.generateKeyPair()
const message = Buffer.from('a message to sign')

test('the fast and the plain curve agree on every secret', () => {
  for (let round = 0; round < 50; round++) {
    const [a, b] = [pair(), pair()]
    const secret = plainCurve.calculateAgreement(a.pubKey, b.privKey)
    assert.deepEqual(fastCurve.calculateAgreement(a.pubKey, b.privKey), secret)
    assert.deepEqual(fastCurve.calculateAgreement(b.pubKey, a.privKey), secret)
  }
})

test('each curve accepts what the other has signed, and refuses what it has not', () => {
  for (let round = 0; round < 10; round++) {
    const { pubKey, privKey } = pair()
    for (const [signer, verifier] of [
      [fastCurve, plainCurve],
      [plainCurve, fastCurve],
    ] as const) {
      const signature = signer.calculateSignature(privKey, message)
      assert.equal(verifier.verifySignature(pubKey, message, signature), true)
      assert.equal(verifier.verifySignature(pubKey, Buffer.from('another message'), signature), false)
      assert.equal(verifier.verifySignature(pair().pubKey, message, signature), false)
    }
  }
})

test('a key of low order, whose secret everybody knows, is refused by both', () => {
  const low = Buffer.concat([Buffer.from([5]), Buffer.alloc(32)])
  assert.throws(() => plainCurve.calculateAgreement(low, pair().privKey))
  assert.throws(() => fastCurve.calculateAgreement(low, pair().privKey))
})

test('Baileys and libsignal use the fast one', () => {
  assert.equal(curve.verifySignature, fastCurve.verifySignature)
  // Modules that import it by name, as Baileys does for groups, see what was there when it was loaded.
  assert.equal(curveAsImported.verifySignature, fastCurve.verifySignature)
  assert.equal(curveInTime, true)
})

test('a signature that is wrong is refused by Curve.verify, which stock Baileys would accept', () => {
  const { pubKey, privKey } = pair()
  const signature = Curve.sign(privKey, message)
  assert.equal(Curve.verify(pubKey.subarray(1), message, signature), true)
  assert.equal(Curve.verify(pubKey.subarray(1), message, Buffer.alloc(64, 1)), false)
  assert.equal(Curve.verify(pubKey.subarray(1), message, Buffer.alloc(3)), false)
})

test("the root of the current socket's network stands in for WhatsApp's, and only there", () => {
  const [root, other] = [pair(), pair()]
  const certificate = Curve.sign(root.privKey, message)
  const accepted = () => Curve.verify(WA_CERT_DETAILS.PUBLIC_KEY, message, certificate)
  const inside = (rootKey: Buffer | null) => socketContext.run({ sessionId: 's', rootKey }, accepted)
  assert.equal(inside(root.pubKey.subarray(1)), true)
  assert.equal(inside(other.pubKey.subarray(1)), false)
  assert.equal(inside(null), false, "without a root of its own, WhatsApp's")
  assert.equal(accepted(), false, 'outside of any socket')
})
