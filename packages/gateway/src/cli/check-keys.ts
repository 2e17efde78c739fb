import { statSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Config,
  type EncryptionKeys,
  ensureEncryptionKeys,
  hasEmbeddedDatabase,
  hasGeneratedKey,
  KeyFileError,
} from '../config.ts'
import { keysOfDatabase } from '../store/database-keys.ts'
import { runningEmbeddedPostgres } from '../store/embedded-postgres.ts'
import { createVault } from '../store/vault.ts'
import { type Finding, fail, ok, warn } from './finding.ts'
import { lookInto } from './with-database.ts'

/** Whether the keys can be read, and whether the database, if it can be asked now, needs others. Makes no key. */
export async function checkKeys(config: Config): Promise<Finding[]> {
  const file = join(config.dataDir, 'encryption-key')
  if (
    config.encryptionKey === null &&
    !hasGeneratedKey(config.dataDir) &&
    !hasEmbeddedDatabase(config.dataDir)
  )
    return [ok('ENCRYPTION_KEY', `will be generated into ${file} at first start`)]
  try {
    const keys = ensureEncryptionKeys(config)
    return [
      config.encryptionKey === null ? generated(file) : ok('ENCRYPTION_KEY', 'is set'),
      ...(await compare(config, keys)),
    ]
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    return [fail('ENCRYPTION_KEY', error.message, 'Without it the stored secrets cannot be read.')]
  }
}

function generated(file: string): Finding {
  if ((statSync(file).mode & 0o077) === 0 || process.platform === 'win32')
    return ok('ENCRYPTION_KEY', `is in ${file}`)
  return warn('ENCRYPTION_KEY', `${file} can be read by others`, `chmod 600 ${file}`)
}

/** Nothing when the database is not up, or not Waxwing's yet: another check says so, and a start asks again. */
async function compare(config: Config, keys: EncryptionKeys): Promise<Finding[]> {
  const used = await keysUsed(config)
  if (used === null || used.length === 0) return []
  const [keyId, ...older] = createVault(keys.encryptionKey, keys.oldEncryptionKeys).keyIds
  const missing = used.filter(id => ![keyId, ...older].includes(id))
  if (missing.length > 0)
    return [
      fail(
        'ENCRYPTION_KEY',
        `the database needs the key ${missing.join(' and ')}, and ENCRYPTION_KEY is ${keyId}`,
        'Set ENCRYPTION_KEY to the key that was used so far, or give that one as ENCRYPTION_KEY_OLD (docs/keys.md).',
      ),
    ]
  const stillUsed = older.filter(id => used.includes(id))
  if (stillUsed.length > 0)
    return [
      warn(
        'ENCRYPTION_KEY',
        `something in the database may be encrypted with the older key ${stillUsed.join(' and ')}`,
        'Start the gateway with both keys, and run "npx waxwing reencrypt" (docs/keys.md).',
      ),
    ]
  const found = ok('ENCRYPTION_KEY', `is the key of the database (${keyId})`)
  if (config.oldEncryptionKeys.length === 0) return [found]
  return [found, warn('ENCRYPTION_KEY_OLD', 'is set, and nothing needs it', 'Unset it.')]
}

async function keysUsed({ databaseUrl, dataDir }: Config): Promise<string[] | null> {
  const url = databaseUrl ?? (await runningEmbeddedPostgres(dataDir))
  if (url === null) return null
  return lookInto(url, keysOfDatabase).catch(() => null)
}
