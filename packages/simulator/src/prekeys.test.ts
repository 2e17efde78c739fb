import { test } from 'node:test'
import { pair, startNetwork } from './test-client.ts'
import type { Stanza } from './whatsapp.ts'

const ADA = { number: '15550100', name: 'Ada' }
const BOB = { number: '15550101', name: 'Bob' }

/** What Baileys uploads when the server says it has none. */
const UPLOADED = 812

test('a client is asked for more one-time keys before they run out, and brings them', async t => {
  const whatsapp = await startNetwork(t)
  const phone = whatsapp.phone(ADA)
  await pair(whatsapp, ADA)
  const other = await pair(whatsapp, BOB)
  const device = phone.jid.replace('@', ':1@')
  const users = Array.from({ length: UPLOADED - 4 }, () => ({ tag: 'user', attrs: { jid: device } }))
  await other.socket.query({
    tag: 'iq',
    attrs: { to: 's.whatsapp.net', type: 'get', xmlns: 'encrypt' },
    content: [{ tag: 'key', attrs: {}, content: users }],
  })
  await phone.saw(({ direction, node }) => direction === 'out' && node.attrs.type === 'encrypt')
  const brought = ({ direction, node }: Stanza) =>
    direction === 'in' && node.attrs.xmlns === 'encrypt' && node.attrs.type === 'set'
  await phone.saw(() => phone.stanzas.filter(brought).length >= 2)
  // Baileys acknowledges the request when its upload is through.
  await phone.whenAcknowledged()
})
