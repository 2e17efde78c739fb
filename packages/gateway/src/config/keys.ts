import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** The generated key is damaged or lost; the message says what to do. */
export class KeyFileError extends Error {
  override name = 'KeyFileError'
}

/** 32 bytes each: the key that encrypts at rest, and those that did before. */
export type EncryptionKeys = { encryptionKey: Buffer; oldEncryptionKeys: readonly Buffer[] }

/**
 * The configured keys, else the one in `dataDir/encryption-key` (mode 0600), made at first start; while it is being
 * replaced, the one before it is in `encryption-key.old`. Throws KeyFileError when a file is damaged, and when a
 * database is there but its key is not: a new key could read nothing in it.
 */
export function ensureEncryptionKeys(config: {
  encryptionKey: Buffer | null
  oldEncryptionKeys: readonly Buffer[]
  dataDir: string
}): EncryptionKeys {
  const { encryptionKey, oldEncryptionKeys } = config
  if (encryptionKey !== null) return { encryptionKey, oldEncryptionKeys }
  const { file, old } = keyFiles(config.dataDir)
  if (!hasGeneratedKey(config.dataDir)) createKey(file, config.dataDir)
  const before = existsSync(old) ? [readKey(old)] : []
  return { encryptionKey: readKey(file), oldEncryptionKeys: [...before, ...oldEncryptionKeys] }
}

/**
 * Puts a new key in the place of the generated one, which stays beside it until `endKeyChange`; both are on the disk
 * before anything is encrypted with the new one, and at every moment in between a gateway can start. False: an earlier
 * change was not finished, and goes on with the key it made.
 */
export function beginKeyChange(dataDir: string): boolean {
  const { file, old } = keyFiles(dataDir)
  if (existsSync(old) && !readKey(old).equals(readKey(file))) return false
  if (!existsSync(old)) linkSync(file, old)
  syncFolder(dataDir)
  renameSync(writeNewKey(file), file)
  syncFolder(dataDir)
  return true
}

/** The key before the present one is needed no more. Returns the file that was removed, or null. */
export function endKeyChange(dataDir: string): string | null {
  const { old } = keyFiles(dataDir)
  if (!existsSync(old)) return null
  rmSync(old)
  return old
}

function keyFiles(dataDir: string): { file: string; old: string } {
  const file = join(dataDir, 'encryption-key')
  return { file, old: `${file}.old` }
}

function readKey(file: string): Buffer {
  const key = Buffer.from(readFileSync(file, 'utf8'), 'base64')
  if (key.length === 32) return key
  throw new KeyFileError(`${file} does not hold 32 bytes in base64: put the kept copy back`)
}

/** Whether a key was made in this folder. */
export function hasGeneratedKey(dataDir: string): boolean {
  return existsSync(keyFiles(dataDir).file)
}

/** Whether the embedded database was made in this folder. */
export function hasEmbeddedDatabase(dataDir: string): boolean {
  return existsSync(join(dataDir, 'postgres', 'data', 'PG_VERSION'))
}

function createKey(file: string, dataDir: string): void {
  if (hasEmbeddedDatabase(dataDir))
    throw new KeyFileError(
      `${file} is gone, but the database it belongs to is there: put the kept copy back, or move ${dataDir} away to begin anew`,
    )
  mkdirSync(dataDir, { recursive: true })
  // Linked into place: two first starts at once agree on one key, and none reads half of it.
  const aside = writeNewKey(file)
  try {
    linkSync(aside, file)
  } catch (error) {
    if (!existsSync(file)) throw error
  } finally {
    rmSync(aside)
  }
  syncFolder(dataDir)
}

/** Written aside, and on the disk when this returns: a key that a power cut takes back takes everything with it. */
function writeNewKey(file: string): string {
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flush: true })
  return aside
}

/** Names are durable when their folder is. Windows has no such thing, and does not need it. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
