import { asUuid } from './database.ts'

/** `cursor` is opaque text from the page before; absent means the first page. */
export type PageRequest = { limit: number; cursor?: string | null }

/** One page of a keyset-paginated list; `nextCursor` null means there is no further page. */
export type Page<Row> = { rows: Row[]; nextCursor: string | null }

const highestId = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** The id that a page's rows lie below. A cursor that is none of ours finds nothing. */
export function below(cursor: string | null | undefined): string | null {
  return cursor == null ? highestId : asUuid(cursor)
}

/** Ask the database for one row more than the page holds: it tells whether there is a next page. */
export function pageOf<Row extends { id: string }>(rows: Row[], limit: number): Page<Row> {
  const shown = rows.slice(0, limit)
  return { rows: shown, nextCursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
}

/**
 * Joins conditions like `{ 'type =': value }` to a WHERE clause; an undefined value leaves its condition out, null
 * (an id that cannot exist) matches nothing. The keys are SQL and never come from outside.
 */
export function whereAll(conditions: Record<string, unknown>): { where: string; values: unknown[] } {
  const asked = Object.entries(conditions).filter(([, value]) => value !== undefined)
  const parts = asked.map(([condition], index) => `${condition} $${index + 1}`)
  return { where: `where ${parts.join(' and ')}`, values: asked.map(([, value]) => value) }
}

/** The smallest UUIDv7 of a time: ids sort by time, so a range of times is a range of ids. */
export function lowestIdAt(at: Date): string {
  const hex = Math.max(0, at.getTime()).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}
