import { createRequire } from 'node:module'
import { calculateAgreement, calculateSignature, verifySignature } from 'whatsapp-rust-bridge'

/**
 * libsignal checks signatures in plain JavaScript: 8.4 ms each, 70-80 group messages a second.
 * The WebAssembly that Baileys ships anyway takes 0.2 ms and gives 800-900.
 * Only what is loaded after this file sees the replacement, hence its place before Baileys.
 */
export type SignalCurve = {
  calculateAgreement(publicKey: Buffer, privateKey: Buffer): Buffer
  calculateSignature(privateKey: Buffer, message: Buffer): Buffer
  verifySignature(publicKey: Buffer, message: Buffer, signature: Buffer, isInit?: boolean): boolean
}

const require = createRequire(import.meta.url)

/** False when somebody loaded Baileys before us: everything works, at the old speed. */
export const curveInTime = require.cache[require.resolve('libsignal/src/curve.js')]?.loaded !== true

const curve: SignalCurve = require('libsignal/src/curve.js')

/** The original functions, kept so that a test can compare both. */
export const plainCurve: SignalCurve = { ...curve }

/** The same functions, some forty times faster. Keys are 33 bytes public (leading 5), 32 bytes private. */
export const fastCurve: SignalCurve = {
  calculateAgreement: (publicKey, privateKey) =>
    refuseZero(Buffer.from(calculateAgreement(prefixed(publicKey), privateKey))),
  calculateSignature: (privateKey, message) => Buffer.from(calculateSignature(privateKey, message)),
  // `isInit` is libsignal's way of asking without wanting to know; it ignores the answer.
  verifySignature: (publicKey, message, signature, isInit) =>
    isInit ? true : verifySignature(prefixed(publicKey), message, signature),
}

/** A public key of low order gives the all-zero secret, known to everybody. Node's own agreement throws; so do we. */
function refuseZero(secret: Buffer): Buffer {
  if (secret.every(byte => byte === 0)) throw new Error('the public key has low order')
  return secret
}

function prefixed(publicKey: Buffer): Buffer {
  return publicKey.length === 32 ? Buffer.concat([Buffer.from([5]), publicKey]) : publicKey
}

Object.assign(curve, fastCurve)
