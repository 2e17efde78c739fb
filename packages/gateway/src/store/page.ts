/** `cursor` is opaque text from the page before; absent means the first page. */
export type PageRequest = { limit: number; cursor?: string | null }

/** One page of a keyset-paginated list; `nextCursor` null means there is no further page. */
export type Page<Row> = { rows: Row[]; nextCursor: string | null }
