import { createHmac, createPrivateKey, createPublicKey } from 'node:crypto'
import { generateKeyPair } from 'libsignal/src/curve.js'
// Forty times faster than libsignal's own curve, which would make groups as slow as 50 messages a second.
import { calculateAgreement, calculateSignature, verifySignature } from 'whatsapp-rust-bridge'

/** X25519 keys as they travel: 32 bytes each, without Signal's type byte. */
export type KeyPair = { private: Buffer; public: Buffer }

/** What precedes the 32 bytes of an X25519 private key in PKCS #8 DER (RFC 8410). */
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex')

/** Signal's type byte for a Curve25519 key: the Signal API and signatures of pre-keys want it in front. */
const CURVE25519 = Buffer.from([5])

/** 33 bytes: the key with Signal's type byte in front. */
export function signalKey(publicKey: Uint8Array): Buffer {
  return publicKey.length === 33 ? Buffer.from(publicKey) : Buffer.concat([CURVE25519, publicKey])
}

/** 32 bytes that are the same for the same seed and label, and tell nothing about any other label. */
export function deriveBytes(seed: string, label: string): Buffer {
  return createHmac('sha256', seed).update(label).digest()
}

export function deriveKeyPair(seed: string, label: string): KeyPair {
  const secret = deriveBytes(seed, label)
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_X25519, secret]),
    format: 'der',
    type: 'pkcs8',
  })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { private: secret, public: Buffer.from(spki.subarray(-32)) }
}

export function randomKeyPair(): KeyPair {
  const { pubKey, privKey } = generateKeyPair()
  return { private: Buffer.from(privKey), public: Buffer.from(pubKey.subarray(1)) }
}

export function agree(privateKey: Uint8Array, publicKey: Uint8Array): Buffer {
  return Buffer.from(calculateAgreement(signalKey(publicKey), Buffer.from(privateKey)))
}

export function sign(privateKey: Uint8Array, message: Uint8Array): Buffer {
  return Buffer.from(calculateSignature(Buffer.from(privateKey), message))
}

/** The curve's own answer. Baileys' `Curve.verify` says yes to any 64 bytes and would hide our mistakes. */
export function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && verifySignature(signalKey(publicKey), message, signature)
}
