import { randomBytes } from 'node:crypto'
import type { BinaryNode } from 'baileys'
import { child, node, seconds } from '../wire/nodes.ts'
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'
import type { Network } from './network.ts'
import { stanzaKey } from './outbox.ts'
import { createMessageId } from './send.ts'

/** A call as the one who rings sees it. */
export type Ring = { id: string; end(reason?: string): Promise<void> }

/** Rings on every linked device of `to`; one that is away hears of it at its next login. */
export async function ring(from: Account, to: Account, o: { video: boolean }): Promise<Ring> {
  const id = randomBytes(16).toString('hex').toUpperCase()
  const caller = from.addressing === 'lid' ? from.lid : from.jid
  const about = { 'call-id': id, 'call-creator': caller, caller_pn: from.jid }
  const tell = async (what: BinaryNode) => {
    const attrs = { from: caller, id: createMessageId(), t: seconds(), notify: from.name }
    const call = node('call', attrs, [what])
    const devices = [...to.companions.values()]
    await Promise.all(devices.map(each => each.outbox.push(stanzaKey('call', attrs), () => call)))
  }
  await tell(node('offer', about, [node('audio'), ...(o.video ? [node('video')] : [])]))
  return { id, end: reason => tell(node('terminate', { ...about, reason })) }
}

/** A client answers or turns down a call; without the acknowledgement it waits for a minute. */
export function handleCall(network: Network, device: Companion, stanza: BinaryNode): void {
  const { id, to = '' } = stanza.attrs
  device.connection?.send(node('ack', { class: 'call', id, from: to, type: 'reject', t: seconds() }))
  const rejected = child(stanza, 'reject')?.attrs['call-id']
  if (rejected) network.find(to)?.account.rejections.add({ id: rejected, by: device.account.number })
}
