import type { proto } from 'baileys'
import { node, seconds } from '../wire/nodes.ts'
import type { Account } from './account.ts'
import { stanzaKey } from './outbox.ts'
import { createMessageId, sealFor } from './send.ts'

/** Posts a status (a story), which the linked devices of these people get. */
export async function postStatus(from: Account, to: Account[], message: proto.IMessage): Promise<string> {
  const id = createMessageId()
  const devices = to.flatMap(each => [...each.companions.values()])
  const attrs = {
    from: 'status@broadcast',
    participant: from.jid,
    participant_lid: from.lid,
    id,
    t: seconds(),
    type: 'text',
    notify: from.name,
  }
  const push = async (device: (typeof devices)[number]) =>
    device.outbox.push(stanzaKey('message', { id }), async () => {
      const { type, ciphertext } = await sealFor(from, device, message, false)
      return node('message', attrs, [node('enc', { v: '2', type }, ciphertext)])
    })
  await Promise.all(devices.map(push))
  return id
}
