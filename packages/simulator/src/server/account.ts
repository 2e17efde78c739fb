import type { BinaryNode, proto } from 'baileys'
import { type Bell, createBell } from '../bell.ts'
import type { Receipt, ReceivedText } from '../contact.ts'
import { createLedger, type Ledger } from '../ledger.ts'
import type { EchoedText } from '../phone.ts'
import { deriveBytes } from '../wire/keys.ts'
import type { SealedForGroup } from '../wire/sender-key.ts'
import { createSignalDevice, type SignalDevice } from '../wire/signal-device.ts'
import type { Collection } from './app-state-patches.ts'
import type { Companion } from './companion.ts'
import type { Connection } from './connection.ts'
import type { Room, Voice } from './room.ts'
import type { Spoiling } from './spoil.ts'

/** A client that asked to be linked to an account by code, until the phone has typed it. */
export type CodeRequest = { connection: Connection; ref: string; request: BinaryNode }

/** One number of the network: its phone (device 0, simulated) and the clients linked to it (real). */
export type Account = {
  readonly number: string
  readonly jid: string
  readonly lid: string
  /** The part of `lid` before the @. */
  readonly lidUser: string
  name: string
  addressing: 'pn' | 'lid'
  readonly phone: SignalDevice
  /** Shared with every linked device at its first login, and the same after a restart. */
  readonly appStateKey: { id: Buffer; data: Buffer }
  /** What all devices of the account keep in common, by the name of the list. */
  readonly appState: Map<string, Collection>
  readonly companions: Map<number, Companion>
  nextIndex: number
  codeRequest: CodeRequest | null
  /** What the next login hears instead of success. */
  nextFailure: Record<string, string> | null
  corruptNext: boolean
  /** The error the next message from a linked device is refused with. */
  rejectNext: number | null
  readonly received: Ledger<ReceivedText>
  readonly receipts: Ledger<Receipt>
  readonly echoes: Ledger<EchoedText>
  /** The newest messages sent from this phone, for devices that ask for one again. */
  readonly sent: Map<string, SentMessage>
  /** Ids of messages by what a linked device said of them last. */
  readonly acknowledged: Set<string>
  readonly nacked: Set<string>
  /** Calls of this person that a client turned down, newest last. */
  readonly rejections: Ledger<{ id: string; by: string }>
  /** False while the phone is away: requests of its linked devices wait in `resendRequests`. */
  answersResends: boolean
  readonly resendRequests: (() => Promise<void>)[]
  readonly spoiling: Spoiling
  /** Rings when a device connects, goes, acknowledges, or asks to be linked. */
  readonly bell: Bell
}

/** `spoilt`: whose devices cannot open it. */
export type SentToPerson = { to: Account; message: proto.IMessage; at: Date; spoilt: Set<Account> }

/** With what is sealed for all, what opens it, and who has that: a group message is sealed once. */
export type SentToRoom = Omit<SentToPerson, 'to'> & { room: Room; voice: Voice } & SealedForGroup

export type SentMessage = SentToPerson | SentToRoom

/** Ledgers of a person: enough for any test, little enough for a sandbox that runs for weeks. */
const KEPT = 1000

export function createAccount(seed: string, number: string): Account {
  // 15 digits like the real ones; the first is not 0 because the wire packs numbers.
  const lidUser = `1${(deriveBytes(seed, `${number} lid`).readBigUInt64BE() % 10n ** 14n).toString().padStart(14, '0')}`
  const appState = deriveBytes(seed, `${number} app-state key`)
  return {
    number,
    jid: `${number}@s.whatsapp.net`,
    lid: `${lidUser}@lid`,
    lidUser,
    name: number,
    addressing: 'pn',
    phone: createSignalDevice(seed, number),
    appStateKey: { id: deriveBytes(seed, `${number} app-state key id`).subarray(0, 6), data: appState },
    appState: new Map(),
    companions: new Map(),
    nextIndex: 1,
    codeRequest: null,
    nextFailure: null,
    corruptNext: false,
    rejectNext: null,
    received: createLedger(KEPT),
    receipts: createLedger(KEPT),
    echoes: createLedger(KEPT),
    sent: new Map(),
    acknowledged: new Set(),
    nacked: new Set(),
    rejections: createLedger(KEPT),
    answersResends: true,
    resendRequests: [],
    spoiling: { sent: 0, received: 0 },
    bell: createBell(),
  }
}

/** 99 is a hosted device to every client, and the wire has one byte for it. */
export function takeIndex(account: Account): number {
  if (account.nextIndex === 99) account.nextIndex = 100
  if (account.nextIndex > 255)
    throw new Error(`${account.number} has linked 253 devices; indices are never used twice`)
  return account.nextIndex++
}

export function remember(account: Account, id: string, sent: SentMessage): void {
  account.sent.set(id, sent)
  const oldest = account.sent.keys().next().value
  if (account.sent.size > KEPT && oldest !== undefined) account.sent.delete(oldest)
}

export function onlineCompanions(account: Account): Companion[] {
  return [...account.companions.values()].filter(companion => companion.connection !== null)
}
