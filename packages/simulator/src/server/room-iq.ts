import type { BinaryNode } from 'baileys'
import { node, seconds } from '../wire/nodes.ts'
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'
import type { Network } from './network.ts'
import type { Room } from './room.ts'

/** What a group is: asked for by a client that is in it, refused to all others. */
export function describeRoom(network: Network, device: Companion, iq: BinaryNode): BinaryNode[] | Refusal {
  const room = network.rooms.get(iq.attrs.to ?? '')
  if (!room) return { code: '404', text: 'item-not-found' }
  if (!room.members.has(device.account)) return { code: '403', text: 'forbidden' }
  return [roomNode(room)]
}

/** An iq that is answered with an error. */
export type Refusal = { code: string; text: string }

export function describeRooms(network: Network, device: Companion): BinaryNode[] {
  const joined = [...network.rooms.values()].filter(room => room.members.has(device.account))
  return [node('groups', {}, joined.map(roomNode))]
}

export function roomNode(room: Room): BinaryNode {
  const { subject, created } = room
  const attrs = {
    id: room.user,
    subject: subject.text,
    s_t: seconds(subject.at),
    s_o: subject.by.lid,
    s_o_pn: subject.by.jid,
    creation: seconds(created.at),
    creator: created.by.lid,
    creator_pn: created.by.jid,
    addressing_mode: 'lid',
    size: String(room.members.size),
  }
  const members = [...room.members].map(([who, rank]) =>
    participant(who, rank === 'member' ? undefined : rank),
  )
  return node('group', attrs, [...settingNodes(room), ...members])
}

function settingNodes({ settings, created }: Room): BinaryNode[] {
  const { description, announce, restrict, ephemeralSeconds } = settings
  const about = { id: 'description', participant: created.by.lid, t: seconds(created.at) }
  return [
    ...(description ? [node('description', about, [node('body', {}, Buffer.from(description))])] : []),
    ...(announce ? [node('announcement')] : []),
    ...(restrict ? [node('locked')] : []),
    ...(ephemeralSeconds > 0 ? [node('ephemeral', { expiration: String(ephemeralSeconds) })] : []),
  ]
}

export function participant(who: Account, type?: string): BinaryNode {
  return node('participant', { jid: who.lid, phone_number: who.jid, type })
}
