import { type Config, ensureEncryptionKey } from '../config.ts'
import { createLog } from '../log.ts'
import { startEmbeddedPostgres } from '../store/embedded-postgres.ts'
import { openStore } from '../store/store.ts'
import { configOf, type Ending, type Voice } from './verb.ts'

/** What `start` does to the database, and no more. */
export async function migrate(voice: Voice): Promise<Ending> {
  const loaded = configOf()
  if (!loaded.ok) return loaded.ending
  await migrateDatabaseOf(loaded.config)
  voice.tell({ ok: true })
  voice.say('The database is up to date.')
  return { ok: true }
}

async function migrateDatabaseOf(config: Config): Promise<void> {
  const log = createLog(config)
  const encryptionKey = ensureEncryptionKey(config)
  const embedded =
    config.databaseUrl === null ? await startEmbeddedPostgres({ dataDir: config.dataDir, log }) : null
  try {
    const databaseUrl = config.databaseUrl ?? embedded?.databaseUrl ?? ''
    const store = await openStore({ databaseUrl, encryptionKey, log, leaseMs: config.deliveryLeaseMs })
    await store.close()
  } finally {
    await embedded?.stop()
  }
}
