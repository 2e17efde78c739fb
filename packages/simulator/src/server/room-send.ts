import type { BinaryNode, proto } from 'baileys'
import { node, seconds } from '../wire/nodes.ts'
import { type Account, remember, type SentToRoom } from './account.ts'
import type { Companion } from './companion.ts'
import { receive } from './inbox.ts'
import { stanzaKey } from './outbox.ts'
import { type Room, voiceOf } from './room.ts'
import { createMessageId, sealFor } from './send.ts'
import { flipLast, takeSpoilt } from './spoil.ts'
import { stanzaAttrs } from './stanza-attrs.ts'

/**
 * Says something in a group from `from`'s phone, sealed once for everybody in it. Resolves to its id when it is
 * sent or kept for every absent device; one that is held back, when its batch has been sent.
 */
export async function sendToRoom(room: Room, from: Account, message: proto.IMessage): Promise<string> {
  if (!room.members.has(from)) throw new Error(`${from.number} is not in "${room.subject.text}"`)
  const id = createMessageId()
  const spoilt = takeSpoilt(from, [...room.members.keys()])
  const voice = voiceOf(room, from)
  const sent: SentToRoom = { room, voice, message, at: new Date(), spoilt, ...voice.key.seal(message) }
  remember(from, id, sent)
  const send = async () => {
    const pushed = devicesIn(room).map(device => pushToRoom(from, device, id, sent))
    for (const member of room.members.keys())
      if (member !== from) receive(member, from, id, message, room.jid)
    await Promise.all(pushed)
  }
  await (room.held ? hold(room, from, sent, send) : send())
  return id
}

/** Keeps a message until as many are held as were asked for, then sends them all in another order. */
function hold(room: Room, from: Account, sent: SentToRoom, send: () => Promise<void>): Promise<void> {
  const { held } = room
  if (!held) return send()
  // Whoever hears a later message first must be able to open the earlier ones too.
  sent.distribution = held.firsts.get(from) ?? sent.distribution
  held.firsts.set(from, sent.distribution)
  return new Promise((resolve, reject) => {
    held.sends.push(() => send().then(resolve, reject))
    if (held.sends.length < held.wanted) return
    room.held = null
    for (const next of disordered(held.sends, held.random)) void next()
  })
}

/** A fair shuffle, but never the order that was. */
function disordered<T>(items: readonly T[], random: () => number): T[] {
  const shuffled = [...items]
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    ;[shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T]
  }
  return shuffled.every((item, at) => item === items[at]) ? shuffled.reverse() : shuffled
}

export function devicesIn(room: Room): Companion[] {
  return [...room.members.keys()].flatMap(member => [...member.companions.values()])
}

/** The first message of a speaker to a device carries the speaker's key, sealed for that device alone. */
function pushToRoom(from: Account, device: Companion, id: string, sent: SentToRoom): Promise<void> {
  const { given } = sent.voice
  return device.outbox.push(stanzaKey('message', { id }), async () => {
    const encs: BinaryNode[] = []
    if (!given.has(device)) {
      const { type, ciphertext } = await sealFor(from, device, distribution(sent), false)
      given.add(device)
      encs.push(node('enc', { v: '2', type }, ciphertext))
    }
    const ciphertext = sent.spoilt.has(device.account) ? flipLast(sent.ciphertext) : sent.ciphertext
    encs.push(node('enc', { v: '2', type: 'skmsg' }, ciphertext))
    return node('message', roomMessageAttrs(from, id, sent), encs)
  })
}

/** For a device that could not open it: the message and the speaker's key in one, sealed for that device alone. */
export function pushToRoomAgain(
  from: Account,
  device: Companion,
  id: string,
  sent: SentToRoom,
  count: string,
): Promise<void> {
  return device.outbox.push(stanzaKey('message', { id }), async () => {
    const whole = { ...sent.message, ...distribution(sent) }
    const { type, ciphertext } = await sealFor(from, device, whole, true)
    sent.voice.given.add(device)
    return node('message', roomMessageAttrs(from, id, sent), [
      node('enc', { v: '2', type, count }, ciphertext),
    ])
  })
}

function distribution(sent: SentToRoom): proto.IMessage {
  const { room, distribution: axolotlSenderKeyDistributionMessage } = sent
  return { senderKeyDistributionMessage: { groupId: room.jid, axolotlSenderKeyDistributionMessage } }
}

function roomMessageAttrs(from: Account, id: string, { room, at, message }: SentToRoom) {
  return { ...speaker(room, from), ...stanzaAttrs(message), id, t: seconds(at), notify: from.name }
}

/** Groups speak in LIDs, and always tell the number as well. */
export function speaker(room: Room, who: Account, device = 0) {
  const participant = device === 0 ? who.lid : who.lid.replace('@', `:${device}@`)
  return { from: room.jid, participant, participant_pn: who.jid, addressing_mode: 'lid' }
}
