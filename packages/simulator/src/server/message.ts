import { randomBytes } from 'node:crypto'
import { type BinaryNode, jidDecode, normalizeMessageContent, type proto } from 'baileys'
import { bytes, child, children, node, seconds } from '../wire/nodes.ts'
import type { Sealed } from '../wire/signal-device.ts'
import { type Account, remember } from './account.ts'
import { type Companion, takeBundle } from './companion.ts'
import type { Network } from './network.ts'
import { stanzaKey } from './outbox.ts'
import { askAgain } from './receipt.ts'

// === From a phone to linked devices

/**
 * Sends from `from`'s phone: the receiver's phone has it, every linked device of the receiver gets it,
 * and every linked device of the sender a copy. Resolves when all are sent or kept for an absent device.
 */
export async function sendMessage(from: Account, to: Account, message: proto.IMessage): Promise<string> {
  const id = createMessageId()
  remember(from, id, { to, message, at: new Date() })
  const devices = new Set([...to.companions.values(), ...from.companions.values()])
  const pushed = [...devices].map(device => pushMessage(from, device, id))
  if (to !== from) receive(to, from, id, message)
  await Promise.all(pushed)
  return id
}

/** The form a phone gives its messages' ids. (One with an @ in it would be coded as an address.) */
export function createMessageId(): string {
  return `3A${randomBytes(9).toString('hex').toUpperCase()}`
}

/** Sends a remembered message (again) to one device; `renew` starts a new Signal session for it. */
export async function pushMessage(
  from: Account,
  device: Companion,
  id: string,
  renew = false,
): Promise<void> {
  const sent = from.sent.get(id)
  if (!sent) return
  const own = device.account === from
  const message = own
    ? { deviceSentMessage: { destinationJid: sent.to.jid, message: sent.message } }
    : sent.message
  const attrs = own ? copyAddresses(from, sent.to) : senderAddresses(from, from.addressing)
  await device.outbox.push(stanzaKey('message', { id }), async () => {
    const sealed = await sealFor(from, device, message, renew)
    return messageStanza({ ...attrs, id, t: seconds(sent.at), type: 'text', notify: from.name }, sealed)
  })
}

/** A message of the account's own phone to a linked device that is not part of any chat. */
export function pushPeerMessage(device: Companion, id: string, message: proto.IMessage): Promise<void> {
  const { account } = device
  return device.outbox.push(stanzaKey('message', { id }), async () => {
    const sealed = await sealFor(account, device, message, false)
    return messageStanza({ from: account.jid, category: 'peer', id, t: seconds(), type: 'text' }, sealed)
  })
}

function sealFor(from: Account, device: Companion, message: proto.IMessage, renew: boolean): Promise<Sealed> {
  const bundle = () => {
    const taken = takeBundle(device)
    if (!taken) throw new Error(`the keys of ${device.jid} are not known yet`)
    return taken
  }
  return from.phone.encrypt(device.address, message, bundle, renew)
}

function messageStanza(
  attrs: Record<string, string | undefined>,
  sealed: Sealed,
  more: BinaryNode[] = [],
): BinaryNode {
  return node('message', attrs, [node('enc', { v: '2', type: sealed.type }, sealed.ciphertext), ...more])
}

/** Always both addresses: a client that knows only one looks the other up for every message. */
function senderAddresses(from: Account, mode: 'pn' | 'lid', device = 0) {
  const [pn, lid] = [withDevice(from.jid, device), withDevice(from.lid, device)]
  return mode === 'lid'
    ? { from: lid, sender_pn: from.jid, addressing_mode: 'lid' }
    : { from: pn, sender_lid: from.lid, addressing_mode: 'pn' }
}

/** A copy for the sender's own devices names the other side of the chat, in both addresses. */
function copyAddresses(from: Account, to: Account, device = 0, mode: 'pn' | 'lid' = to.addressing) {
  return mode === 'lid'
    ? {
        from: withDevice(from.lid, device),
        recipient: to.lid,
        peer_recipient_pn: to.jid,
        addressing_mode: 'lid',
      }
    : {
        from: withDevice(from.jid, device),
        recipient: to.jid,
        peer_recipient_lid: to.lid,
        addressing_mode: 'pn',
      }
}

function withDevice(jid: string, device: number): string {
  return device === 0 ? jid : jid.replace('@', `:${device}@`)
}

// === From a linked device

/** A client sent a message: acknowledged, then handed to every device it was sealed for. */
export async function handleMessage(network: Network, sender: Companion, stanza: BinaryNode): Promise<void> {
  const { id = '', to: chat = '' } = stanza.attrs
  const error = takeRejection(sender.account) ?? (network.find(chat) || !isPerson(chat) ? undefined : '404')
  sender.connection?.send(node('ack', { class: 'message', id, from: chat, t: seconds(), error }))
  if (error) return
  for (const { jid, enc } of sealedCopies(stanza)) {
    const target = network.find(jid)
    const sealed: Sealed = { type: enc.attrs.type === 'pkmsg' ? 'pkmsg' : 'msg', ciphertext: bytes(enc) }
    if (!target) network.warn({ jid, id }, 'a message for a device nobody has')
    else if (target.device === 0) await openOnPhone(network, sender, target.account, id, sealed)
    else relay(network, sender, target.account.companions.get(target.device), stanza, sealed)
  }
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
  if (!copy) return receive(owner, sender.account, id, message)
  const to = network.find(copy.destinationJid ?? '')?.account.number ?? copy.destinationJid ?? ''
  if (isContent(copy.message)) owner.echoes.add({ id, to, text: textOf(copy.message) })
}

/** Hands a sealed copy to another linked device, of the receiver or of the sender. */
function relay(
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
      ? copyAddresses(sender.account, peer, sender.index, mode)
      : senderAddresses(sender.account, mode, sender.index)
  const identity = children(stanza, 'device-identity')
  const relayed = messageStanza(
    { ...addresses, id, t: seconds(), type, notify: sender.account.name },
    sealed,
    identity,
  )
  void device.outbox.push(stanzaKey('message', { id }), async () => relayed)
}

// === What a person reads

function receive(owner: Account, from: Account, id: string, message: proto.IMessage): void {
  if (isContent(message)) owner.received.add({ id, from: from.number, text: textOf(message), message })
}

/** Key shares, history requests and the like pass between devices; nobody reads them. */
function isContent(message: proto.IMessage | null | undefined): message is proto.IMessage {
  const content = normalizeMessageContent(message)
  return !!content && !content.protocolMessage
}

function textOf(message: proto.IMessage): string {
  const content = normalizeMessageContent(message)
  return content?.conversation ?? content?.extendedTextMessage?.text ?? ''
}
