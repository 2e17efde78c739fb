import type { Announcement, Lane } from './lane.ts'

type Handler = (items: Announcement[]) => void

/**
 * The lane of a gateway in one process: announcements wait at most until the next turn of the event loop,
 * when a listener gets all of them in one call. `limit` bounds what may wait: bodies are up to 1 MiB each,
 * and while nobody listens nothing else holds the memory down.
 */
export function createMemoryLane({ limit }: { limit: number }): Lane {
  const handlers: Handler[] = []
  const stats = { announced: 0, dropped: 0 }
  let waiting: Announcement[] = []
  let flushing = false
  let closed = false

  function flush(): void {
    flushing = false
    const handler = handlers.shift()
    if (handler === undefined || waiting.length === 0) return
    handlers.push(handler)
    const items = waiting
    waiting = []
    handler(items)
  }

  function flushSoon(): void {
    if (flushing || waiting.length === 0 || handlers.length === 0) return
    flushing = true
    setImmediate(flush)
  }

  return {
    announce(items) {
      const room = closed ? 0 : Math.max(0, limit - waiting.length)
      for (const item of items.slice(0, room)) waiting.push(item)
      stats.announced += items.length
      stats.dropped += Math.max(0, items.length - room)
      flushSoon()
    },
    listen(handler) {
      handlers.push(handler)
      flushSoon()
      return {
        stop() {
          const at = handlers.indexOf(handler)
          if (at >= 0) handlers.splice(at, 1)
        },
      }
    },
    stats: () => ({ ...stats, waiting: waiting.length }),
    async close() {
      closed = true
      stats.dropped += waiting.length
      waiting = []
      handlers.length = 0
    },
  }
}
