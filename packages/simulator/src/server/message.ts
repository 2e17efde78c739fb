import { type BinaryNode, jidDecode, type proto } from 'baileys'
import { bytes, child, children, node, seconds } from '../wire/nodes.ts'
import type { Sealed } from '../wire/signal-device.ts'
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'
import { receive, receiveCopy } from './inbox.ts'
import type { Network } from './network.ts'
import { stanzaKey } from './outbox.ts'
import { takeResendRequest } from './resend.ts'
import { askAgain } from './retry.ts'
import { handleRoomMessage } from './room-message.ts'
import { copyAddresses, messageStanza, senderAddresses } from './send.ts'

/** A client sent a message: acknowledged, then handed to every device it was sealed for. */
export async function handleMessage(network: Network, sender: Companion, stanza: BinaryNode): Promise<void> {
  const { id = '', to: chat = '' } = stanza.attrs
  const room = network.rooms.get(chat)
  const error = takeRejection(sender.account) ?? refusal(network, sender, chat)
  sender.connection?.send(node('ack', { class: 'message', id, from: chat, t: seconds(), error }))
  if (error) return
  if (room) return handleRoomMessage(network, sender, room, stanza)
  for (const { jid, enc } of sealedCopies(stanza)) {
    const target = network.find(jid)
    const sealed: Sealed = { type: enc.attrs.type === 'pkmsg' ? 'pkmsg' : 'msg', ciphertext: bytes(enc) }
    if (!target) network.warn({ jid, id }, 'a message for a device nobody has')
    else if (target.device === 0) await openOnPhone(network, sender, target.account, id, sealed)
    else await relay(network, sender, target.account.companions.get(target.device), stanza, sealed)
  }
}

/** The error for a message to nobody, or to a group the sender is not in. */
function refusal(network: Network, sender: Companion, chat: string): string | undefined {
  if (chat.endsWith('@g.us')) return network.rooms.get(chat)?.members.has(sender.account) ? undefined : '403'
  return network.find(chat) || !isPerson(chat) ? undefined : '404'
}

function takeRejection(account: Account): string | undefined {
  const code = account.rejectNext
  account.rejectNext = null
  return code === null ? undefined : String(code)
}

function isPerson(jid: string): boolean {
  return /@(s\.whatsapp\.net|lid)$/.test(jid)
}

/** One `enc` a device; a message to the own phone alone ("peer") has just one, and no list. */
function sealedCopies(stanza: BinaryNode): { jid: string; enc: BinaryNode }[] {
  const bare = child(stanza, 'enc')
  const listed = children(child(stanza, 'participants'), 'to').map(to => ({
    jid: to.attrs.jid,
    enc: child(to, 'enc'),
  }))
  return [...listed, { jid: stanza.attrs.to, enc: bare }].flatMap(({ jid, enc }) =>
    jid && enc ? [{ jid, enc }] : [],
  )
}

async function openOnPhone(network: Network, sender: Companion, owner: Account, id: string, sealed: Sealed) {
  let message: proto.Message
  try {
    message = await owner.phone.decrypt(sender.address, sealed)
  } catch (error) {
    network.warn(
      { err: error, id, from: sender.jid, at: owner.number },
      'undecryptable: asking the sender again',
    )
    return askAgain(sender, owner, id)
  }
  const copy = message.deviceSentMessage
  if (owner === sender.account && takeResendRequest(network, sender, id, copy?.message ?? message)) return
  if (!copy) return receive(owner, sender.account, id, message)
  const to = network.find(copy.destinationJid ?? '')?.account.number ?? copy.destinationJid ?? ''
  if (copy.message) receiveCopy(owner, to, id, copy.message)
}

/** Hands a sealed copy to another linked device, of the receiver or of the sender. */
async function relay(
  network: Network,
  sender: Companion,
  device: Companion | undefined,
  stanza: BinaryNode,
  sealed: Sealed,
) {
  // A client in a LID chat may name itself; what it sent must not come back to it.
  if (!device || device === sender) return
  const { id = '', to = '', type = 'text' } = stanza.attrs
  const mode = jidDecode(to)?.server === 'lid' ? 'lid' : 'pn'
  const peer = network.find(to)?.account
  const addresses =
    device.account === sender.account && peer
      ? copyAddresses(sender.account, peer, mode, sender.index)
      : senderAddresses(sender.account, mode, sender.index)
  const identity = children(stanza, 'device-identity')
  const relayed = messageStanza(
    { ...addresses, id, t: seconds(), type, notify: sender.account.name },
    sealed,
    identity,
  )
  await device.outbox.push(stanzaKey('message', { id }), () => relayed)
}
