import type { EventDraft } from '@waxwing/events/event-id'
import type { Logger } from 'pino'
import type { Store } from '../store/store.ts'
import type { Commands } from '../stream/commands.ts'

/** Resolves once the events and their deliveries are committed; rejects when nothing was. Order is kept by the caller. */
export type Publish = (drafts: EventDraft[]) => Promise<void>

/** Where sockets connect. Without `url` it is the real WhatsApp; `rootKey` is the 32-byte root of its certificates. */
export type Network = { url?: string; rootKey?: Buffer | string; version?: [number, number, number] }

/** The simulated network is optional: a gateway that offers none has `sandbox: null`. */
export type Networks = { whatsapp: Network; sandbox: Network | null }

/** Durations in milliseconds. Every one has a default that suits production; tests shorten them. */
export type EngineOptions = {
  /** How long a session belongs to this engine without a renewal. Renewed at a third of it. */
  leaseMs?: number
  /** How often to look for sessions that should be online and belong to nobody. */
  pollMs?: number
  now?: () => Date
  random?: () => number
}

export type EngineDeps = {
  /** Holder of the session leases: unique for each process. */
  engineId: string
  store: Pick<Store, 'sessions' | 'leases' | 'authState'>
  commands: Commands
  publish: Publish
  networks: Networks
  log: Logger
  options?: EngineOptions
}

export type Engine = {
  /** Closes every socket, flushes credentials and events, releases the leases; sessions stay wanted. */
  stop(): Promise<void>
  /** The sessions this engine holds now, with the state their users see. */
  sessions(): { sessionId: string; status: string; since: Date }[]
}

/** Takes over the sessions that should be online and serves the commands of the api. */
export async function startEngine(_deps: EngineDeps): Promise<Engine> {
  throw new Error('the engine is being written')
}
