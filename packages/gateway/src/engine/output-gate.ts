import type { Figures } from './figures.ts'

/** The `WebSocket` of the ws library below Baileys' client: public in JavaScript, untyped. */
export type RawSocket = {
  readyState: number
  send(data: Uint8Array, done?: (error?: Error) => void): void
  close(code?: number, reason?: string): void
  terminate(): void
}

const open = 1

/**
 * Lets nothing leave before everything told so far is stored. An acknowledgement of a receipt, a notification or a call
 * would otherwise leave first, and a crash would lose what WhatsApp believes we have; those never pass through
 * decryption, so the journal does not cover them.
 *
 * Frames leave in their order (each counts for the cipher) and Baileys is told at once that they left: it tells a
 * message right after sending its receipt, within the same turn of the event loop, and the gate looks after that turn.
 * Closing waits for what stands at the gate, terminating does not. `stored` must not wait for anything that has to cross
 * this gate.
 */
export function gateOutput(
  socket: RawSocket,
  { stored, figures }: { stored: () => Promise<void>; figures: Figures },
): void {
  const send = socket.send.bind(socket)
  const close = socket.close.bind(socket)
  let waiting: { data: Uint8Array; since: number }[] = []
  let pumping: Promise<void> | null = null

  async function pump(): Promise<void> {
    while (waiting.length > 0) {
      await new Promise(resolve => setImmediate(resolve))
      const batch = waiting
      waiting = []
      await stored()
      for (const { data, since } of batch) {
        if (socket.readyState === open) send(data)
        count(figures, performance.now() - since)
      }
    }
    pumping = null
  }

  socket.send = (data, done) => {
    waiting.push({ data, since: performance.now() })
    done?.()
    pumping ??= pump()
  }
  socket.close = (...reason) => void (pumping ?? Promise.resolve()).then(() => close(...reason))
}

function count(figures: Figures, ms: number): void {
  figures.gated++
  figures.gateMs += ms
  figures.longestGateMs = Math.max(figures.longestGateMs, ms)
}
