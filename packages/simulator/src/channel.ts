import { proto } from 'baileys'
import type { Phone } from './phone.ts'
import type { Network } from './server/network.ts'
import { stanzaKey } from './server/outbox.ts'
import { createMessageId } from './server/send.ts'
import { node, seconds } from './wire/nodes.ts'

/** A channel (newsletter): everybody who follows it reads it, in the clear, and nobody knows who writes. */
export type Channel = {
  /** `<18 digits>@newsletter` */
  readonly jid: string
  /** Resolves when the linked devices of these followers have it, or will at their next login. */
  post(text: string, followers: Phone[]): Promise<{ id: string }>
}

export function createChannel(network: Network, jid: string): Channel {
  let posts = 0
  return {
    jid,
    async post(text, followers) {
      const id = createMessageId()
      posts += 1
      const post = proto.Message.encode({ conversation: text }).finish()
      const attrs = { from: jid, id, server_id: String(posts), t: seconds(), type: 'text' }
      const stanza = node('message', attrs, [node('plaintext', {}, post)])
      const devices = followers.flatMap(({ number }) => [...network.account(number).companions.values()])
      await Promise.all(devices.map(each => each.outbox.push(stanzaKey('message', { id }), () => stanza)))
      return { id }
    },
  }
}
