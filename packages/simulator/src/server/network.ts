import { jidDecode } from 'baileys'
import { createLedger, type Ledger } from '../ledger.ts'
import type { Stanza } from '../stanza.ts'
import { issueIdentity, type ServerIdentity } from '../wire/certificate.ts'
import { type Account, createAccount } from './account.ts'
import type { Companion } from './companion.ts'
import type { Connection } from './connection.ts'
import { createMediaHost, type MediaHost } from './media-host.ts'
import type { Room } from './room.ts'

/** Everything the server knows. */
export type Network = {
  readonly identity: ServerIdentity
  readonly adoptUnknownDevices: boolean
  readonly connections: Set<Connection>
  /** By their address. */
  readonly rooms: Map<string, Room>
  readonly stanzas: Ledger<Stanza>
  readonly media: MediaHost
  /** `host:port` of the media host, once it listens. */
  mediaHostname: string
  /** Messages that clients refused, and those they asked for again, since the start. */
  nacks: number
  retryReceipts: number
  /** While true nothing is read and nothing sent. */
  hung: boolean
  /** The account of this number; made when it is not known yet. */
  account(number: string): Account
  accounts(): Account[]
  /** Whose address this is, phone number or LID; undefined for strangers, groups and the server. */
  find(jid: string): { account: Account; device: number } | undefined
  /** The group at this address; throws when it is of another network. */
  room(jid: string): Room
  /** The linked device at this address. */
  companion(jid: string): Companion | undefined
  warn(details: object, message: string): void
}

/** Enough to see what happened in a test; a sandbox forgets. */
const STANZAS_KEPT = 2000

export function createNetwork(o: {
  rootSeed: string
  adoptUnknownDevices: boolean
  warn: (details: object, message: string) => void
}): Network {
  const byNumber = new Map<string, Account>()
  const byLid = new Map<string, Account>()
  const network: Network = {
    identity: issueIdentity(o.rootSeed, new Date()),
    adoptUnknownDevices: o.adoptUnknownDevices,
    connections: new Set(),
    rooms: new Map(),
    stanzas: createLedger(STANZAS_KEPT),
    media: createMediaHost(),
    mediaHostname: '',
    nacks: 0,
    retryReceipts: 0,
    hung: false,
    warn: o.warn,
    account(number) {
      if (!/^[1-9]\d{5,14}$/.test(number))
        throw new Error(`"${number}" is no phone number: 6 to 15 digits, country code first`)
      const known = byNumber.get(number)
      if (known) return known
      const account = createAccount(o.rootSeed, number)
      byNumber.set(number, account)
      byLid.set(account.lidUser, account)
      return account
    },
    accounts: () => [...byNumber.values()],
    find(jid) {
      const decoded = jidDecode(jid)
      if (!decoded) return undefined
      const people =
        decoded.server === 's.whatsapp.net' ? byNumber : decoded.server === 'lid' ? byLid : undefined
      const account = people?.get(decoded.user)
      return account && { account, device: decoded.device ?? 0 }
    },
    room(jid) {
      const room = network.rooms.get(jid)
      if (!room) throw new Error(`${jid} is no group of this network`)
      return room
    },
    companion(jid) {
      const found = network.find(jid)
      return found?.account.companions.get(found.device)
    },
  }
  return network
}
