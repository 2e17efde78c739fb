import type { BinaryNode } from 'baileys'
import { node, seconds } from '../wire/nodes.ts'
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'
import { stanzaKey } from './outbox.ts'
import type { Room } from './room.ts'
import { participant } from './room-iq.ts'
import { devicesIn, speaker } from './room-send.ts'
import { createMessageId } from './send.ts'

export async function setSubject(room: Room, by: Account, text: string): Promise<void> {
  requireMember(room, by)
  room.subject = { text, by, at: new Date() }
  const attrs = { subject: text, s_t: seconds(room.subject.at), s_o: by.lid }
  await tell(devicesIn(room), room, by, node('subject', attrs))
}

/** Whoever comes is told as well, and hears what is said from now on. */
export async function addMembers(room: Room, by: Account, who: Account[]): Promise<void> {
  requireAdmin(room, by)
  for (const each of who) if (!room.members.has(each)) room.members.set(each, 'member')
  await tell(devicesIn(room), room, by, node('add', {}, who.map(named)))
}

/** Whoever goes is told as well. Those who stay speak in new keys, which the others have no part of. */
export async function removeMembers(room: Room, by: Account, who: Account[]): Promise<void> {
  if (who.some(each => each !== by)) requireAdmin(room, by)
  for (const each of who) requireMember(room, each)
  const told = devicesIn(room)
  for (const each of who) room.members.delete(each)
  room.voices.clear()
  await tell(told, room, by, node('remove', {}, who.map(named)))
}

export async function setRank(
  room: Room,
  by: Account,
  who: Account[],
  rank: 'admin' | 'member',
): Promise<void> {
  requireAdmin(room, by)
  for (const each of who) requireMember(room, each)
  for (const each of who) room.members.set(each, rank)
  await tell(devicesIn(room), room, by, node(rank === 'admin' ? 'promote' : 'demote', {}, who.map(named)))
}

const named = (who: Account) => participant(who)

/** Every device hears of it, or finds it waiting at its next login. */
async function tell(devices: Companion[], room: Room, by: Account, what: BinaryNode): Promise<void> {
  const attrs = { ...speaker(room, by), type: 'w:gp2', id: createMessageId(), t: seconds(), notify: by.name }
  const notice = node('notification', attrs, [what])
  await Promise.all(devices.map(each => each.outbox.push(stanzaKey('notification', attrs), () => notice)))
}

function requireMember(room: Room, who: Account): void {
  if (!room.members.has(who)) throw new Error(`${who.number} is not in "${room.subject.text}"`)
}

function requireAdmin(room: Room, who: Account): void {
  requireMember(room, who)
  if (room.members.get(who) === 'member')
    throw new Error(`${who.number} is no admin of "${room.subject.text}"`)
}
