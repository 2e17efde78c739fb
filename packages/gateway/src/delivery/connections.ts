import { channel } from 'node:diagnostics_channel'
import { Agent, buildConnector } from 'undici'
import type { Guard } from './guard.ts'

/** How long opening a connection took, in parts; null where there was no such part. Milliseconds. */
export type ConnectTimings = { dnsMs: number | null; connectMs: number | null; tlsMs: number | null }
export const notConnected: ConnectTimings = { dnsMs: null, connectMs: null, tlsMs: null }

/** DNS, TCP and TLS together. A host that has not answered in this time answers no webhook either. */
const connectTimeoutMs = 5_000
/** The wait for one address before the next of the same name is tried as well; Node's 250 ms is too short for far hosts. */
const nextAddressAfterMs = 1_000
/** Of response headers. Node servers refuse more than this themselves. */
const maxHeaderBytes = 16 * 1024
/** Shorter than common servers' own (5 s and more), so that they rarely close just as we send. */
const keepAliveMs = 4_000

export type Connections = {
  agent: Agent
  /** What was spent to open this connection, or to fail to: told once, since the next request finds it open. */
  takeTimings(key: object): ConnectTimings | null
}

/**
 * Kept-alive connections, pooled by origin, at most `maxConnections` to each, dialled only to addresses the
 * guard has seen, with certificates always verified (whatever NODE_TLS_REJECT_UNAUTHORIZED says).
 */
export function createConnections(a: { guard: Guard; maxConnections: number }): Connections {
  /** Keyed by the socket, or by the error there is instead of one. */
  const timings = new WeakMap<object, ConnectTimings>()
  const dial = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    lookup: a.guard.lookup,
    autoSelectFamilyAttemptTimeout: nextAddressAfterMs,
    rejectUnauthorized: true,
  })

  const agent = new Agent({
    connections: a.maxConnections,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    maxHeaderSize: maxHeaderBytes,
    // The sender's one deadline covers both.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect(options, callback) {
      const spent: ConnectTimings = { ...notConnected }
      const lap = stopwatch()
      const socket = dial(options, (error, connected) => {
        timings.set(connected ?? error, spent)
        if (error === null) callback(null, connected)
        else callback(error, null)
      }) as unknown as ReturnType<typeof import('node:net').connect>
      socket.once('lookup', () => (spent.dnsMs = lap()))
      socket.once('connect', () => (spent.connectMs = lap()))
      socket.once('secureConnect', () => (spent.tlsMs = lap()))
    },
  })

  return {
    agent,
    takeTimings(key) {
      const spent = timings.get(key) ?? null
      timings.delete(key)
      return spent
    },
  }
}

/** Each call: milliseconds since the call before, or since it was made. */
function stopwatch(): () => number {
  let last = performance.now()
  return () => {
    const passed = performance.now() - last
    last += passed
    return passed
  }
}

/**
 * undici tells nobody but this channel which socket a request is written to. It publishes within the same
 * call that says `onRequestStart`, so whoever asked last is whose socket it is. The channel belongs to the
 * whole process (the built-in fetch publishes there too): without somebody asking, what it says is ignored.
 */
let asking: ((socket: object) => void) | null = null
channel('undici:client:sendHeaders').subscribe(message => {
  const tell = asking
  asking = null
  tell?.((message as { socket: object }).socket)
})

/** To be called inside `onRequestStart`: hears the socket of this request before its first byte is written. */
export function onceSocketKnown(tell: (socket: object) => void): void {
  asking = tell
}
