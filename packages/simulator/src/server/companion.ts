import type { Address, PreKeyBundle } from '../wire/signal-device.ts'
import type { Account } from './account.ts'
import type { Connection } from './connection.ts'
import { createOutbox, type Outbox } from './outbox.ts'

/** The public keys a linked device has told the server. */
export type DeviceKeys = Omit<PreKeyBundle, 'preKey'>

/** A linked device: a client that was paired with, or adopted into, an account. */
export type Companion = {
  readonly account: Account
  /** Never given twice in an account: phones and contacts remember sessions by it. */
  readonly index: number
  /** `number:index@s.whatsapp.net` */
  readonly jid: string
  /** `digits:index@lid` */
  readonly lid: string
  /** Where Signal sessions with it end. */
  readonly address: Address
  /** The client's Noise static key; a login with another one is somebody else. */
  readonly noiseKey: Buffer
  /** Null until an adopted device has uploaded them. */
  keys: DeviceKeys | null
  /** One-time keys on the server, oldest first. */
  preKeys: { keyId: number; publicKey: Buffer }[]
  /** The connection it is logged in on. */
  connection: Connection | null
  /** Whether the phone has shared app-state keys and history with it. */
  synced: boolean
  readonly outbox: Outbox
}

export function createCompanion(o: {
  account: Account
  index: number
  noiseKey: Buffer
  keys: DeviceKeys | null
  synced: boolean
}): Companion {
  const { account, index } = o
  const companion: Companion = {
    ...o,
    jid: account.jid.replace('@', `:${index}@`),
    lid: account.lid.replace('@', `:${index}@`),
    address: { user: account.lidUser, device: index },
    preKeys: [],
    connection: null,
    outbox: createOutbox({ canSeal: () => companion.keys !== null, acknowledged: account.bell.ring }),
  }
  return companion
}

/** What somebody needs to start a session with it; spends a one-time key. Null while its keys are unknown. */
export function takeBundle(companion: Companion): PreKeyBundle | null {
  if (!companion.keys) return null
  const preKey = companion.preKeys.shift()
  return preKey ? { ...companion.keys, preKey } : { ...companion.keys }
}
