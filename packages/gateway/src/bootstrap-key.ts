import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { newApiKey } from './store/api-keys.ts'
import type { Store } from './store/store.ts'

/**
 * The key that a fresh installation starts with. `file` keeps it, null when the environment gave it; `made` is true at
 * the start that made it.
 */
export type BootstrapKey = { key: string; file: string | null; made: boolean }

/**
 * Makes sure that the first profile has a key its owner knows: the one from the environment, or else one kept in
 * `DATA_DIR/api-key` (mode 0600), which is made at the first start. The database only ever holds its hash; the key it
 * knew under the same name before ends, so a changed `API_KEY` or a deleted file revokes the old one; gateways that
 * share a database keep a file, and so a key, each.
 */
export async function ensureBootstrapKey(
  store: Pick<Store, 'apiKeys'>,
  { profileId, given, dataDir }: { profileId: string; given: string | null; dataDir: string },
): Promise<BootstrapKey> {
  const file = given === null ? join(dataDir, 'api-key') : null
  const kept = given ?? (file === null ? null : await readKept(file))
  const key = kept ?? newApiKey()
  if (file !== null && kept === null) {
    await mkdir(dataDir, { recursive: true })
    await writeFile(file, `${key}\n`, { mode: 0o600 })
  }
  await store.apiKeys.ensure({
    profileId,
    key,
    name: file === null ? 'API_KEY' : `api-key file ${hostname()}:${file}`,
  })
  return { key, file, made: kept === null }
}

async function readKept(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim() || null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
