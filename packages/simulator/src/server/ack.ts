import type { BinaryNode } from 'baileys'
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'
import type { Network } from './network.ts'
import { stanzaKey } from './outbox.ts'

/**
 * A client has taken a stanza: it need not be kept any longer. A message that it acknowledges with an error (a NACK) is
 * forgotten just the same, as WhatsApp does: nobody will send it again unless the client asks.
 */
export function handleAck(network: Network, device: Companion, { attrs }: BinaryNode): void {
  const { class: of = '', id = '', error } = attrs
  if (of === 'message') {
    if (error !== undefined) network.nacks += 1
    note(device.account, id, error === undefined ? 'acknowledged' : 'nacked')
  }
  device.outbox.acknowledge(stanzaKey(of, attrs))
}

/** What a client said of a message last: that it has it, or that it could not take it. */
export function note(account: Account, id: string, word: 'acknowledged' | 'nacked'): void {
  account[word === 'nacked' ? 'acknowledged' : 'nacked'].delete(id)
  const ids = account[word]
  ids.add(id)
  const [oldest] = ids
  if (ids.size > NOTED && oldest !== undefined) ids.delete(oldest)
}

/** Longer than any test; a sandbox that runs for weeks forgets. */
const NOTED = 100_000
