import { proto } from 'baileys'
import { deriveKeyPair, type KeyPair, sign } from './keys.ts'

/** What the server shows of itself in the handshake. */
export type ServerIdentity = {
  /** The public root key: 32 bytes, what a careful client pins. */
  rootKey: Buffer
  /** The Noise static key; the leaf certificate vouches for exactly this key. */
  static: KeyPair
  /** Encoded `CertChain`. */
  chain: Uint8Array
}

const DAY_S = 24 * 60 * 60

/**
 * A correct chain: the root signs the intermediate, the intermediate signs the leaf.
 * Today's Baileys would accept any (it ignores the verdict); a client that checks finds nothing wrong.
 */
export function issueIdentity(seed: string, now: Date): ServerIdentity {
  const root = deriveKeyPair(seed, 'certificate root')
  const intermediate = deriveKeyPair(seed, 'certificate intermediate')
  const server = deriveKeyPair(seed, 'server static')
  // Serials: the intermediate's issuer must be 0, the serial of WhatsApp's root.
  const chain = proto.CertChain.encode({
    intermediate: certify(root, { serial: 1, issuerSerial: 0, key: intermediate.public }, now),
    leaf: certify(intermediate, { serial: 2, issuerSerial: 1, key: server.public }, now),
  }).finish()
  return { rootKey: root.public, static: server, chain }
}

function certify(issuer: KeyPair, subject: { serial: number; issuerSerial: number; key: Buffer }, now: Date) {
  const seconds = Math.floor(now.getTime() / 1000)
  const details = proto.CertChain.NoiseCertificate.Details.encode({
    ...subject,
    notBefore: seconds - DAY_S,
    notAfter: seconds + 365 * DAY_S,
  }).finish()
  return { details, signature: sign(issuer.private, details) }
}
