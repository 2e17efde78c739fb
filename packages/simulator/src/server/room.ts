import { deriveBytes } from '../wire/keys.ts'
import { createSenderKey, type SenderKey, type SenderKeyReader } from '../wire/sender-key.ts'
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'

export type Rank = 'member' | 'admin' | 'superadmin'

/** One phone's voice in a group, and the devices that have been given it. */
export type Voice = { key: SenderKey; given: WeakSet<Companion> }

/** A group as the server and the phones in it know it. */
export type Room = {
  readonly jid: string
  /** The part of `jid` before the @. */
  readonly user: string
  subject: { text: string; by: Account; at: Date }
  settings: RoomSettings
  readonly created: { by: Account; at: Date }
  readonly members: Map<Account, Rank>
  readonly voices: Map<Account, Voice>
  /** What each phone in the group has heard, by listener and by speaking device. */
  readonly heard: Map<Account, WeakMap<Companion, SenderKeyReader>>
  /** Messages that wait to be delivered in another order. */
  held: Held | null
}

/** `announce`: only admins speak; `restrict`: only admins change what a group says of itself. */
export type RoomSettings = {
  description: string
  announce: boolean
  restrict: boolean
  /** How long messages stay; 0 for ever. */
  ephemeralSeconds: number
}

export type Held = {
  wanted: number
  random: () => number
  sends: (() => Promise<void>)[]
  /** The distribution of each speaker's first message that is held. */
  firsts: Map<Account, Buffer>
}

/** `index` counts the groups of a network, so that the same script gives the same address after a restart. */
export function createRoom(seed: string, index: number, o: { subject: string; members: Account[] }): Room {
  const [creator] = o.members
  if (!creator) throw new Error('a group needs somebody who makes it')
  const digits = deriveBytes(seed, `group ${index}`).readBigUInt64BE() % 10n ** 12n
  const user = `120363${digits.toString().padStart(12, '0')}`
  const at = new Date()
  return {
    jid: `${user}@g.us`,
    user,
    subject: { text: o.subject, by: creator, at },
    settings: { description: '', announce: false, restrict: false, ephemeralSeconds: 0 },
    created: { by: creator, at },
    members: new Map(o.members.map(each => [each, each === creator ? 'superadmin' : 'member'])),
    voices: new Map(),
    heard: new Map(),
    held: null,
  }
}

export function voiceOf(room: Room, speaker: Account): Voice {
  const known = room.voices.get(speaker)
  if (known) return known
  const voice: Voice = { key: createSenderKey(), given: new WeakSet() }
  room.voices.set(speaker, voice)
  return voice
}
