import type { Dispatcher as Undici } from 'undici'
import { type Connections, type ConnectTimings, notConnected, onceSocketKnown } from './connections.ts'
import { type Failure, failureOf } from './failure.ts'
import { maxReadBytes } from './response-body.ts'

/** What came over the wire for one request. `failure` is of the network; what a status means is not asked here. */
export type Exchange = {
  /** Null: this request travelled on a connection that was open already, or never got one. */
  opened: ConnectTimings | null
  /** Since the epoch of `performance.now()`; null where it did not get there. */
  sentAt: number | null
  headersAt: number | null
  status: number | null
  headers: Record<string, string>
  raw: Buffer
  /** The body was longer than is read. */
  cut: boolean
  failure: Failure | null
}

export type ExchangeRequest = {
  origin: string
  /** With the query. */
  path: string
  headers: Record<string, string>
  body: string
  /** Of `performance.now()`. */
  deadline: number
  timeoutMs: number
  signal?: AbortSignal
}

/** Settled already: the request that still waits for its connection must not go out. */
const abandoned = new Error('the attempt is over')

/**
 * Sends one POST and reads its answer, until the deadline, wherever it is by then: resolving, connecting,
 * waiting or reading. Rejects only with the reason of `signal`.
 */
export function exchange(connections: Connections, request: ExchangeRequest): Promise<Exchange> {
  const { promise, resolve, reject } = Promise.withResolvers<Exchange>()
  const result: Exchange = {
    opened: null,
    sentAt: null,
    headersAt: null,
    status: null,
    headers: {},
    raw: Buffer.alloc(0),
    cut: false,
    failure: null,
  }
  const chunks: Buffer[] = []
  let length = 0
  let controller: Undici.DispatchController | null = null
  let over = false

  const timer = setTimeout(
    () => finish(lateness(result, request.timeoutMs)),
    request.deadline - performance.now(),
  )
  const onAbort = () => end(() => reject(request.signal?.reason))
  const stopListening = request.signal && onceAborted(request.signal, onAbort)
  if (request.signal?.aborted) onAbort()
  else start()
  return promise

  function end(settle: () => void): void {
    if (over) return
    over = true
    clearTimeout(timer)
    stopListening?.()
    settle()
    // Destroys the socket unless the answer was complete: nothing more of it is wanted.
    controller?.abort(abandoned)
  }

  function finish(failure: Failure | null): void {
    end(() => {
      result.failure = failure
      result.raw = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
      resolve(result)
    })
  }

  function start(): void {
    const { origin, path, headers, body } = request
    connections.agent.dispatch(
      { origin, path, method: 'POST', headers, body },
      {
        onRequestStart(started) {
          if (over) return started.abort(abandoned)
          controller = started
          result.sentAt = performance.now()
          onceSocketKnown(socket => {
            result.opened = connections.takeTimings(socket)
          })
        },
        onResponseStart(_, status, responseHeaders) {
          if (status < 200) return // informational: the answer is still to come
          result.headersAt = performance.now()
          result.status = status
          result.headers = flattened(responseHeaders)
        },
        onResponseData(_, chunk) {
          if (over) return
          chunks.push(chunk.subarray(0, maxReadBytes - length))
          length += chunk.length
          if (length <= maxReadBytes) return
          result.cut = true
          finish(null)
        },
        onResponseEnd() {
          controller = null
          finish(null)
        },
        onResponseError(_, error) {
          controller = null
          if (result.sentAt === null) result.opened = connections.takeTimings(error) ?? notConnected
          finish(failureOf(error))
        },
      },
    )
  }
}

/**
 * One listener for all exchanges of a signal, which are thousands a second: adding and removing one for each cost more than
 * parsing the answer. Returns what takes the callback back.
 */
function onceAborted(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = listening.get(signal)
  if (callbacks === undefined) {
    const all = new Set<() => void>()
    signal.addEventListener('abort', () => all.forEach(each => void each()), { once: true })
    listening.set(signal, all)
    callbacks = all
  }
  callbacks.add(callback)
  return () => callbacks.delete(callback)
}
const listening = new WeakMap<AbortSignal, Set<() => void>>()

/** The deadline passed: says what was being waited for. */
function lateness(result: Exchange, timeoutMs: number): Failure {
  if (result.status !== null)
    return { class: 'too_slow', message: `The answer began but did not end within ${timeoutMs} ms.` }
  const missing = result.sentAt === null ? 'No connection' : 'No answer'
  return { class: 'timeout', message: `${missing} within ${timeoutMs} ms.` }
}

function flattened(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers))
    flat[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  return flat
}
