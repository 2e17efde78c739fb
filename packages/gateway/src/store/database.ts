import type pg from 'pg'

/** A statement with its values; a named one is prepared once per connection. */
export type Statement = { text: string; values?: unknown[]; name?: string }

export type Query = <Row extends object = Record<string, unknown>>(statement: Statement) => Promise<Row[]>

/** The pool of connections, as every table file sees it. */
export type Database = {
  query: Query
  /** Runs the work in one transaction: committed when it resolves, rolled back when it rejects. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>
  pool: pg.Pool
}
