/**
 * What happens, as it happens: one stream a tab, read by fetch because an EventSource can carry no key. What is heard makes
 * the reads it touches stale, and goes to whoever listens.
 */
import type { OperationName } from './api.ts'
import { credential } from './credential.ts'
import type { Event } from './operations.ts'
import { queryClient } from './query.ts'

export type LiveState = 'connecting' | 'open' | 'lost'
export type LiveItem =
  | { kind: 'event'; event: Event }
  | { kind: 'delivery' | 'session' | 'dropped'; data: unknown }

/** Each change is heard at once; what is read because of it, at most this often. */
const REFRESH_MS = 1_000
const RETRY_MS = 3_000

const touched: Record<string, readonly OperationName[]> = {
  session: ['listSessions', 'getSession', 'getSessionQr'],
  delivery: ['listDeliveries', 'getDelivery', 'listDeadLetters'],
  event: ['listEvents', 'getInbox'],
  dropped: ['listEvents', 'listDeliveries', 'listSessions'],
}

let state: LiveState = 'connecting'
const stateListeners = new Set<() => void>()
const itemListeners = new Set<(item: LiveItem) => void>()

export const live = {
  state: () => state,
  onState(listener: () => void) {
    stateListeners.add(listener)
    return () => void stateListeners.delete(listener)
  },
  onItem(listener: (item: LiveItem) => void) {
    itemListeners.add(listener)
    return () => void itemListeners.delete(listener)
  },
}

function become(next: LiveState) {
  state = next
  for (const listener of stateListeners) listener()
}

/** Reads until the returned function is called; comes back by itself after a loss, from where it was. */
export function watchLive(): () => void {
  const ended = new AbortController()
  const refresh = createRefresher(ended.signal)
  follow(ended.signal, refresh).catch(() => null)
  return () => ended.abort()
}

async function follow(signal: AbortSignal, refresh: (kind: string) => void): Promise<void> {
  let lastId: string | null = null
  while (!signal.aborted) {
    become('connecting')
    const resume: Record<string, string> = lastId === null ? {} : { 'Last-Event-ID': lastId }
    const response = await fetch('/api/v1/live', {
      headers: { ...credential.headers(), ...resume },
      signal,
    }).catch(() => null)
    if (response?.status === 401) return credential.refused()
    if (response?.ok && response.body) {
      become('open')
      for await (const { id, kind, data } of messagesOf(response.body)) {
        lastId = id ?? lastId
        refresh(kind)
        tell(kind, data)
      }
    }
    if (signal.aborted) return
    become('lost')
    await new Promise(resolve => setTimeout(resolve, RETRY_MS))
  }
}

function tell(kind: string, data: unknown): void {
  const item = kind === 'event' ? { kind, event: data as Event } : { kind, data }
  for (const listener of itemListeners) listener(item as LiveItem)
}

type Message = { id: string | null; kind: string; data: unknown }

/** Server-Sent Events as the gateway writes them: data in one line. Comments are skipped; a broken stream just ends. */
async function* messagesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader()
  let rest = ''
  for (;;) {
    const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }))
    if (done || value === undefined) return
    const blocks = (rest + value).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      const [kind, data] = [fields.get('event'), fields.get('data')]
      if (kind && data) yield { id: fields.get('id') ?? null, kind, data: JSON.parse(data) }
    }
  }
}

/** A burst of news is one read: the first makes an appointment, the rest keep it. */
function createRefresher(signal: AbortSignal): (kind: string) => void {
  const due = new Set<OperationName>()
  let timer: ReturnType<typeof setTimeout> | undefined
  signal.addEventListener('abort', () => clearTimeout(timer))
  return kind => {
    for (const operation of touched[kind] ?? []) due.add(operation)
    timer ??= setTimeout(() => {
      timer = undefined
      for (const operation of due) queryClient.invalidateQueries({ queryKey: [operation] })
      due.clear()
    }, REFRESH_MS)
  }
}
