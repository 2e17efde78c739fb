import { Boom } from '@hapi/boom'

/** What to do after a socket has closed. `reconnect` keeps the keys; every other kind ends the session's attempts. */
export type AfterDisconnect =
  | { kind: 'reconnect'; when: 'at once' | 'back off'; reason: string }
  /** The network asked to be left alone until a time. */
  | { kind: 'wait'; delayMs: number; reason: string }
  /** The client is too old for the server: worth one try with a newer version, then hopeless. */
  | { kind: 'refresh version'; reason: string }
  /** Somebody else uses these keys: never fight, look at the lease, try once after the delay. */
  | { kind: 'check lease'; delayMs: number; reason: string }
  /** The number is no longer linked: forget the keys. */
  | { kind: 'logged out'; reason: string }
  /** Over, with the keys kept for whoever looks into it. */
  | { kind: 'give up'; status: 'banned' | 'failed' | 'qr_expired'; reason: string }

/** Why a socket closed, as far as Baileys tells. */
export type Disconnect = { code: number | undefined; message: string; expireSeconds?: number }

export function disconnectOf(error: Error | undefined): Disconnect {
  const boom = error instanceof Boom ? error : null
  const expire = Number((boom?.data as { expire?: string } | null | undefined)?.expire)
  return {
    code: boom?.output.statusCode,
    message: error?.message ?? 'without a reason',
    ...(Number.isFinite(expire) && { expireSeconds: expire }),
  }
}

type Row = { means: string; action: (d: Disconnect) => AfterDisconnect }

/** 440 with the lease in our hands means a copy of our keys is online elsewhere; a minute keeps two from duelling. */
const replacedDelayMs = 60_000
/** A temporary ban without an end: as long as the shortest ones WhatsApp is known to give. */
const unknownBanMs = 3_600_000
/** A longer ban is looked at again after a day: timers end at 24.8 days and then fire at once, without a pause. */
const longestWaitMs = 24 * 3_600_000

const backOff = (reason: string): AfterDisconnect => ({ kind: 'reconnect', when: 'back off', reason })
const giveUp = (status: 'banned' | 'failed' | 'qr_expired', reason: string): AfterDisconnect => ({
  kind: 'give up',
  status,
  reason,
})

/**
 * Every code WhatsApp or Baileys closes a socket with, what it was seen to mean, and what follows.
 * The codes are Baileys' `DisconnectReason` and the `<failure reason>` of the wire; they are not HTTP.
 */
export const disconnectTable: Readonly<Record<number, Row>> = {
  400: {
    means: "the server's certificate is not signed by the network's root",
    action: () =>
      giveUp(
        'failed',
        'The server could not prove that it is WhatsApp. Something may be intercepting TLS, or WHATSAPP_URL and its root key do not belong together.',
      ),
  },
  401: {
    means: 'the device was unlinked, or is unknown to the account',
    action: () => ({ kind: 'logged out', reason: 'This number was unlinked. Link it again to go on.' }),
  },
  402: {
    means: 'temporary ban, with its end in `expire`',
    action: d => {
      const banMs = d.expireSeconds === undefined ? unknownBanMs : d.expireSeconds * 1000
      const minutes = Math.ceil(banMs / 60_000)
      return {
        kind: 'wait',
        delayMs: Math.min(banMs, longestWaitMs),
        reason: `WhatsApp has banned this number for about ${minutes} minutes.`,
      }
    },
  },
  403: {
    means: 'the account is banned',
    action: () =>
      giveUp(
        'banned',
        'WhatsApp has banned this number. Only WhatsApp can lift that, in the app on the phone.',
      ),
  },
  405: {
    means: 'this client is too old',
    action: () => ({ kind: 'refresh version', reason: 'WhatsApp refuses this version of the client.' }),
  },
  408: {
    means: 'keep-alive lost, nobody listening, or nobody linked in time',
    action: d =>
      d.message.includes('QR refs attempts ended')
        ? giveUp('qr_expired', 'Nobody linked the number in time. Connect again for a new code.')
        : backOff('The connection to WhatsApp was lost.'),
  },
  411: {
    means: 'the phone left multi-device',
    action: () =>
      giveUp(
        'failed',
        'The phone no longer supports linked devices. Update WhatsApp on it, then link again.',
      ),
  },
  428: { means: 'the connection was cut', action: () => backOff('The connection to WhatsApp was closed.') },
  440: {
    means: 'another client logged in with the same keys',
    action: () => ({
      kind: 'check lease',
      delayMs: replacedDelayMs,
      reason: 'Another client is using the same keys. Is a copy of this gateway running?',
    }),
  },
  500: {
    means: 'WhatsApp ended the stream',
    action: () => backOff('WhatsApp ended the connection with an error.'),
  },
  503: {
    means: 'WhatsApp is unavailable',
    action: () => backOff('WhatsApp is not available at the moment.'),
  },
  515: {
    means: 'restart, always asked for after linking',
    action: () => ({ kind: 'reconnect', when: 'at once', reason: 'WhatsApp asked for a new connection.' }),
  },
}

/** Never seen: treated as a passing fault, because giving up is the one mistake that does not heal. */
const unknownRow: Row = {
  means: 'a code nobody has described',
  action: d => backOff(`The connection failed (${d.code ?? d.message}).`),
}

/** What to do after this disconnect. Pure. */
export function afterDisconnect(disconnect: Disconnect): AfterDisconnect {
  const row = disconnect.code === undefined ? unknownRow : (disconnectTable[disconnect.code] ?? unknownRow)
  return row.action(disconnect)
}
