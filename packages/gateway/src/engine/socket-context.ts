import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * What belongs to one socket and must be found from code that Baileys calls without telling us for whom:
 * the certificate check, libsignal's queue, and the last-resort crash handlers.
 */
export type SocketContext = {
  sessionId: string
  /** Root of the certificates of the network this socket may talk to; null means WhatsApp's own. */
  rootKey: Buffer | null
}

/** Follows a socket through all its timers and promises: `connect.ts` makes and uses every socket inside it. */
export const socketContext = new AsyncLocalStorage<SocketContext>()
