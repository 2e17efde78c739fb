/** The list of deliveries with its newest rows kept fresh, without moving what somebody is reading. */
import { useMemo, useState } from 'react'
import type { Delivery } from '../../operations.ts'
import { usePages, useRead } from '../../query.ts'
import { type DeliverySearch, queryOf } from './search.ts'

const LIMIT = 100
/** What a tail holds; older rows are a page away. */
const KEPT = 1_000

/**
 * Pages are read once, from a cursor, so new rows never shift them; the newest rows are read again and again. While it is
 * paused, new rows are counted and held back, and rows that are shown still change their state.
 */
export function useTail(search: DeliverySearch, { live, paused }: { live: boolean; paused: boolean }) {
  // A range begins when it is chosen.
  const query = useMemo(() => queryOf(search, Date.now()), [JSON.stringify(search)])
  const pages = usePages('listDeliveries', query, { limit: LIMIT })
  const head = useRead(
    'listDeliveries',
    { query: { ...query, limit: LIMIT } },
    { every: live ? 2_000 : false },
  )
  const all = useMemo(() => merged(head.data?.data ?? [], pages.items), [head.data, pages.items])
  const [seen, setSeen] = useState<string | null>(null)
  const top = all[0]?.id ?? null
  if (!paused && top !== seen) setSeen(top)
  const items = paused && seen !== null ? all.filter(({ id }) => id <= seen) : all
  return { pages, items, held: all.length - items.length, query }
}

/** Ids sort by time. A row that both have is the fresher one's. */
function merged(head: readonly Delivery[], older: readonly Delivery[]): Delivery[] {
  const byId = new Map([...older, ...head].map(delivery => [delivery.id, delivery]))
  const sorted = [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1))
  return older.length > KEPT ? sorted : sorted.slice(0, Math.max(KEPT, older.length))
}
