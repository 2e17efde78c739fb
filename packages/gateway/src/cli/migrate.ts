import { ensureEncryptionKeys } from '../config.ts'
import { createLog } from '../log.ts'
import { openStore } from '../store/store.ts'
import { configOf, type Ending, type Voice } from './verb.ts'
import { withDatabase } from './with-database.ts'

/** What `start` does to the database, and no more. */
export async function migrate(voice: Voice): Promise<Ending> {
  const loaded = configOf()
  if (!loaded.ok) return loaded.ending
  const { config } = loaded
  const log = createLog(config)
  const keys = ensureEncryptionKeys(config)
  await withDatabase(config, log, async databaseUrl => {
    const store = await openStore({ databaseUrl, ...keys, log, leaseMs: config.deliveryLeaseMs })
    await store.close()
  })
  voice.tell({ ok: true })
  voice.say('The database is up to date.')
  return { ok: true }
}
