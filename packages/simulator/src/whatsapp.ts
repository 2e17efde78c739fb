import type { Contact } from './contact.ts'
import type { Phone } from './phone.ts'
import type { Stanza } from './wire/stanza-log.ts'

export type { Contact, Receipt, ReceivedText } from './contact.ts'
export type { EchoedText, Phone } from './phone.ts'
export type { Stanza } from './wire/stanza-log.ts'

/** Structurally a pino logger; the simulator says little and only at these levels. */
export type SimulatorLog = {
  debug(details: object, message: string): void
  warn(details: object, message: string): void
}

export type WhatsAppOptions = {
  /** Everything that must survive a restart (root key, contacts' and phones' identities, LIDs) is derived from it. Default: random. */
  rootSeed?: string
  /** 0 (default) takes a free port. */
  port?: number
  /** Default 127.0.0.1 */
  host?: string
  /**
   * Accept the login of a linked device this process has never seen (the simulator was restarted),
   * ask it for its keys and use it from then on. Default false: refused with failure 401.
   */
  adoptUnknownDevices?: boolean
  log?: SimulatorLog
}

/** A local WhatsApp network. */
export type WhatsApp = {
  /** `ws://host:port/ws/chat`, for Baileys' `waWebSocketUrl`. */
  readonly url: string
  /** The 32-byte public root key of the certificate chain, in hex. */
  readonly rootKey: string
  /** The phone with this number; the same object when asked again. A later name wins. */
  phone(o: { number: string; name?: string }): Phone
  /** The contact with this number; the same object when asked again. A later name wins. */
  contact(o: { number: string; name?: string }): Contact
  /** From now on every WebSocket upgrade is answered with this HTTP status; null accepts again. */
  refuseUpgrade(status: number | null): void
  /** From now on (or, with false, no longer) the server neither reads nor sends; connections stay open. */
  hang(on?: boolean): void
  /** What crossed the wire, oldest first, at most the newest 2,000. */
  readonly stanzas: readonly Stanza[]
  /** The first stanza, already seen or yet to come, that matches; rejects after `timeoutMs` (default 5 s). */
  saw(matches: (stanza: Stanza) => boolean, options?: { timeoutMs?: number }): Promise<Stanza>
  /** Cuts every connection and closes the port. */
  stop(): Promise<void>
}

export async function startWhatsApp(options: WhatsAppOptions = {}): Promise<WhatsApp> {
  throw new Error(`not written yet: ${JSON.stringify(options)}`)
}
