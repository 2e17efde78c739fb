import { type BaileysEventMap, proto, type WAMessage, type WAMessageKey } from 'baileys'
import { LRUCache } from 'lru-cache'
import type { Figures } from './figures.ts'

/** Messages that came and could not be read, and the last thing that can be done about them: asking the phone. */
export type PlaceholderSweeper = {
  /** Hears what Baileys tells: which messages lack their content, and which have got it after all. */
  hear(events: Partial<BaileysEventMap>): void
  stop(): void
}

export type SweeperDeps = {
  /** Asks the phone for this message; rejects or hangs as it likes. Null while no socket is open. */
  ask: () => ((key: WAMessageKey, message: Partial<WAMessage>) => Promise<unknown>) | null
  figures: Figures
  now: () => Date
  /** Times in milliseconds; tests shorten them. */
  patienceMs?: number
  everyMs?: number
}

/** The sender is asked again at once and Baileys asks the phone after 3 s; whoever has not answered in a minute will not. */
const defaultPatienceMs = 60_000
/** A request is a message of ours to our phone: one in six seconds is what a person might cause, too. */
const defaultEveryMs = 6_000
/** How often a phone that does not answer is asked for the same message, each time after twice the wait. */
const mostRequests = 5
const remembered = 1_000

type Missing = { message: WAMessage; askAt: number; requests: number }

/** The last resort of persist-before-ack.md, 6.1: a stanza was acknowledged with a refusal, and its content never came. */
export function createPlaceholderSweeper(deps: SweeperDeps): PlaceholderSweeper {
  const { patienceMs = defaultPatienceMs, everyMs = defaultEveryMs, figures } = deps
  const missing = new LRUCache<string, Missing>({ max: remembered })
  let timer: NodeJS.Timeout | undefined

  const now = () => deps.now().getTime()

  function note(message: WAMessage): void {
    const { id } = message.key
    if (!id) return
    if (message.message) missing.delete(id)
    else if (isUnreadable(message) && !missing.has(id)) {
      figures.undecryptable++
      missing.set(id, { message, askAt: now() + patienceMs, requests: 0 })
      timer ??= setInterval(sweep, everyMs).unref()
    }
  }

  function sweep(): void {
    const due = [...missing.entries()].filter(([, { askAt }]) => askAt <= now())
    const [id, next] = due.at(-1) ?? []
    const ask = deps.ask()
    if (id !== undefined && next !== undefined && ask !== null) request(id, next, ask)
    if (missing.size === 0) stop()
  }

  function request(id: string, next: Missing, ask: NonNullable<ReturnType<SweeperDeps['ask']>>): void {
    next.requests++
    next.askAt = now() + patienceMs * 2 ** next.requests
    if (next.requests >= mostRequests) missing.delete(id)
    figures.asked++
    const { key, messageTimestamp, pushName, participant } = next.message
    void ask(key, { key, messageTimestamp, pushName, participant }).catch(() => {})
  }

  function stop(): void {
    clearInterval(timer)
    timer = undefined
  }

  return {
    hear(events) {
      for (const message of events['messages.upsert']?.messages ?? []) note(message)
    },
    stop,
  }
}

const isUnreadable = ({ messageStubType }: WAMessage) =>
  messageStubType === proto.WebMessageInfo.StubType.CIPHERTEXT
