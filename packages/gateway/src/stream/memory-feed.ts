import type { Logger } from 'pino'
import type { Feed, FeedItem } from './feed.ts'

type Handler = (items: readonly FeedItem[]) => void
/** The listeners of a profile, and what they hear at the next turn of the event loop. */
type Audience = { handlers: Set<Handler>; waiting: FeedItem[] }

/** The feed within one process. What waits is what one turn of the event loop has told, so nothing bounds it further. */
export function createMemoryFeed({ log }: { log?: Logger } = {}): Feed {
  const audiences = new Map<string, Audience>()

  function flush({ handlers, waiting }: Audience, items: readonly FeedItem[]): void {
    waiting.length = 0
    for (const handler of handlers) {
      try {
        handler(items)
      } catch (error) {
        log?.error({ err: error }, 'a listener of the feed failed; this is a bug')
      }
    }
  }

  return {
    tell(profileId, make) {
      const audience = audiences.get(profileId)
      if (audience === undefined) return
      if (audience.waiting.push(make()) === 1) setImmediate(() => flush(audience, [...audience.waiting]))
    },
    async listen(profileId, handler) {
      const audience = audiences.get(profileId) ?? { handlers: new Set(), waiting: [] }
      audiences.set(profileId, audience)
      // A function of its own, for the same handler may listen twice.
      const own: Handler = items => handler(items)
      audience.handlers.add(own)
      return {
        stop() {
          audience.handlers.delete(own)
          if (audience.handlers.size === 0 && audiences.get(profileId) === audience)
            audiences.delete(profileId)
        },
      }
    },
    async close() {
      for (const { handlers } of audiences.values()) handlers.clear()
      audiences.clear()
    },
  }
}
