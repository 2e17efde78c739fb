/** What waits for one reader of the live stream: bounded, and what does not fit is counted instead of kept. */

export type Kind = 'event' | 'delivery' | 'session'
/** One message of the stream; events have an id to resume from. */
export type Line = { kind: Kind; id: string | null; text: string }
/** How many lines were left out. */
export type Dropped = Record<Kind, number>

export type LiveQueue = {
  /** Takes lines in, or counts them when the reader is too far behind. */
  offer(lines: readonly Line[]): void
  /**
   * What waits, and what was left out after it (null: nothing), as soon as there is either; empty when `waitMs` are
   * over or the queue is closed.
   */
  next(waitMs: number): Promise<{ lines: Line[]; dropped: Dropped | null }>
  /** Lets go of what waits, for a reader that gets its events from the database: only the rest counts as left out. */
  restart(): void
  /** True when events were left out since the last `next` or `restart`. */
  readonly lostEvents: boolean
  readonly closed: boolean
  close(): void
}

/** `limit` bounds what waits, in characters; a line that is longer waits alone. */
export function createLiveQueue({ limit }: { limit: number }): LiveQueue {
  let waiting: Line[] = []
  let length = 0
  let dropped: Dropped | null = null
  let closed = false
  let wake = () => {}

  function add(line: Line): void {
    // Once something was left out the reader hears of that first: a gap in the middle could not be told.
    if (dropped === null && (waiting.length === 0 || length + line.text.length <= limit)) {
      waiting.push(line)
      length += line.text.length
    } else leaveOut(line)
  }

  function leaveOut({ kind }: Line): void {
    dropped ??= { event: 0, delivery: 0, session: 0 }
    dropped[kind]++
  }

  function take() {
    const taken = { lines: waiting, dropped }
    waiting = []
    length = 0
    dropped = null
    return taken
  }

  return {
    offer(lines) {
      if (closed) return
      for (const line of lines) add(line)
      if (lines.length > 0) wake()
    },
    async next(waitMs) {
      if (waiting.length === 0 && dropped === null && !closed) await wakeWithin(waitMs)
      return take()
    },
    restart() {
      const before = take()
      if (before.dropped !== null) dropped = { ...before.dropped, event: 0 }
      for (const line of before.lines) if (line.kind !== 'event') leaveOut(line)
      if (dropped !== null && Object.values(dropped).every(count => count === 0)) dropped = null
    },
    get lostEvents() {
      return (dropped?.event ?? 0) > 0
    },
    get closed() {
      return closed
    },
    close() {
      closed = true
      take()
      wake()
    },
  }

  function wakeWithin(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
