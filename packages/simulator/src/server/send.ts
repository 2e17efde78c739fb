import { randomBytes } from 'node:crypto'
import type { BinaryNode, proto } from 'baileys'
import { node, seconds } from '../wire/nodes.ts'
import type { Sealed } from '../wire/signal-device.ts'
import { type Account, remember } from './account.ts'
import { type Companion, takeBundle } from './companion.ts'
import { receive } from './inbox.ts'
import { stanzaKey } from './outbox.ts'
import { spoil, takeSpoilt } from './spoil.ts'
import { stanzaAttrs } from './stanza-attrs.ts'

/**
 * Sends from `from`'s phone: the receiver's phone has it, every linked device of the receiver gets it,
 * and every linked device of the sender a copy. Resolves when all are sent or kept for an absent device.
 */
export async function sendMessage(from: Account, to: Account, message: proto.IMessage): Promise<string> {
  const id = createMessageId()
  remember(from, id, { to, message, at: new Date(), spoilt: takeSpoilt(from, [to]) })
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
  if (!sent || 'room' in sent) return
  const own = device.account === from
  const message = own
    ? { deviceSentMessage: { destinationJid: sent.to.jid, message: sent.message } }
    : sent.message
  const attrs = own
    ? copyAddresses(from, sent.to, sent.to.addressing)
    : senderAddresses(from, from.addressing)
  await device.outbox.push(stanzaKey('message', { id }), async () => {
    const whole = await sealFor(from, device, message, renew)
    const sealed = sent.spoilt.has(device.account) ? spoil(whole) : whole
    const known = { ...stanzaAttrs(sent.message), t: seconds(sent.at), notify: from.name }
    return messageStanza({ ...attrs, id, ...known }, sealed)
  })
}

/** A message that linked devices are told of but may not see. */
export async function pushUnavailable(from: Account, to: Account, id: string): Promise<void> {
  const attrs = {
    ...senderAddresses(from, from.addressing),
    id,
    t: seconds(),
    type: 'media',
    notify: from.name,
  }
  const stanza = node('message', attrs, [node('unavailable', { type: 'view_once' })])
  const devices = [...to.companions.values()]
  await Promise.all(devices.map(each => each.outbox.push(stanzaKey('message', { id }), () => stanza)))
}

/** A message of the account's own phone to a linked device that is not part of any chat. */
export function pushPeerMessage(device: Companion, id: string, message: proto.IMessage): Promise<void> {
  const { account } = device
  return device.outbox.push(stanzaKey('message', { id }), async () => {
    const sealed = await sealFor(account, device, message, false)
    return messageStanza({ from: account.jid, category: 'peer', id, t: seconds(), type: 'text' }, sealed)
  })
}

export function sealFor(
  from: Account,
  device: Companion,
  message: proto.IMessage,
  renew: boolean,
): Promise<Sealed> {
  const bundle = () => {
    const taken = takeBundle(device)
    if (!taken) throw new Error(`the keys of ${device.jid} are not known yet`)
    return taken
  }
  return from.phone.encrypt(device.address, message, bundle, renew)
}

export function messageStanza(
  attrs: Record<string, string | undefined>,
  sealed: Sealed,
  more: BinaryNode[] = [],
): BinaryNode {
  return node('message', attrs, [node('enc', { v: '2', type: sealed.type }, sealed.ciphertext), ...more])
}

/** Always both addresses: a client that knows only one looks the other up for every message. */
export function senderAddresses(from: Account, mode: 'pn' | 'lid', device = 0) {
  const [pn, lid] = [withDevice(from.jid, device), withDevice(from.lid, device)]
  return mode === 'lid'
    ? { from: lid, sender_pn: from.jid, addressing_mode: 'lid' }
    : { from: pn, sender_lid: from.lid, addressing_mode: 'pn' }
}

/** A copy for the sender's own devices names the other side of the chat, in both addresses. */
export function copyAddresses(from: Account, to: Account, mode: 'pn' | 'lid', device = 0) {
  return mode === 'lid'
    ? { ...chat(from.lid, to.lid), peer_recipient_pn: to.jid, addressing_mode: 'lid' }
    : { ...chat(from.jid, to.jid), peer_recipient_lid: to.lid, addressing_mode: 'pn' }

  function chat(sender: string, recipient: string) {
    return { from: withDevice(sender, device), recipient }
  }
}

function withDevice(jid: string, device: number): string {
  return device === 0 ? jid : jid.replace('@', `:${device}@`)
}
