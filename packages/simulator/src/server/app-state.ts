import { randomBytes } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { type BinaryNode, proto } from 'baileys'
import { child, children, node } from '../wire/nodes.ts'
import type { Companion } from './companion.ts'
import { pushPeerMessage } from './message.ts'
import type { Network } from './network.ts'

/**
 * What the phone gives a device at its first login: the key of the app state, and the history (which is
 * empty but for names and addresses). Without it a client holds every event back for twenty seconds.
 */
export async function shareWithNewDevice(network: Network, device: Companion): Promise<void> {
  if (device.synced) return
  device.synced = true
  const { id, data } = device.account.appStateKey
  const id1 = peerMessageId()
  const id2 = peerMessageId()
  await pushPeerMessage(device, id1, {
    protocolMessage: {
      type: proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE,
      appStateSyncKeyShare: {
        keys: [
          {
            keyId: { keyId: id },
            keyData: {
              keyData: data,
              fingerprint: { rawId: 1, currentIndex: 0, deviceIndexes: [0] },
              timestamp: Date.now(),
            },
          },
        ],
      },
    },
  })
  await pushPeerMessage(device, id2, {
    protocolMessage: {
      type: proto.Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION,
      historySyncNotification: {
        syncType: proto.Message.HistorySyncType.INITIAL_BOOTSTRAP,
        chunkOrder: 1,
        progress: 100,
        initialHistBootstrapInlinePayload: deflateSync(encodeHistory(network)),
      },
    },
  })
}

function encodeHistory(network: Network): Uint8Array {
  const people = network.accounts()
  return proto.HistorySync.encode({
    syncType: proto.HistorySync.HistorySyncType.INITIAL_BOOTSTRAP,
    conversations: [],
    pushnames: people.map(({ jid, name }) => ({ id: jid, pushname: name })),
    phoneNumberToLidMappings: people.map(({ jid, lid }) => ({ pnJid: jid, lidJid: lid })),
  }).finish()
}

function peerMessageId(): string {
  return `3A${randomBytes(9).toString('hex').toUpperCase()}`
}

/** Every collection is empty and up to date; a client's own patch is taken and counted. */
export function answerAppState(iq: BinaryNode): BinaryNode[] {
  const collections = children(child(iq, 'sync'), 'collection').map(collection => {
    const { name, version = '0' } = collection.attrs
    const next = child(collection, 'patch') ? Number(version) + 1 : Number(version)
    return node('collection', { name, version: String(next), has_more_patches: 'false' })
  })
  return [node('sync', {}, collections)]
}
