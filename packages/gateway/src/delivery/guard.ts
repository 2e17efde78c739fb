import type { LookupFunction } from 'node:net'

/** Where webhooks may go besides the public internet: nowhere, anywhere, or the named CIDRs. */
export type AllowedNetworks = 'public' | 'any' | readonly string[]

/** Why an address may not be called; `detail` is a sentence for the person who configured it. */
export type GuardVerdict = { ok: true } | { ok: false; reason: GuardReason; detail: string }
export type GuardReason = 'not_a_url' | 'scheme' | 'credentials' | 'port' | 'address'

/** The one gate to other people's networks: deliveries, the Test button and replays all pass it. */
export type Guard = {
  /** Judges the URL as written. A name is judged again, by what it resolves to, in `lookup`. */
  checkUrl(url: string): GuardVerdict
  /**
   * For `net.connect`: resolves, refuses if any address is refused, and hands over only what was judged, so
   * a name that answers differently the next time gains nothing. Node does not call it for IP literals.
   */
  lookup: LookupFunction
}

export declare function createGuard(a: { allow: AllowedNetworks; allowLoopback: boolean }): Guard
