import { type BinaryNode, jidDecode, type proto } from 'baileys'
import { bytes, child, children, node, seconds } from '../wire/nodes.ts'
import { createSenderKeyReader, type SenderKeyReader } from '../wire/sender-key.ts'
import type { Sealed } from '../wire/signal-device.ts'
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'
import { receive, receiveCopy } from './inbox.ts'
import type { Network } from './network.ts'
import { stanzaKey } from './outbox.ts'
import { askAgain } from './retry.ts'
import type { Room } from './room.ts'
import { devicesIn, speaker } from './room-send.ts'

/**
 * A client speaks in a group: what is sealed for all (`skmsg`), and for some devices, sealed for each alone, its
 * sender key, or the whole message when one of them has asked for it again.
 */
export async function handleRoomMessage(
  network: Network,
  sender: Companion,
  room: Room,
  stanza: BinaryNode,
): Promise<void> {
  const { id = '', participant } = stanza.attrs
  const own = new Map<string, BinaryNode>()
  for (const to of children(child(stanza, 'participants'), 'to')) {
    const enc = child(to, 'enc')
    if (enc) own.set(addressOf(network, to.attrs.jid ?? ''), enc)
  }
  const bare = children(stanza, 'enc').find(
    enc => (enc.attrs.type === 'skmsg') === (participant === undefined),
  )
  if (participant !== undefined && bare) own.set(addressOf(network, participant), bare)
  const shared = participant === undefined ? bare : undefined
  for (const member of room.members.keys())
    await hear(network, { room, sender, owner: member, id, key: own.get(`${member.number}:0`), shared })
  for (const device of devicesIn(room)) {
    // A client in a LID group seals its sender key for itself as well; it must not come back to it.
    if (device === sender) continue
    const encs = [own.get(`${device.account.number}:${device.index}`), shared].flatMap(enc => enc ?? [])
    if (encs.length === 0) continue
    const attrs = { id, t: seconds(), type: stanza.attrs.type ?? 'text', notify: sender.account.name }
    const content = [...encs, ...children(stanza, 'device-identity')]
    const relayed = node('message', { ...speaker(room, sender.account, sender.index), ...attrs }, content)
    await device.outbox.push(stanzaKey('message', { id }), () => relayed)
  }
}

function addressOf(network: Network, jid: string): string {
  return `${network.find(jid)?.account.number}:${jidDecode(jid)?.device ?? 0}`
}

type Heard = {
  room: Room
  sender: Companion
  owner: Account
  id: string
  key: BinaryNode | undefined
  shared: BinaryNode | undefined
}

/** One phone in the group takes the key that is sealed for it, and opens the message. */
async function hear(network: Network, { room, sender, owner, id, key, shared }: Heard): Promise<void> {
  if (!key && !shared) return
  const reader = readerOf(room, owner, sender)
  try {
    const alone = key && (await owner.phone.decrypt(sender.address, sealedOf(key)))
    const opened: proto.IMessage | undefined = alone?.deviceSentMessage?.message ?? alone
    const distribution = opened?.senderKeyDistributionMessage?.axolotlSenderKeyDistributionMessage
    if (distribution) reader.learn(distribution)
    const message = shared ? reader.open(bytes(shared)) : opened
    if (!message) return
    if (owner === sender.account) receiveCopy(owner, room.jid, id, message)
    else receive(owner, sender.account, id, message, room.jid)
  } catch (error) {
    network.warn(
      { err: error, id, from: sender.jid, at: owner.number },
      'undecryptable in a group: asking again',
    )
    await askAgain(sender, owner, id, room)
  }
}

function sealedOf(enc: BinaryNode): Sealed {
  return { type: enc.attrs.type === 'pkmsg' ? 'pkmsg' : 'msg', ciphertext: bytes(enc) }
}

function readerOf(room: Room, owner: Account, sender: Companion): SenderKeyReader {
  const readers = room.heard.get(owner) ?? new WeakMap<Companion, SenderKeyReader>()
  room.heard.set(owner, readers)
  const reader = readers.get(sender) ?? createSenderKeyReader()
  readers.set(sender, reader)
  return reader
}
