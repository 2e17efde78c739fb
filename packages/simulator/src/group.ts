import type { Contact } from './contact.ts'
import type { Phone } from './phone.ts'
import type { Account } from './server/account.ts'
import type { Room } from './server/room.ts'

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
}

export function createGroup(room: Room): Group {
  return {
    jid: room.jid,
    get subject() {
      return room.subject.text
    },
    get members() {
      return [...room.members.keys()].map((member: Account) => member.number)
    },
    shuffleNext(n, random = Math.random) {
      if (!Number.isInteger(n) || n < 2) throw new Error('it takes two messages to be out of order')
      room.held = { wanted: n, random, sends: [], firsts: new Map() }
    },
  }
}
