import type { Contact } from './contact.ts'
import type { Phone } from './phone.ts'
import type { Network } from './server/network.ts'
import type { Room, RoomSettings } from './server/room.ts'
import {
  addMembers,
  changeSettings,
  endRequest,
  removeMembers,
  replaceMember,
  requestToJoin,
  setPicture,
  setRank,
  setSubject,
} from './server/room-notice.ts'

/** Whoever can be in a group. */
export type Member = Pick<Contact | Phone, 'number'>

/** Several people who hear each other, with real sender keys. Addressed in LIDs, as WhatsApp makes groups now. */
export type Group = {
  /** `<18 digits>@g.us`, the same for the same rootSeed and the same number of groups made before it. */
  readonly jid: string
  readonly subject: string
  /** Numbers, the one who made it first. */
  readonly members: readonly string[]
  /**
   * The next `n` messages that contacts and phones say in the group are sealed in the order they are said, held, and
   * delivered together in another order when the n-th has been said: what happens when live stanzas overtake queued
   * ones. `say` resolves for all of them at that moment, so do not await one before the next.
   */
  shuffleNext(n: number, random?: () => number): void
  /** Gives the group another name. This and what follows resolves when all linked devices are told, or will be at their next login. */
  setSubject(by: Member, text: string): Promise<void>
  /** Only admins may add, remove others, promote and demote; the one who made the group is one. */
  add(by: Member, ...who: Member[]): Promise<void>
  /** Who removes only itself, leaves. */
  remove(by: Member, ...who: Member[]): Promise<void>
  promote(by: Member, ...who: Member[]): Promise<void>
  demote(by: Member, ...who: Member[]): Promise<void>
  /** Changes what the group says of itself and who may do what in it. */
  change(by: Member, settings: Partial<RoomSettings>): Promise<void>
  /** A new picture, or with false none. */
  setPicture(by: Member, has?: boolean): Promise<void>
  /** Asks to be let in, by the link of the group. */
  requestToJoin(who: Member): Promise<void>
  /** Turns a request down, or takes it back when `by` made it. */
  endRequest(by: Member, who: Member): Promise<void>
  /** Somebody in the group has changed their number, and goes on as `by`. */
  changeNumber(old: Member, by: Member): Promise<void>
}

export function createGroup(network: Network, room: Room): Group {
  const account = ({ number }: Member) => network.account(number)
  return {
    jid: room.jid,
    get subject() {
      return room.subject.text
    },
    get members() {
      return [...room.members.keys()].map(member => member.number)
    },
    setSubject: (by, text) => setSubject(room, account(by), text),
    add: (by, ...who) => addMembers(room, account(by), who.map(account)),
    remove: (by, ...who) => removeMembers(room, account(by), who.map(account)),
    promote: (by, ...who) => setRank(room, account(by), who.map(account), 'admin'),
    demote: (by, ...who) => setRank(room, account(by), who.map(account), 'member'),
    change: (by, settings) => changeSettings(room, account(by), settings),
    setPicture: (by, has = true) => setPicture(room, account(by), has),
    requestToJoin: who => requestToJoin(room, account(who)),
    endRequest: (by, who) => endRequest(room, account(by), account(who)),
    changeNumber: (old, by) => replaceMember(room, account(old), account(by)),
    shuffleNext(n, random = Math.random) {
      if (!Number.isInteger(n) || n < 2) throw new Error('it takes two messages to be out of order')
      room.held = { wanted: n, random, sends: [], firsts: new Map() }
    },
  }
}
