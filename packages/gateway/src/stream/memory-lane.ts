import type { Announcement, Lane } from './lane.ts'

type Listener = { handler: (items: Announcement[]) => void; onNudge: () => void }

/**
 * The lane of a gateway in one process: announcements wait at most until the next turn of the event loop,
 * when a listener gets all of them in one call. `limit` bounds what may wait: bodies are up to 1 MiB each,
 * and while nobody listens nothing else holds the memory down. A nudge reaches every listener.
 */
export function createMemoryLane({ limit, now = Date.now }: { limit: number; now?: () => number }): Lane {
  const listeners: Listener[] = []
  const stats = { announced: 0, dropped: 0 }
  let waiting: Announcement[] = []
  let waitingSince = 0
  let nudged = false
  let flushing = false
  let closed = false

  function flush(): void {
    flushing = false
    handOver()
    if (!nudged) return
    nudged = false
    for (const { onNudge } of [...listeners]) onNudge()
  }

  function handOver(): void {
    const listener = listeners.shift()
    if (listener === undefined) return
    listeners.push(listener)
    if (waiting.length === 0) return
    const items = waiting
    waiting = []
    listener.handler(items)
  }

  function flushSoon(): void {
    if (flushing || (waiting.length === 0 && !nudged) || listeners.length === 0) return
    flushing = true
    setImmediate(flush)
  }

  return {
    announce(items) {
      if (waiting.length === 0) waitingSince = now()
      const room = closed ? 0 : Math.max(0, limit - waiting.length)
      for (const item of items.slice(0, room)) waiting.push(item)
      stats.announced += items.length
      stats.dropped += Math.max(0, items.length - room)
      flushSoon()
    },
    nudge() {
      nudged = listeners.length > 0
      flushSoon()
    },
    listen(handler, onNudge = () => {}) {
      const listener = { handler, onNudge }
      listeners.push(listener)
      flushSoon()
      return {
        stop() {
          const at = listeners.indexOf(listener)
          if (at >= 0) listeners.splice(at, 1)
        },
      }
    },
    stats: () => ({
      ...stats,
      waiting: waiting.length,
      lagMs: waiting.length === 0 ? 0 : now() - waitingSince,
    }),
    async close() {
      closed = true
      stats.dropped += waiting.length
      waiting = []
      listeners.length = 0
    },
  }
}
