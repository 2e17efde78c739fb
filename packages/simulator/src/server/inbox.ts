import { normalizeMessageContent, type proto } from 'baileys'
import type { Ledger } from '../ledger.ts'
import type { Account } from './account.ts'

/** A message has arrived on somebody's phone, in the group of this address or from its sender alone. */
export function receive(
  owner: Account,
  from: Account,
  id: string,
  message: proto.IMessage,
  group?: string,
): void {
  const text = textOf(message)
  if (isContent(message))
    addOnce(owner.received, { id, from: from.number, text, message, ...(group && { group }) })
}

/** What a linked device has sent shows on its owner's phone. `to` is a number, or the address of a group. */
export function receiveCopy(owner: Account, to: string, id: string, message: proto.IMessage): void {
  if (isContent(message)) addOnce(owner.echoes, { id, to, text: textOf(message) })
}

/** A message that was asked for again by one device is sent again to all. */
function addOnce<T extends { id: string }>(ledger: Ledger<T>, item: T): void {
  if (!ledger.all.some(known => known.id === item.id)) ledger.add(item)
}

/** Key shares, history requests and the like pass between devices; nobody reads them. */
function isContent(message: proto.IMessage): boolean {
  const content = normalizeMessageContent(message)
  return !!content && !content.protocolMessage && !isOnlyKey(content)
}

/** A sender key that travels alone, ahead of what it opens. */
function isOnlyKey(content: proto.IMessage): boolean {
  const { senderKeyDistributionMessage, messageContextInfo: _, ...rest } = content
  return (
    !!senderKeyDistributionMessage && Object.values(rest).every(part => part === null || part === undefined)
  )
}

/** What a person would read; empty for what is no text. */
function textOf(message: proto.IMessage): string {
  const content = normalizeMessageContent(message)
  return content?.conversation ?? content?.extendedTextMessage?.text ?? ''
}
