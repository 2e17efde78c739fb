import pg from 'pg'
import type { Logger } from 'pino'

/** A statement with its values; a named one is prepared once per connection. */
export type Statement = { text: string; values?: unknown[]; name?: string }

export type Query = <Row extends object>(statement: Statement) => Promise<Row[]>

/** The pool of connections, as every table file sees it. */
export type Database = {
  query: Query
  /** Runs the work in one transaction: committed when it resolves, rolled back when it rejects. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>
  /** Ends when running statements have. */
  close(): Promise<void>
}

/** Timestamps are Dates, bigints are text (the driver's defaults); one place would change either. */
export function openDatabase(a: { databaseUrl: string; poolSize: number; log: Logger }): Database {
  const pool = new pg.Pool({
    connectionString: a.databaseUrl,
    max: a.poolSize,
    application_name: 'waxwing',
    // A server that does not answer is an error to retry, not a promise that never settles.
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', error => a.log.warn({ err: error }, 'an idle database connection was lost'))
  return {
    query: queryOn(pool),
    transaction: work => transactionOn(pool, work),
    close: () => pool.end(),
  }
}

function queryOn(client: Pick<pg.ClientBase, 'query'>): Query {
  return async <Row extends object>(statement: Statement) => (await client.query(statement)).rows as Row[]
}

async function transactionOn<T>(pool: pg.Pool, work: (query: Query) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('begin')
    const result = await work(queryOn(client))
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(failure => {
      broken = failure // the connection is gone and must not return to the pool
    })
    throw error
  } finally {
    client.release(broken)
  }
}

/** SQLSTATE of a database error, or null for anything else. */
export function sqlState(error: unknown): string | null {
  return error instanceof pg.DatabaseError ? (error.code ?? null) : null
}

/**
 * Ids come from requests. What is no UUID cannot be in the table, and must find nothing instead of being an error
 * of the database's parser: null equals nothing in SQL.
 */
export function asUuid(text: string): string | null {
  return /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text) ? text : null
}

/** Text as Postgres can hold it: a zero byte and half a surrogate pair become U+FFFD. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}

/** A value for a jsonb column. What the outside sent may hold characters that jsonb refuses. */
export function json(value: unknown): string {
  const text = JSON.stringify(value)
  if (!/\\u(0000|d[89a-f])/i.test(text)) return text
  return JSON.stringify(value, (_key, part) => (typeof part === 'string' ? storable(part) : part))
}

/** Data exceptions (22) and violated constraints (23): one row of a batch is bad, the others are not. */
export function isFaultOfOneRow(error: unknown): boolean {
  return /^2[23]/.test(sqlState(error) ?? '')
}

/** A deadlock (40P01) or serialization failure (40001) wrote nothing and is gone when tried again. */
export async function retryingConflicts<T>(statement: () => Promise<T>, tries = 5): Promise<T> {
  try {
    return await statement()
  } catch (error) {
    const conflict = ['40P01', '40001'].includes(sqlState(error) ?? '')
    if (!conflict || tries <= 1) throw error
    return retryingConflicts(statement, tries - 1)
  }
}
