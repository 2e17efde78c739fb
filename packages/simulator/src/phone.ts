import type { Contact } from './contact.ts'
import type { Stanza } from './wire/stanza-log.ts'

/** A text written on a linked device, as it shows up on the owner's phone. `to` is the other side's number. */
export type EchoedText = { id: string; to: string; text: string }

/** The phone that owns an account: it links clients, types messages, and takes the links away. */
export type Phone = {
  /** Digits only, country code first. */
  readonly number: string
  /** `<number>@s.whatsapp.net` */
  readonly jid: string
  /** `<digits>@lid`, the same for the same rootSeed and number. */
  readonly lid: string
  readonly name: string
  /** Which of its two addresses the peer's devices see in `from`. */
  addressing: 'pn' | 'lid'
  /** Reads the QR text a client shows and links it. Resolves when the client has signed and was told to reconnect. */
  scan(qr: string): Promise<void>
  /** Resolves when a client has asked to be linked to this number by code; rejects after `timeoutMs` (default 10 s). */
  pendingPairing(options?: { timeoutMs?: number }): Promise<void>
  /** Types the eight characters a client shows. Waits for the request like `pendingPairing`, then links. */
  enterCode(code: string): Promise<void>
  /** Types a text on the phone itself: linked devices see it as sent from elsewhere. */
  say(to: Contact | Phone, text: string): Promise<{ id: string }>
  /** Texts sent from linked devices, as the phone received its copy of them (the newest 1,000). */
  readonly echoes: readonly EchoedText[]
  /** Unlinks every device: connected ones hear 401 at once, the others at their next login. */
  logOut(): Promise<void>
  /** Cuts the sockets of all linked devices without a word (clients report 428). */
  drop(): Promise<void>
  /** The next login of a device of this account is refused with `<failure reason="code">`. */
  failNext(code: number, attrs?: Record<string, string>): void
  /** Ends the live streams of all linked devices with `<stream:error code>`: 515 restart, 503 unavailable, 500 … */
  endStream(code: number): Promise<void>
  /** What happens when another client logs in with the same keys (clients report 440). */
  replaceSession(): Promise<void>
  /** Flips a bit of the next frame the server sends to a device of this account. */
  corruptNextFrame(): void
  /** True while at least one linked device is logged in. */
  readonly online: boolean
  /** Resolves when a linked device is logged in; rejects after `timeoutMs` (default 10 s). */
  whenOnline(options?: { timeoutMs?: number }): Promise<void>
  /** Resolves when no linked device is connected; rejects after `timeoutMs` (default 10 s). */
  whenOffline(options?: { timeoutMs?: number }): Promise<void>
  /** Device indices linked to this account now. */
  readonly devices: readonly number[]
  /** How many stanzas wait for this account's devices, sent and not yet acknowledged ones included. */
  readonly pending: number
  /** The stanzas of this account's devices, oldest first; see `WhatsApp.stanzas`. */
  readonly stanzas: readonly Stanza[]
  saw(matches: (stanza: Stanza) => boolean, options?: { timeoutMs?: number }): Promise<Stanza>
}
