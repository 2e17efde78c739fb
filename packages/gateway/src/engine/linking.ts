import type { CommandAnswer, CommandResult } from '../stream/commands.ts'
import type { LiveSocket } from './connect.ts'
import { parseRecipient } from './jid.ts'
import { within } from './persistence.ts'
import { refuse } from './refusal.ts'

/** A QR code as people see it: the text to draw and when WhatsApp stops accepting it. */
export type Qr = { text: string; expiresAt: Date; attempt: number }

/** How an unlinked socket gets linked: by showing codes to scan, or by asking for one to type. */
export type Linking = {
  /** A new socket: the counting of codes starts again. */
  begin(): void
  /** The socket shows a code. Null when it is nobody's business, because a pairing code was asked for. */
  qr(text: string): Qr | null
  /** The socket is gone. */
  end(): void
  /** Waits until WhatsApp is ready and asks it for a pairing code. `socket` is asked for only then. */
  pairingCode(
    phone: string,
    socket: () => LiveSocket | null,
  ): Promise<CommandAnswer<CommandResult<'session.pairing-code'>>>
}

/** WhatsApp gives six codes: the first lives a minute, the others twenty seconds each; then it closes. */
const firstQrMs = 60_000
const nextQrMs = 20_000
const codes = 6
/** A little less than a command may take, so that the caller hears the reason. */
const readyMs = 25_000

export function createLinking(now: () => Date): Linking {
  let attempt = 0
  let startedAt = 0
  let typing = false
  let ready = Promise.withResolvers<boolean>()

  return {
    begin() {
      attempt = 0
      typing = false
      ready = Promise.withResolvers()
    },
    qr(text) {
      attempt++
      if (attempt === 1) startedAt = now().getTime()
      ready.resolve(true)
      if (typing) return null
      const lifeMs = attempt === 1 ? firstQrMs : nextQrMs
      return { text, attempt, expiresAt: new Date(now().getTime() + lifeMs) }
    },
    end: () => ready.resolve(false),
    async pairingCode(phone, socket) {
      const number = parseRecipient(phone)
      if (number?.kind !== 'phone') return refuse('invalid_recipient', `“${phone}” is not a phone number.`)
      const answered = await within(ready.promise, readyMs).catch(() => false)
      const live = answered ? socket() : null
      if (!live) return refuse('network_unavailable', 'WhatsApp does not answer, so there is no code.')
      typing = true
      try {
        const code = await live.use(baileys => baileys.requestPairingCode(number.phone.slice(1)))
        // The socket closes when its last QR code has expired, whether anybody looks at them or not.
        const expiresAt = new Date(startedAt + firstQrMs + (codes - 1) * nextQrMs).toISOString()
        return { ok: true, result: { code, expiresAt } }
      } catch (error) {
        typing = false
        return refuse(
          'network_unavailable',
          `WhatsApp gave no code: ${error instanceof Error ? error.message : error}`,
        )
      }
    },
  }
}
