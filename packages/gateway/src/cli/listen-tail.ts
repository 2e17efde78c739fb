import { uuidv7 } from '@waxwing/events/event-id'
import type { Gateway, Json } from './running-gateway.ts'
import { readServerSentEvents } from './server-sent-events.ts'

/** Ids of events already told: what is resumed overlaps with what was seen by some seconds. */
const remembered = 20_000
/** The gateway says something every 15 s; a connection that is silent for three times as long is dead. */
const silenceMs = 45_000

export type EventTail = {
  /**
   * The events that are new since the call before, in the order in which they became durable, as soon as there are
   * any; empty when `signal` was aborted, or when a connection that was lost is there again. Throws a Refused when there
   * is none to be had: the next call tries again, and misses nothing that happened meanwhile.
   */
  next(): Promise<Json[]>
}

/** What happens from now on, of these types. Resolves when the gateway is listened to. */
export async function createEventTail(
  gateway: Pick<Gateway, 'open'>,
  { patterns, signal }: { patterns: readonly string[]; signal: AbortSignal },
): Promise<EventTail> {
  const seen = new Set<string>()
  const path = `/live?kinds=event&types=${encodeURIComponent(patterns.join(','))}`
  let resume: { id: string; from: string } | null = null
  let connection: Connection | null = await connect()

  async function connect(): Promise<Connection> {
    const cut = new AbortController()
    const headers: Record<string, string> = resume === null ? {} : { 'last-event-id': resume.id }
    const opened = await gateway.open(path, { headers, signal: AbortSignal.any([signal, cut.signal]) })
    // An id of this very moment: who loses the connection before the first event comes back to here.
    resume ??= { id: uuidv7(opened.at), from: opened.at.toISOString() }
    return { messages: readServerSentEvents(opened.text), cut: () => cut.abort() }
  }

  /** The next message; null when the connection is over, or as good as. */
  async function heard({ messages, cut }: Connection): Promise<{ event: string; data: string } | null> {
    const silence = setTimeout(cut, silenceMs)
    try {
      const { value, done } = await messages.next()
      return done ? null : value
    } catch {
      return null
    } finally {
      clearTimeout(silence)
    }
  }

  function isNew({ id, committed_at }: Json): boolean {
    if (seen.has(id) || (resume !== null && committed_at < resume.from)) return false
    seen.add(id)
    for (const old of seen) {
      if (seen.size <= remembered) break
      seen.delete(old)
    }
    return true
  }

  return {
    async next() {
      while (!signal.aborted) {
        if (connection === null) {
          connection = await connect().catch(error => {
            if (signal.aborted) return null
            throw error
          })
          return []
        }
        const message = await heard(connection)
        // What the gateway left out because we were too slow is in its database: we come back for it.
        if (message === null || message.event === 'dropped') {
          connection.cut()
          connection = null
        } else if (message.event === 'event') {
          const event: Json = JSON.parse(message.data)
          if (resume !== null) resume = { ...resume, id: event.id }
          if (isNew(event)) return [event]
        }
      }
      return []
    },
  }
}

type Connection = { messages: AsyncGenerator<{ event: string; data: string }>; cut: () => void }
