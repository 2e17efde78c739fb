import type { BinaryNode } from 'baileys'
import { bigEndian, child, node, seconds } from '../wire/nodes.ts'
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'
import { stanzaKey } from './outbox.ts'
import { bundleNodes } from './prekeys.ts'
import type { Room } from './room.ts'
import { pushToRoomAgain, speaker } from './room-send.ts'
import { pushMessage } from './send.ts'

/** The device could not open a message: a phone seals it again in a new session, a linked device is asked to. */
export async function sendAgain(
  device: Companion,
  author: { account: Account; device: number },
  id: string,
  stanza: BinaryNode,
  room?: Room,
) {
  author.account.receipts.add({ id, from: device.account.number, type: 'retry' })
  if (author.device === 0) {
    const sent = author.account.sent.get(id)
    if (sent?.spoilt.has(device.account)) return
    if (!sent || !('room' in sent)) return pushMessage(author.account, device, id, true)
    const count = child(stanza, 'retry')?.attrs.count ?? '1'
    return pushToRoomAgain(author.account, device, id, sent, count)
  }
  const { to: _, participant, ...attrs } = stanza.attrs
  const asker = room ? speaker(room, device.account, device.index) : { from: device.jid }
  const request = { ...stanza, attrs: { ...attrs, ...asker, t: seconds() } }
  await author.account.companions.get(author.device)?.outbox.push(stanzaKey('receipt', attrs), () => request)
}

/** A phone could not open what `sender` sent: it asks for it again and gives the keys for a new session. */
export async function askAgain(sender: Companion, owner: Account, id: string, room?: Room): Promise<void> {
  const bundle = owner.phone.bundle()
  const person = { from: owner.addressing === 'lid' ? owner.lid : owner.jid }
  const attrs = { ...(room ? speaker(room, owner) : person), id, t: seconds(), type: 'retry' }
  const request = node('receipt', attrs, [
    node('retry', { count: '1', id, t: attrs.t, v: '1' }),
    node('registration', {}, bigEndian(bundle.registrationId, 4)),
    node('keys', {}, bundleNodes(bundle)),
  ])
  await sender.outbox.push(stanzaKey('receipt', attrs), () => request)
}
