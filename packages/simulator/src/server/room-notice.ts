import type { BinaryNode } from 'baileys'
import { node, seconds } from '../wire/nodes.ts'
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'
import { pushNotice } from './notice.ts'
import type { Room, RoomSettings } from './room.ts'
import { participant, roomNode } from './room-iq.ts'
import { devicesIn, speaker } from './room-send.ts'
import { createMessageId } from './send.ts'

export async function setSubject(room: Room, by: Account, text: string): Promise<void> {
  requireMember(room, by)
  room.subject = { text, by, at: new Date() }
  const attrs = { subject: text, s_t: seconds(room.subject.at), s_o: by.lid }
  await tell(devicesIn(room), room, by, node('subject', attrs))
}

/** Whoever comes is told what the group is, and hears what is said from now on. */
export async function addMembers(room: Room, by: Account, who: Account[]): Promise<void> {
  requireAdmin(room, by)
  const newcomers = who.filter(each => !room.members.has(each))
  const told = devicesIn(room)
  for (const each of newcomers) room.members.set(each, 'member')
  await tell(told, room, by, node('add', {}, who.map(named)))
  const devices = newcomers.flatMap(each => [...each.companions.values()])
  await tell(devices, room, by, node('create', { type: 'new' }, [roomNode(room)]))
}

/** Changes some settings; each is a notice of its own. */
export async function changeSettings(room: Room, by: Account, change: Partial<RoomSettings>): Promise<void> {
  requireMember(room, by)
  Object.assign(room.settings, change)
  for (const name of Object.keys(change) as (keyof RoomSettings)[])
    await tell(devicesIn(room), room, by, settingNotice(name, room.settings))
}

function settingNotice(name: keyof RoomSettings, settings: RoomSettings): BinaryNode {
  const { description, announce, restrict, ephemeralSeconds } = settings
  if (name === 'announce') return node(announce ? 'announcement' : 'not_announcement')
  if (name === 'restrict') return node(restrict ? 'locked' : 'unlocked')
  if (name === 'description')
    return node('description', { id: createMessageId() }, [node('body', {}, Buffer.from(description))])
  return ephemeralSeconds > 0
    ? node('ephemeral', { expiration: String(ephemeralSeconds) })
    : node('not_ephemeral')
}

/** Somebody outside asks to be let in; everybody inside is told. */
export async function requestToJoin(room: Room, who: Account): Promise<void> {
  if (room.members.has(who)) throw new Error(`${who.number} is in "${room.subject.text}" already`)
  const what = node('created_membership_requests', { request_method: 'InviteLink' }, [named(who)])
  await tell(devicesIn(room), room, who, what)
}

/** The request is taken back by whoever made it, or turned down by an admin. */
export async function endRequest(room: Room, by: Account, who: Account): Promise<void> {
  if (by !== who) requireAdmin(room, by)
  await tell(devicesIn(room), room, by, node('revoked_membership_requests', {}, [named(who)]))
}

/** Somebody has a new number: in the group it takes the place of the old one. */
export async function replaceMember(room: Room, old: Account, by: Account): Promise<void> {
  requireMember(room, old)
  room.members.set(by, room.members.get(old) ?? 'member')
  room.members.delete(old)
  room.voices.clear()
  await tell(devicesIn(room), room, by, node('modify', {}, [named(old)]))
}

/** A new picture, or none. */
export async function setPicture(room: Room, by: Account, has: boolean): Promise<void> {
  requireMember(room, by)
  const what = { jid: room.jid, author: by.lid, hash: 'picture' }
  const notice = node(
    'notification',
    { from: room.jid, type: 'picture', id: createMessageId(), t: seconds(), participant: by.lid },
    [has ? node('set', { ...what, id: seconds() }) : node('delete', what)],
  )
  await pushNotice(devicesIn(room), notice)
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
  await pushNotice(devices, node('notification', attrs, [what]))
}

function requireMember(room: Room, who: Account): void {
  if (!room.members.has(who)) throw new Error(`${who.number} is not in "${room.subject.text}"`)
}

function requireAdmin(room: Room, who: Account): void {
  requireMember(room, who)
  if (room.members.get(who) === 'member')
    throw new Error(`${who.number} is no admin of "${room.subject.text}"`)
}
