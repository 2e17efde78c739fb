import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** Signs links to media, so that whoever has one can fetch the file without a key, until it expires. */
export type Links = {
  /** The path and query of a link. */
  sign(id: string, expiresAt: Date): string
  /** `expires` in unix seconds, as the link says it. */
  verify(link: { id: string; expires: string; signature: string }, now: Date): 'valid' | 'expired' | 'forged'
}

/**
 * The key for links is derived from the one that encrypts at rest, and opens nothing else. Links signed before a change of
 * keys work as long as the older key is given.
 */
export function createLinks(keys: { encryptionKey: Buffer; oldEncryptionKeys?: readonly Buffer[] }): Links {
  const ours = derive(keys.encryptionKey)
  const all = [ours, ...(keys.oldEncryptionKeys ?? []).map(derive)]
  return {
    sign(id, expiresAt) {
      const expires = String(Math.floor(expiresAt.getTime() / 1000))
      return `/media/${id}?expires=${expires}&signature=${signature(ours, id, expires).toString('base64url')}`
    },
    verify({ id, expires, signature: given }, now) {
      // Compared as bytes of a digest: the same time whatever was given, and however long.
      const genuine = all.filter(key => equal(signature(key, id, expires).toString('base64url'), given))
      if (genuine.length === 0) return 'forged'
      return Number(expires) * 1000 > now.getTime() ? 'valid' : 'expired'
    },
  }
}

function derive(key: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), 'waxwing links to media', 32))
}

/** JSON keeps the two apart, whatever somebody writes into a path. */
function signature(key: Buffer, id: string, expires: string): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify([id, expires]))
    .digest()
}

function equal(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}
