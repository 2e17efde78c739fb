import { useEffect, useMemo, useState } from 'react'
import { live } from '../../live.ts'
import type { Event } from '../../operations.ts'
import { useRead } from '../../query.ts'

/** More than a person reads; older events are found by the API. */
const KEPT = 500

/** The last events, and those that come. While it is held, new ones are counted instead of shown. */
export function useFirehose(isHeld: boolean) {
  const first = useRead('listEvents', { query: { limit: 50 } }, { every: false })
  const [heard, setHeard] = useState<Event[]>([])
  const [heldFrom, setHeldFrom] = useState<string | null>(null)
  useEffect(
    () =>
      live.onItem(item => {
        if (item.kind === 'event') setHeard(before => [item.event, ...before].slice(0, KEPT))
      }),
    [],
  )
  const all = useMemo(() => {
    const byId = new Map([...(first.data?.data ?? []), ...heard].map(event => [event.id, event]))
    return [...byId.values()].sort((a, b) => b.committed_at.localeCompare(a.committed_at)).slice(0, KEPT)
  }, [first.data, heard])
  const newest = all[0]?.committed_at ?? null
  if (!isHeld && newest !== heldFrom) setHeldFrom(newest)
  const events =
    isHeld && heldFrom !== null ? all.filter(({ committed_at }) => committed_at <= heldFrom) : all
  return { events, held: all.length - events.length, first }
}
