import { type BinaryNode, jidDecode } from 'baileys'
import { child, children, node, seconds, text } from '../wire/nodes.ts'
import type { Account } from './account.ts'
import type { Network } from './network.ts'

/** Who is on the network, with which devices, under which other address. */
export function answerUsync(network: Network, iq: BinaryNode): BinaryNode[] {
  const query = child(iq, 'usync')
  const asked = new Set(children(child(query, 'query')).map(protocol => protocol.tag))
  const users = children(child(query, 'list'), 'user').map(user => answerUser(network, user, asked))
  return [node('usync', query?.attrs ?? {}, [node('result'), node('list', {}, users)])]
}

function answerUser(network: Network, user: BinaryNode, asked: Set<string>): BinaryNode {
  const phone = text(child(user, 'contact')).replace(/\D/g, '')
  const jid = user.attrs.jid ?? `${phone}@s.whatsapp.net`
  const account = network.find(jid)?.account
  const answers: BinaryNode[] = []
  if (asked.has('contact')) answers.push(node('contact', { type: account ? 'in' : 'out' }))
  if (account && asked.has('devices')) answers.push(devicesOf(account))
  // A client that asked by LID already has it, and takes a second one for a contradiction.
  if (account && asked.has('lid') && jidDecode(jid)?.server !== 'lid')
    answers.push(node('lid', { val: account.lid }))
  return node('user', { jid }, answers)
}

/** `key-index` is required for every device but the phone: clients leave out a device without one. */
function devicesOf(account: Account): BinaryNode {
  const linked = [...account.companions.keys()].map(index =>
    node('device', { id: String(index), 'key-index': String(index) }),
  )
  return node('devices', {}, [
    node('device-list', {}, [node('device', { id: '0' }), ...linked]),
    node('key-index-list', { ts: seconds() }),
  ])
}
