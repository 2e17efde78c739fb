import { type EventType, signatureHeaders } from '@waxwing/events'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Attempt, Timings } from './attempt.ts'
import { type Connections, createConnections } from './connections.ts'
import { type Exchange, exchange } from './exchange.ts'
import { failureOfStatus } from './failure.ts'
import type { Guard } from './guard.ts'
import { readable } from './response-body.ts'
import { sendableHeaders } from './user-headers.ts'

export type { ErrorClass } from '@waxwing/events'
export type { Attempt, Timings } from './attempt.ts'

export type SendRequest = {
  url: string
  /** The committed bytes: signed and sent as they are. */
  body: string
  eventId: string
  eventType: EventType
  deliveryId: string
  /** From 1. */
  attempt: number
  /** Newest first; each signs. */
  secrets: readonly string[]
  /** The user's. Those `checkUserHeaders` objects to are left out. */
  headers: Record<string, string>
  /** The header of that name (W3C Trace Context), when the attempt is traced. */
  traceparent?: string
  signal?: AbortSignal
}

export type Sender = {
  /**
   * Makes one attempt. Whatever the receiver or the network does is a value.
   * Rejects only when `signal` aborts: then nobody knows whether the receiver got it.
   */
  send(request: SendRequest): Promise<Attempt>
  /** No attempt takes longer than this. */
  timeoutMs: number
  /** Ends idle connections, and what is still in flight. */
  close(): Promise<void>
}

export type SenderOptions = {
  /** One deadline over DNS, connect, TLS, headers and body; 1,000 to 30,000. */
  timeoutMs: number
  guard: Guard
  /** `Waxwing/<version>` */
  userAgent: string
  /** To one origin, over all its webhooks. */
  maxConnections?: number
  /** Hears which headers of a webhook are left out. Their values are not told. */
  log?: Pick<Logger, 'warn'>
}

export function createSender(options: SenderOptions): Sender {
  const { timeoutMs, guard, userAgent, maxConnections = 128, log } = options
  if (!(timeoutMs >= 1_000 && timeoutMs <= 30_000))
    throw new RangeError(`an attempt may take 1,000 to 30,000 ms, not ${timeoutMs}`)
  const connections = createConnections({ guard, maxConnections })
  const destinations = new LRUCache<string, Destination>({
    max: destinationsKept,
    memoMethod: url => destinationOf(url, guard),
  })
  return {
    timeoutMs,
    async send(request) {
      const clock = { startedAt: new Date(), began: performance.now() }
      const theirs = sendableHeaders(request.headers, leftOut =>
        log?.warn({ deliveryId: request.deliveryId, leftOut }, 'headers of a webhook are not sent'),
      )
      const signatures = await signed(request, clock.startedAt)
      const ours = { ...plainHeaders(request, userAgent), ...signatures }
      const shown = { ...ours, ...hidden(theirs) }
      if (signatures === null) return refused(clock, shown, 'The webhook has no usable secret to sign with.')
      const destination = destinations.memo(request.url)
      if (destination.refusal !== null) return refused(clock, shown, destination.refusal)
      const result = await patientExchange(connections, {
        ...destination,
        headers: { ...theirs, ...ours },
        body: request.body,
        deadline: clock.began + timeoutMs,
        timeoutMs,
        signal: request.signal,
      })
      return attemptOf(result, clock, shown)
    },
    close: () => connections.agent.destroy(),
  }
}

/** What the text of a URL says, for good: a name in it is judged at every connection, by the guard's `lookup`. */
type Destination = { origin: string; path: string; refusal: string | null }
const destinationsKept = 1_000

function destinationOf(text: string, guard: Guard): Destination {
  const verdict = guard.checkUrl(text)
  if (!verdict.ok) return { origin: '', path: '', refusal: verdict.detail }
  const { origin, pathname, search } = new URL(text)
  return { origin, path: pathname + search, refusal: null }
}

type Clock = { startedAt: Date; began: number }

/** The request of contract.md, but for its signatures. Content-Length and Host are the connection's to add. */
function plainHeaders(request: SendRequest, userAgent: string): Record<string, string> {
  return {
    'Content-Type': 'application/json',
    'User-Agent': userAgent,
    'X-Event-Type': request.eventType,
    'X-Delivery-Id': request.deliveryId,
    'X-Delivery-Attempt': String(request.attempt),
    ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
  }
}

/** Null when the secrets cannot sign: that is told like any failed attempt, for nobody is there to throw at. */
async function signed(request: SendRequest, at: Date): Promise<Record<string, string> | null> {
  const { eventId: id, body, secrets } = request
  try {
    return await signatureHeaders({ id, timestamp: Math.floor(at.getTime() / 1000), body, secrets })
  } catch {
    return null
  }
}

/** The user's header values are often tokens; a row and a page show that they were sent, not what they are. */
function hidden(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map(name => [name, '(hidden)']))
}

/**
 * A kept-alive connection may turn out closed at the moment it is used, which says nothing about the receiver.
 * The same attempt then goes out once more, within the same deadline.
 */
async function patientExchange(
  connections: Connections,
  request: Parameters<typeof exchange>[1],
): Promise<Exchange> {
  const first = await exchange(connections, request)
  const stale = first.failure?.class === 'reset' && first.opened === null && first.status === null
  return stale ? exchange(connections, request) : first
}

async function attemptOf(
  result: Exchange,
  clock: Clock,
  requestHeaders: Record<string, string>,
): Promise<Attempt> {
  const ended = performance.now()
  const attempt = {
    startedAt: clock.startedAt,
    durationMs: Math.round(ended - clock.began),
    timings: timingsOf(result, ended),
    requestHeaders,
  }
  if (result.status === null) return { ...attempt, response: null, error: result.failure }
  const { text, truncated } = await readable(result.raw, result.headers['content-encoding'])
  return {
    ...attempt,
    response: {
      status: result.status,
      headers: result.headers,
      body: text,
      truncated: truncated || result.cut || result.failure !== null,
    },
    error: result.failure ?? failureOfStatus(result.status, result.headers.location),
  }
}

function timingsOf({ opened, sentAt, headersAt }: Exchange, ended: number): Timings {
  return {
    dnsMs: opened?.dnsMs ?? null,
    connectMs: opened?.connectMs ?? null,
    tlsMs: opened?.tlsMs ?? null,
    firstByteMs: sentAt !== null && headersAt !== null ? headersAt - sentAt : null,
    bodyMs: headersAt === null ? null : ended - headersAt,
  }
}

/** Nothing was sent, and nothing was resolved. */
function refused(clock: Clock, requestHeaders: Record<string, string>, message: string): Attempt {
  return {
    startedAt: clock.startedAt,
    durationMs: Math.round(performance.now() - clock.began),
    timings: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, bodyMs: null },
    requestHeaders,
    response: null,
    error: { class: 'blocked', message },
  }
}
