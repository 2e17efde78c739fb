import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The generated key is damaged or lost; the message says what to do. */
export class KeyFileError extends Error {
  override name = 'KeyFileError'
}

/**
 * The key that encrypts at rest: the configured one, else the one in `dataDir/encryption-key` (mode 0600), made at first start.
 * Throws KeyFileError when the file is damaged, and when a database is there but its key is not: a new key could read nothing in it.
 */
export function ensureEncryptionKey(config: { encryptionKey: Buffer | null; dataDir: string }): Buffer {
  if (config.encryptionKey !== null) return config.encryptionKey
  const file = join(config.dataDir, 'encryption-key')
  if (!existsSync(file)) createKey(file, config.dataDir)
  const key = Buffer.from(readFileSync(file, 'utf8'), 'base64')
  if (key.length !== 32)
    throw new KeyFileError(`${file} does not hold 32 bytes in base64: put the kept copy back`)
  return key
}

function createKey(file: string, dataDir: string): void {
  if (existsSync(join(dataDir, 'postgres', 'data', 'PG_VERSION')))
    throw new KeyFileError(
      `${file} is gone, but the database it belongs to is there: put the kept copy back, or move ${dataDir} away to begin anew`,
    )
  mkdirSync(dataDir, { recursive: true })
  // Written aside and linked into place: two first starts at once agree on one key, and none reads half of it.
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 })
  try {
    linkSync(aside, file)
  } catch (error) {
    if (!existsSync(file)) throw error
  } finally {
    rmSync(aside)
  }
}
