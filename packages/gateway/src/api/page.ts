/** Lists are read in pages: `?limit=&cursor=` in, `{data, pagination}` out. The cursor is the store's and opaque. */
import { z } from 'zod'

export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(250).default(50).describe('How many, newest first.'),
  // Opaque to callers. The store's cursors are ids, so a mangled one can be told here, instead of finding nothing.
  cursor: z
    .uuid({ error: 'This is not a cursor: pass `pagination.next_cursor` of the page before, unchanged.' })
    .optional()
    .describe('`pagination.next_cursor` of the page before.'),
}

/** A moment in a query, ISO 8601. Years outside 1970 to 2200 are typing errors, and some do not fit a timestamp. */
export const momentQuery = z.iso
  .datetime({ offset: true })
  .transform(text => new Date(text))
  .refine(
    at => at.getUTCFullYear() >= 1970 && at.getUTCFullYear() < 2200,
    'Expected a moment between 1970 and 2200.',
  )

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    data: z.array(item),
    pagination: z.object({ next_cursor: z.string().nullable(), has_more: z.boolean() }),
  })
}

/** One page of the store as the contract shows it. */
export function page<Row, Item>(
  { rows, nextCursor }: { rows: Row[]; nextCursor: string | null },
  show: (row: Row) => Item,
) {
  return { data: rows.map(show), pagination: { next_cursor: nextCursor, has_more: nextCursor !== null } }
}

/** A list that is never long, in the same shape. */
export function onePage<Row, Item>(rows: Row[], show: (row: Row) => Item) {
  return page({ rows, nextCursor: null }, show)
}

export const moment = z.iso.datetime()

export function iso(at: Date | null): string | null {
  return at === null ? null : at.toISOString()
}
