import type { BinaryNode } from 'baileys'
import { children, node, SERVER } from '../wire/nodes.ts'
import { shareWithNewDevice } from './app-state.ts'
import { answerAppState } from './app-state-patches.ts'
import type { Companion } from './companion.ts'
import type { Connection } from './connection.ts'
import { unlink } from './login.ts'
import { answerMediaConn } from './media.ts'
import type { Network } from './network.ts'
import { answerLinkCode } from './pair-code.ts'
import { countPreKeys, digestKeys, givePreKeys, rotateSignedPreKey, storePreKeys } from './prekeys.ts'
import { describeRoom, describeRooms, type Refusal } from './room-iq.ts'
import { answerUsync } from './usync.ts'

type Answer = BinaryNode[] | Refusal | undefined
type Ask = { network: Network; device: Companion; iq: BinaryNode }

/**
 * What a linked device may ask, by namespace, type and first child. Whatever is not here gets an empty
 * result: a client that gets no answer at all waits for a minute.
 */
const answers: Record<string, (ask: Ask) => Answer | Promise<Answer>> = {
  'encrypt get count': ({ device }) => countPreKeys(device),
  'encrypt get digest': ({ device }) => digestKeys(device),
  'encrypt get key': ({ network, iq }) => givePreKeys(network, iq),
  'w:m set media_conn': ({ network }) => answerMediaConn(network),
  'usync get usync': ({ network, iq }) => answerUsync(network, iq),
  'w:g2 get query': ({ network, device, iq }) => describeRoom(network, device, iq),
  'w:g2 get participating': ({ network, device }) => describeRooms(network, device),
  'w:sync:app:state set sync': ({ device, iq }) => answerAppState(device.account, iq),
  'w:sync:app:state get sync': ({ device, iq }) => answerAppState(device.account, iq),
  // 10518 is the property that decides to whom Baileys issues privacy tokens.
  'abt get props': () => [
    node('props', { hash: 'simulated' }, [node('prop', { config_code: '10518', config_value: 'false' })]),
  ],
  'blocklist get': () => [node('list')],
  'privacy get privacy': () => [
    node('privacy', {}, [
      node('category', { name: 'readreceipts', value: 'all' }),
      node('category', { name: 'last', value: 'all' }),
      node('category', { name: 'online', value: 'all' }),
      node('category', { name: 'profile', value: 'all' }),
    ]),
  ],
}

/** What changes something: done after the answer is on its way, because it may send more. */
const effects: Record<string, (ask: Ask) => void | Promise<void>> = {
  'encrypt set registration': ({ device, iq }) => storePreKeys(device, iq),
  'encrypt set rotate': ({ device, iq }) => rotateSignedPreKey(device, iq),
  'passive set active': ({ network, device }) => shareWithNewDevice(network, device),
  'md set remove-companion-device': ({ device }) => unlink(device.account, [device]),
}

export async function handleIq(network: Network, connection: Connection, iq: BinaryNode): Promise<void> {
  // An answer to something nobody waits for any more.
  if (iq.attrs.type === 'result' || iq.attrs.type === 'error') return
  const what = [iq.attrs.xmlns, iq.attrs.type, children(iq)[0]?.tag].filter(Boolean).join(' ')
  const device = connection.companion
  const answer =
    what === 'md set link_code_companion_reg'
      ? answerLinkCode(network, connection, iq)
      : device && (await answers[what]?.({ network, device, iq }))
  const attrs = { id: iq.attrs.id, from: iq.attrs.to ?? SERVER }
  connection.send(
    answer && 'code' in answer
      ? node('iq', { ...attrs, type: 'error' }, [node('error', { ...answer })])
      : node('iq', { ...attrs, type: 'result' }, answer ?? undefined),
  )
  if (device) await effects[what]?.({ network, device, iq })
}
