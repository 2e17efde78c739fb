import type { proto } from 'baileys'
import type { Account } from './account.ts'
import type { Network } from './network.ts'
import type { Room } from './room.ts'
import { sendToRoom } from './room-send.ts'
import { sendMessage } from './send.ts'

/** Where somebody speaks: to one person, or in a group. */
export type Place = { person: Account; room?: undefined } | { room: Room; person?: undefined }

/** The person or group at this address; throws when there is none on this network. */
export function placeAt(network: Network, jid: string): Place {
  const room = network.rooms.get(jid)
  if (room) return { room }
  const person = network.find(jid)?.account
  if (!person) throw new Error(`nobody on this network has the address ${jid}`)
  return { person }
}

/** Sends to a person or a group; see `sendMessage` and `sendToRoom`. */
export function sendTo(from: Account, place: Place, message: proto.IMessage): Promise<string> {
  return place.room ? sendToRoom(place.room, from, message) : sendMessage(from, place.person, message)
}

/** A message somebody has seen: who wrote it, and what. */
export type SeenMessage = { id: string; author: Account; message: proto.IMessage }

/** A message by its id, which every one of the network has alone; throws when nobody knows it any more. */
export function seenMessage(network: Network, id: string): SeenMessage {
  for (const account of network.accounts()) {
    const sent = account.sent.get(id)
    if (sent) return { id, author: account, message: sent.message }
    const received = account.received.all.find(each => each.id === id)
    if (received) return { id, author: network.account(received.from), message: received.message }
  }
  throw new Error(`nobody on this network remembers a message ${id}`)
}

/** Which of the two addresses of people is used where `speaker` speaks: groups use LIDs. */
export function addressIn(place: Place, speaker: Account, who: Account): string {
  return place.room || speaker.addressing === 'lid' ? who.lid : who.jid
}

/** How `speaker` names a message of this chat, from its own point of view. */
export function keyOf(place: Place, speaker: Account, { id, author }: SeenMessage): proto.IMessageKey {
  const fromMe = author === speaker
  if (!place.room) return { remoteJid: addressIn(place, speaker, place.person), fromMe, id }
  return { remoteJid: place.room.jid, fromMe, id, participant: author.lid }
}
