import pg from 'pg'
import type { Logger } from 'pino'
import { MeasuredPool, type PoolStats } from './measured-pool.ts'
import { forgoPartitionPruning } from './partition-pruning.ts'

/**
 * A statement with its values; a named one is prepared once per connection. `patient`: it may take as long as it
 * takes, as work on whole tables does; any other fails after half a minute.
 */
export type Statement = { text: string; values?: unknown[]; name?: string; patient?: boolean }

export type Query = <Row extends object>(statement: Statement) => Promise<Row[]>

/** The pool of connections, as every table file sees it. */
export type Database = {
  query: Query
  /**
   * Runs the work in one transaction: committed when it resolves, rolled back when it rejects. `patient`: all of its
   * statements are, for it may have to wait for locks.
   */
  transaction<T>(work: (query: Query) => Promise<T>, options?: { patient?: boolean }): Promise<T>
  stats(): PoolStats
  /** Ends when running statements have. */
  close(): Promise<void>
}

/**
 * A connection whose other end is gone without a word looks like a slow one, and TCP tells them apart only after a
 * quarter of an hour. No statement of ours takes seconds, so half a minute of silence is a lost connection: the
 * statement is an error to retry, and the pool throws the connection away.
 */
const defaultAnswerWithinMs = 30_000
/** The driver's defaults are to wait for ever and not to probe at all; shared with the listener. */
export const connectionLimits = {
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 30_000,
}

/** Timestamps are Dates, bigints are text (the driver's defaults); one place would change either. */
export function openDatabase(a: {
  databaseUrl: string
  poolSize: number
  log: Logger
  answerWithinMs?: number
  /** What pg_stat_activity shows. */
  applicationName?: string
}): Database {
  const { answerWithinMs = defaultAnswerWithinMs } = a
  const pool = new MeasuredPool({
    connectionString: a.databaseUrl,
    max: a.poolSize,
    application_name: a.applicationName ?? 'waxwing',
    onConnect: client => forgoPartitionPruning(client, answerWithinMs),
    ...connectionLimits,
  })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', error => a.log.warn({ err: error }, 'an idle database connection was lost'))
  // One that breaks within a transaction, between two statements, would end it too; the next statement fails.
  pool.on('connect', client => client.on('error', () => {}))
  return {
    query: queryOn(pool, answerWithinMs),
    transaction: (work, { patient = false } = {}) => transactionOn(pool, work, answerWithinMs, patient),
    stats: () => pool.stats(),
    close: () => pool.end(),
  }
}

function queryOn(client: Pick<pg.ClientBase, 'query'>, answerWithinMs: number, allPatient = false): Query {
  return async <Row extends object>({ patient = allPatient, ...statement }: Statement) => {
    // Not an option of the pool: that one could not be lifted for a single statement.
    const limited = patient ? statement : { ...statement, query_timeout: answerWithinMs }
    return (await client.query(limited)).rows as Row[]
  }
}

async function transactionOn<T>(
  pool: pg.Pool,
  work: (query: Query) => Promise<T>,
  answerWithinMs: number,
  patient: boolean,
): Promise<T> {
  const client = await pool.connect()
  const query = queryOn(client, answerWithinMs, patient)
  let broken: Error | undefined
  try {
    await query({ text: 'begin' })
    const result = await work(query)
    await query({ text: 'commit' })
    return result
  } catch (error) {
    await queryOn(
      client,
      answerWithinMs,
    )({ text: 'rollback' }).catch(failure => {
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

/** A value for a json or jsonb column. What the outside sent may hold characters that these refuse. */
export function json(value: unknown): string {
  const text = JSON.stringify(value)
  if (!text.includes('\\u') || !/\\u(0000|d[89a-f])/i.test(text)) return text
  return JSON.stringify(value, (_key, part) => (typeof part === 'string' ? storable(part) : part))
}

/**
 * Data exceptions (22) and violated constraints (23): one row of a batch is bad, the others are not. Trying the same
 * again gives the same error; whoever wrote a batch tries its parts, or gives the row up.
 */
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
