/** What a reader of the live stream has missed, from the database, until it has caught up with what happens now. */
import type { Store } from '../store/store.ts'
import { type LiveFilter, lineOfRow, wants } from './live-lines.ts'
import type { Line, LiveQueue } from './live-queue.ts'

/** Of one query, and so of one write to the connection. */
const PAGE = 250
/** Ids of events that were read, so that the queue does not bring them again; what overlaps is seconds, not hours. */
const REMEMBERED = 10_000

export type Missed = {
  /** Oldest first. Ends when everything is either read or waits in the queue. */
  read(): AsyncGenerator<Line[]>
  /** False for what `read` has brought already. */
  isNew(line: Line): boolean
}

/** `after`: the last event the reader has. The queue must be filling before `read` begins. */
export function createMissed(
  events: Pick<Store['events'], 'placeBefore' | 'committedAfter'>,
  a: { profileId: string; after: string; filter: LiveFilter; queue: LiveQueue },
): Missed {
  const { profileId, after, filter, queue } = a
  const brought = new Set([after])
  const isNew = ({ id }: Line) => id === null || !brought.has(id)

  function remember(lines: readonly Line[]): void {
    for (const { id } of lines) if (id !== null) brought.add(id)
    for (const id of brought) {
      if (brought.size <= REMEMBERED) return
      brought.delete(id)
    }
  }

  async function* readFrom(last: string): AsyncGenerator<Line[]> {
    let place = await events.placeBefore(profileId, last)
    for (let more = true; more && !queue.closed; ) {
      const { rows, end } = await events.committedAfter(profileId, place, PAGE)
      place = end
      more = rows.length === PAGE
      const wanted = rows.filter(row =>
        wants(filter, { kind: 'event', ...row, committedAt: row.committedAt.toISOString() }),
      )
      const lines = wanted.map(lineOfRow).filter(isNew)
      remember(lines)
      if (lines.length > 0) yield lines
    }
  }

  return {
    isNew,
    async *read() {
      let last = after
      do {
        // What overflowed while we read is in the database by now: those who read slowly read again.
        queue.restart()
        for await (const lines of readFrom(last)) {
          last = lines.at(-1)?.id ?? last
          yield lines
        }
      } while (queue.lostEvents && !queue.closed)
    },
  }
}
