import type { BinaryNode } from 'baileys'
import { handleAck } from './ack.ts'
import { handleCall } from './call.ts'
import type { Companion } from './companion.ts'
import type { Connection } from './connection.ts'
import { handleIq } from './iq.ts'
import { handleMessage } from './message.ts'
import type { Network } from './network.ts'
import { handleReceipt } from './receipt.ts'

/** What a linked device may send, one row a stanza family. */
const families: Record<
  string,
  (network: Network, device: Companion, stanza: BinaryNode) => void | Promise<void>
> = {
  message: handleMessage,
  receipt: handleReceipt,
  ack: handleAck,
  call: handleCall,
  // Nobody on this network watches presence yet, and session telemetry is nobody's business.
  presence: () => {},
  chatstate: () => {},
  ib: () => {},
}

export async function handleStanza(
  network: Network,
  connection: Connection,
  stanza: BinaryNode,
): Promise<void> {
  if (stanza.tag === 'iq') return handleIq(network, connection, stanza)
  const device = connection.companion
  if (!device) return
  const family = families[stanza.tag]
  if (family) await family(network, device, stanza)
  else network.warn({ tag: stanza.tag, attrs: stanza.attrs }, 'a stanza of an unknown family')
}
