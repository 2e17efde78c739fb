import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from './store/store.ts'

/** The key that a fresh installation starts with, and the file that keeps it; no file when the environment gave it. */
export type BootstrapKey = { key: string; file: string | null }

/**
 * Makes sure that the first profile has a key its owner knows: the one from the environment, or else one kept in
 * `DATA_DIR/api-key` (mode 0600), which is made at the first start. The database only ever holds its hash, so a lost
 * file means a new key, and a new database on old files accepts the old key again.
 */
export async function ensureBootstrapKey(
  store: Pick<Store, 'apiKeys'>,
  { profileId, given, dataDir }: { profileId: string; given: string | null; dataDir: string },
): Promise<BootstrapKey> {
  if (given !== null) {
    await store.apiKeys.ensure({ profileId, key: given, name: 'API_KEY' })
    return { key: given, file: null }
  }
  const file = join(dataDir, 'api-key')
  const kept = await readKept(file)
  if (kept !== null) {
    await store.apiKeys.ensure({ profileId, key: kept, name: 'api-key file' })
    return { key: kept, file }
  }
  const { key } = await store.apiKeys.create({ profileId, name: 'api-key file' })
  await writeFile(file, `${key}\n`, { mode: 0o600 })
  await chmod(file, 0o600)
  return { key, file }
}

async function readKept(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim() || null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
