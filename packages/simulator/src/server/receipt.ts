import type { BinaryNode } from 'baileys'
import type { Receipt } from '../contact.ts'
import { child, children, node, seconds } from '../wire/nodes.ts'
import type { Account } from './account.ts'
import { note } from './ack.ts'
import type { Companion } from './companion.ts'
import { handleMediaRetry } from './media.ts'
import type { Network } from './network.ts'
import { stanzaKey } from './outbox.ts'
import { sendAgain } from './retry.ts'
import type { Room } from './room.ts'
import { speaker } from './room-send.ts'

/** Receipts that say "I have it": the message need not be kept for this device any longer. */
const TAKES_OVER = new Set([undefined, 'inactive', 'sender', 'peer_msg', 'hist_sync'])

/** What the other side is told; the rest concerns only the account's own devices. */
const TOLD: Record<string, Receipt['type']> = { inactive: 'inactive', read: 'read', played: 'played' }

/** A client reports what became of messages it got. */
export async function handleReceipt(network: Network, device: Companion, stanza: BinaryNode): Promise<void> {
  const { id = '', to = '', type, participant } = stanza.attrs
  device.connection?.send(node('ack', { class: 'receipt', id, from: to, type, participant }))
  const ids = [id, ...children(child(stanza, 'list'), 'item').map(item => item.attrs.id ?? '')]
  if (TAKES_OVER.has(type)) {
    for (const each of ids) {
      note(device.account, each, 'acknowledged')
      device.outbox.acknowledge(stanzaKey('message', { id: each }))
    }
  }
  if (type === 'server-error') return handleMediaRetry(network, device, stanza)
  if (type === 'retry') network.retryReceipts += 1
  const room = network.rooms.get(to)
  const author = network.find(room ? (participant ?? '') : to)
  if (!author) return
  if (type === 'retry') return sendAgain(device, author, id, stanza, room)
  const told = type === undefined ? 'delivered' : TOLD[type]
  if (!told || author.account === device.account) return
  for (const each of ids) {
    author.account.receipts.add({ id: each, from: device.account.number, type: told })
    await pushReceipt(device.account, author.account, each, type, room)
  }
}

/** Tells every linked device of `to` what became of its message. Resolves when sent or kept. */
export async function pushReceipt(
  from: Account,
  to: Account,
  id: string,
  type?: string,
  room?: Room,
): Promise<void> {
  const address = from.addressing === 'lid' ? from.lid : from.jid
  const reader = room ? speaker(room, from) : { from: address }
  const receipt = node('receipt', { ...reader, id, t: seconds(), type })
  await Promise.all(
    [...to.companions.values()].map(each =>
      each.outbox.push(stanzaKey('receipt', receipt.attrs), () => receipt),
    ),
  )
}
