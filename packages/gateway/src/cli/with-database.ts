import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { createLog } from '../log.ts'
import { type Database, openDatabase } from '../store/database.ts'
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

/** Reads in a database that is up, on a connection that nobody takes for a gateway's (see `connectedKeys`). */
export async function lookInto<T>(databaseUrl: string, work: (db: Database) => Promise<T>): Promise<T> {
  const log = createLog({ logLevel: 'silent', logFormat: 'json' })
  const db = openDatabase({ databaseUrl, poolSize: 1, log, applicationName: 'waxwing-doctor' })
  try {
    return await work(db)
  } finally {
    await db.close()
  }
}
