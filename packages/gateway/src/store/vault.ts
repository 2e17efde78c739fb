import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

/** Encrypts what must not be readable in a stolen database or backup. */
export type Vault = {
  /** Eight hex digits a key: the one that seals, then the older ones that only open. */
  readonly keyIds: readonly [string, ...string[]]
  /** `place` names the row and purpose; a sealed value moved to another place does not open. */
  seal(plaintext: string, place: string): Buffer
  /** Throws VaultError for another place or changed bytes, and ForeignKeyError for a key that is none of ours. */
  open(sealed: Buffer, place: string): string
}

/** A value that does not open. Carries the place and never the value. */
export class VaultError extends Error {
  override name = 'VaultError'
}

/** A value that another key sealed. Its message is for the operator and names keys by id, never by their bytes. */
export class ForeignKeyError extends VaultError {
  override name = 'ForeignKeyError'
  /** The key that sealed the value, and the one that seals here. */
  readonly usedKeyId: string
  readonly ourKeyId: string
  constructor(place: string, usedKeyId: string, ourKeyId: string) {
    super(
      `the value at ${place} was encrypted with another key (${usedKeyId}, ` +
        `ENCRYPTION_KEY is ${ourKeyId}): give that key too, as ENCRYPTION_KEY or ENCRYPTION_KEY_OLD`,
    )
    this.usedKeyId = usedKeyId
    this.ourKeyId = ourKeyId
  }
}

// Sealed: version (1) · key id (4) · nonce (12) · tag (16) · ciphertext. AES-256-GCM with random nonces is safe for
// 2^32 values of one key (NIST SP 800-38D), far beyond what one installation writes between two keys.
const version = 1
const header = 1 + 4 + 12 + 16

/** `key` seals and opens, `older` ones open what they sealed once. 32 bytes each. */
export function createVault(key: Buffer, older: readonly Buffer[] = []): Vault {
  // Key objects: given bytes, Node makes one anew for each value, which takes as long as encrypting a kilobyte.
  const keys = new Map<string, KeyObject>([key, ...older].map(one => [idOf(one), createSecretKey(one)]))
  const keyId = idOf(key)
  const ours = createSecretKey(key)
  return {
    keyIds: [keyId, ...[...keys.keys()].filter(id => id !== keyId)],
    seal(plaintext, place) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', ours, nonce).setAAD(Buffer.from(place))
      const text = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(version), Buffer.from(keyId, 'hex'), nonce, cipher.getAuthTag(), text])
    },
    open(sealed, place) {
      if (sealed.length < header || sealed[0] !== version)
        throw new VaultError(`the value at ${place} is not in the format of this version`)
      const used = sealed.toString('hex', 1, 5)
      const its = keys.get(used)
      if (its === undefined) throw new ForeignKeyError(place, used, keyId)
      const decipher = createDecipheriv('aes-256-gcm', its, sealed.subarray(5, 17), { authTagLength: 16 })
      decipher.setAAD(Buffer.from(place)).setAuthTag(sealed.subarray(17, header))
      try {
        return decipher.update(sealed.subarray(header), undefined, 'utf8') + decipher.final('utf8')
      } catch {
        throw new VaultError(`the encrypted value at ${place} was changed or moved`)
      }
    },
  }
}

/** Tells keys apart without telling anything of them. */
function idOf(key: Buffer): string {
  if (key.length !== 32) throw new VaultError(`the encryption key has ${key.length} bytes instead of 32`)
  return createHash('sha256').update('waxwing key id').update(key).digest('hex').slice(0, 8)
}
