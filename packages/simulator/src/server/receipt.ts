import type { BinaryNode } from 'baileys'
import type { Receipt } from '../contact.ts'
import { bigEndian, bytes, child, children, node, seconds } from '../wire/nodes.ts'
import type { PreKeyBundle } from '../wire/signal-device.ts'
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'
import { pushMessage } from './message.ts'
import type { Network } from './network.ts'
import { stanzaKey } from './outbox.ts'

/** Receipts that say "I have it": the message need not be kept for this device any longer. */
const TAKES_OVER = new Set([undefined, 'inactive', 'sender', 'peer_msg', 'hist_sync'])

/** What the other side is told; the rest concerns only the account's own devices. */
const TOLD: Record<string, Receipt['type']> = { inactive: 'inactive', read: 'read', played: 'played' }

/** A client reports what became of messages it got. */
export async function handleReceipt(network: Network, device: Companion, stanza: BinaryNode): Promise<void> {
  const { id = '', to = '', type, participant } = stanza.attrs
  device.connection?.send(node('ack', { class: 'receipt', id, from: to, type, participant }))
  const ids = [id, ...children(child(stanza, 'list'), 'item').map(item => item.attrs.id ?? '')]
  if (TAKES_OVER.has(type))
    for (const each of ids) device.outbox.acknowledge(stanzaKey('message', { id: each }))
  const author = network.find(to)
  if (!author) return
  if (type === 'retry') return sendAgain(device, author, id, stanza)
  const told = type === undefined ? 'delivered' : TOLD[type]
  if (!told || author.account === device.account) return
  for (const each of ids) {
    author.account.receipts.add({ id: each, from: device.account.number, type: told })
    await pushReceipt(device.account, author.account, each, type)
  }
}

/** Tells every linked device of `to` what became of its message. Resolves when sent or kept. */
export async function pushReceipt(from: Account, to: Account, id: string, type?: string): Promise<void> {
  const address = from.addressing === 'lid' ? from.lid : from.jid
  const receipt = node('receipt', { from: address, id, t: seconds(), type })
  await Promise.all(
    [...to.companions.values()].map(each =>
      each.outbox.push(stanzaKey('receipt', receipt.attrs), async () => receipt),
    ),
  )
}

/** The device could not open a message: a phone seals it again in a new session, a linked device is asked to. */
async function sendAgain(
  device: Companion,
  author: { account: Account; device: number },
  id: string,
  stanza: BinaryNode,
) {
  author.account.receipts.add({ id, from: device.account.number, type: 'retry' })
  if (author.device === 0) return pushMessage(author.account, device, id, true)
  const { to: _, ...attrs } = stanza.attrs
  const request = { ...stanza, attrs: { ...attrs, from: device.jid, t: seconds() } }
  await author.account.companions
    .get(author.device)
    ?.outbox.push(stanzaKey('receipt', attrs), async () => request)
}

/** A phone could not open what `sender` sent: it asks for it again and gives the keys for a new session. */
export async function askAgain(sender: Companion, owner: Account, id: string): Promise<void> {
  const bundle = owner.phone.bundle()
  const from = owner.addressing === 'lid' ? owner.lid : owner.jid
  const attrs = { from, id, t: seconds(), type: 'retry' }
  const request = node('receipt', attrs, [
    node('retry', { count: '1', id, t: attrs.t, v: '1' }),
    node('registration', {}, bigEndian(bundle.registrationId, 4)),
    node('keys', {}, bundleNodes(bundle)),
  ])
  await sender.outbox.push(stanzaKey('receipt', attrs), async () => request)
}

/** Identity and pre-keys as the wire has them: 32 bytes, ids in three. */
export function bundleNodes(bundle: PreKeyBundle): BinaryNode[] {
  const { signedPreKey, preKey } = bundle
  const key = (keyId: number, publicKey: Buffer) => [
    node('id', {}, bigEndian(keyId, 3)),
    node('value', {}, publicKey.subarray(-32)),
  ]
  return [
    node('type', {}, Buffer.from([5])),
    node('identity', {}, bundle.identityKey.subarray(-32)),
    ...(preKey ? [node('key', {}, key(preKey.keyId, preKey.publicKey))] : []),
    node('skey', {}, [
      ...key(signedPreKey.keyId, signedPreKey.publicKey),
      node('signature', {}, bytes(node('signature', {}, signedPreKey.signature))),
    ]),
  ]
}
