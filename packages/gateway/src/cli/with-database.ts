import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { startEmbeddedPostgres } from '../store/embedded-postgres.ts'

/**
 * Does the work with the database of this configuration; an embedded one is started for it and stopped afterwards, and
 * meanwhile no gateway runs on it. Rejects when one does.
 */
export async function withDatabase<T>(
  { databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>,
  log: Logger,
  work: (databaseUrl: string) => Promise<T>,
): Promise<T> {
  if (databaseUrl !== null) return work(databaseUrl)
  const embedded = await startEmbeddedPostgres({ dataDir, log })
  try {
    return await work(embedded.databaseUrl)
  } finally {
    await embedded.stop()
  }
}
