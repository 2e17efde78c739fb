import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** Encrypts what must not be readable in a stolen database or backup. */
export type Vault = {
  /** `place` names the row and purpose; a sealed value moved to another place does not open. */
  seal(plaintext: string, place: string): Buffer
  /** Throws VaultError for another place or changed bytes, and ForeignKeyError for another key. */
  open(sealed: Buffer, place: string): string
  /** Throws ForeignKeyError for a value that another key sealed. A damaged value says nothing about keys and passes. */
  checkKey(sealed: Buffer, place: string): void
}

/** A value that does not open. Carries the place and never the value. */
export class VaultError extends Error {
  override name = 'VaultError'
}

/** A value that another key sealed. Its message is for the operator and names keys by id, never by their bytes. */
export class ForeignKeyError extends VaultError {
  override name = 'ForeignKeyError'
  /** Eight hex digits each: the key that sealed the value, and the one we were given. */
  readonly usedKeyId: string
  readonly ourKeyId: string
  constructor(place: string, used: Buffer, ours: Buffer) {
    const [usedKeyId, ourKeyId] = [used.toString('hex'), ours.toString('hex')]
    super(
      `the value at ${place} was encrypted with another key (${usedKeyId}, ` +
        `ENCRYPTION_KEY is ${ourKeyId}): give back the key this database was made with`,
    )
    this.usedKeyId = usedKeyId
    this.ourKeyId = ourKeyId
  }
}

// Sealed: version (1) · key id (4) · nonce (12) · tag (16) · ciphertext. AES-256-GCM with random nonces is safe for
// 2^32 values of one key (NIST SP 800-38D), far beyond what one installation writes between two keys.
const version = 1
const header = 1 + 4 + 12 + 16

/** `key`: 32 bytes. */
export function createVault(key: Buffer): Vault {
  if (key.length !== 32) throw new VaultError(`the encryption key has ${key.length} bytes instead of 32`)
  const keyId = createHash('sha256').update('waxwing key id').update(key).digest().subarray(0, 4)
  return {
    seal(plaintext, place) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place))
      const text = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(version), keyId, nonce, cipher.getAuthTag(), text])
    },
    open(sealed, place) {
      refuseForeign(sealed, keyId, place)
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(5, 17), { authTagLength: 16 })
      decipher.setAAD(Buffer.from(place)).setAuthTag(sealed.subarray(17, header))
      try {
        return decipher.update(sealed.subarray(header), undefined, 'utf8') + decipher.final('utf8')
      } catch {
        throw new VaultError(`the encrypted value at ${place} was changed or moved`)
      }
    },
    checkKey(sealed, place) {
      if (isOurFormat(sealed)) refuseForeign(sealed, keyId, place)
    },
  }
}

function isOurFormat(sealed: Buffer): boolean {
  return sealed.length >= header && sealed[0] === version
}

function refuseForeign(sealed: Buffer, keyId: Buffer, place: string): void {
  if (!isOurFormat(sealed)) {
    throw new VaultError(`the value at ${place} is not in the format of this version`)
  }
  const used = sealed.subarray(1, 5)
  if (!used.equals(keyId)) throw new ForeignKeyError(place, used, keyId)
}
