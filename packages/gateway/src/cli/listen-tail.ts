import type { Json } from './running-gateway.ts'

/** A page of the list of events, newest first. */
const pageSize = 250
/** Ids of events already told; many pages, so that none of those looked at is told twice. */
const remembered = 20_000

/**
 * The events that are new since the call before, oldest first. The list is in the order in which things happened, and a
 * phone that was offline tells old things late: so each page is compared with what was seen, and the next is read while
 * one holds anything new. What comes later than 250 newer events is missed.
 */
export async function createEventTail(
  get: (path: string) => Promise<Json>,
): Promise<{ next(): Promise<Json[]> }> {
  const first = (await get(`/events?limit=${pageSize}`)).data as Json[]
  const seen = new Set<string>(first.map(event => event.id))
  /** Everything committed until then was there before we came. ISO moments sort as text. */
  const since = first.reduce(
    (latest: string, event) => (event.committed_at > latest ? event.committed_at : latest),
    '',
  )

  return {
    async next() {
      const fresh: Json[] = []
      let cursor: string | null = null
      do {
        const page: Json = await get(`/events?limit=${pageSize}${cursor === null ? '' : `&cursor=${cursor}`}`)
        const unseen = page.data.filter((event: Json) => !seen.has(event.id) && event.committed_at >= since)
        for (const event of unseen) fresh.push(event)
        cursor = unseen.length > 0 ? page.pagination.next_cursor : null
      } while (cursor !== null)
      for (const event of fresh) seen.add(event.id)
      for (const id of seen) {
        if (seen.size <= remembered) break
        seen.delete(id)
      }
      return fresh.reverse()
    },
  }
}
