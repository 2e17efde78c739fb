import { Curve, generateSignalPubKey, WA_CERT_DETAILS } from 'baileys'
import { fastCurve } from './fast-curve.ts'
import { socketContext } from './socket-context.ts'

/**
 * Baileys asks libsignal whether a signature is valid and then ignores the answer, so it accepts any server.
 * This replaces `Curve.verify` by one that listens. When Baileys asks about the root of WhatsApp's certificates,
 * the root of the network that the current socket was made for is used instead: a simulated network is trusted
 * by its own sockets and by no others. Without a context it is WhatsApp's root, so a mistake refuses, never accepts.
 */
Curve.verify = (publicKey, message, signature) => {
  try {
    const key = Buffer.from(generateSignalPubKey(rootOfThisSocket(publicKey)))
    return fastCurve.verifySignature(key, Buffer.from(message), Buffer.from(signature)) === true
  } catch {
    return false
  }
}

function rootOfThisSocket(publicKey: Uint8Array): Uint8Array {
  if (publicKey !== WA_CERT_DETAILS.PUBLIC_KEY) return publicKey
  return socketContext.getStore()?.rootKey ?? publicKey
}
