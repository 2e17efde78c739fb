import type { Logger } from 'pino'

export type EmbeddedPostgres = {
  /** For the ordinary `pg` driver; a Unix socket. */
  databaseUrl: string
  /** Stops the server, also one that an earlier gateway left behind, and waits until it is down. */
  stop(): Promise<void>
}

/** What stands in the way of an embedded server, as a sentence that says what to do. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError'
}

export async function startEmbeddedPostgres(_a: {
  dataDir: string
  log: Logger
  /** Further lines of postgresql.conf. */
  settings?: Record<string, string>
}): Promise<EmbeddedPostgres> {
  throw new EmbeddedPostgresError('being built')
}
