/**
 * libsignal reports the life of its sessions on the console, private keys included.
 * These are the first words of everything it says (libsignal 6.0.0, `grep console libsignal/src`).
 */
const LIBSIGNAL_WORDS = [
  'Closing session:',
  'Opening session:',
  'Session already closed',
  'Session already open',
  'Removing old closed session:',
  'Migrating session to:',
  'V1 session storage migration error',
  'Closing open session in favor of incoming prekey bundle',
  'Decrypted message with closed session.',
  'Failed to decrypt message with any known session',
  'Session error:',
  'Unhandled bucket type',
  'WARNING: Expected pubkey of length 33',
]

let silenced = false

/** Drops libsignal's lines from this process' console, for good: someone may wrap the console after us. */
export function silenceLibsignal(): void {
  if (silenced) return
  silenced = true
  for (const method of ['info', 'warn', 'error', 'log'] as const) {
    const print = console[method].bind(console)
    console[method] = (...args: unknown[]) => {
      const [first] = args
      if (typeof first === 'string' && LIBSIGNAL_WORDS.some(words => first.startsWith(words))) return
      print(...args)
    }
  }
}
