import { deflateSync } from 'node:zlib'
import { proto } from 'baileys'
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'
import type { Network } from './network.ts'
import { createMessageId, pushPeerMessage } from './send.ts'

/**
 * What the phone gives a device at its first login: the key of the app state, and a history of no chats but
 * everyone's addresses and names. Without it a client holds every event back for twenty seconds.
 */
export async function shareWithNewDevice(network: Network, device: Companion): Promise<void> {
  if (device.synced) return
  device.synced = true
  const people = network.accounts()
  const shares: proto.Message.IProtocolMessage[] = [
    shareKey(device.account),
    shareHistory({
      syncType: HistorySyncType.INITIAL_BOOTSTRAP,
      conversations: [],
      phoneNumberToLidMappings: people.map(({ jid, lid }) => ({ pnJid: jid, lidJid: lid })),
    }),
    shareHistory({
      syncType: HistorySyncType.PUSH_NAME,
      pushnames: people.map(({ jid, name }) => ({ id: jid, pushname: name })),
    }),
  ]
  await Promise.all(
    shares.map(protocolMessage => pushPeerMessage(device, createMessageId(), { protocolMessage })),
  )
}

const { HistorySyncType } = proto.HistorySync
const { Type } = proto.Message.ProtocolMessage

function shareKey({ appStateKey }: Account): proto.Message.IProtocolMessage {
  const fingerprint = { rawId: 1, currentIndex: 0, deviceIndexes: [0] }
  const keyData = { keyData: appStateKey.data, fingerprint, timestamp: Date.now() }
  return {
    type: Type.APP_STATE_SYNC_KEY_SHARE,
    appStateSyncKeyShare: { keys: [{ keyId: { keyId: appStateKey.id }, keyData }] },
  }
}

/** Inline, so that no media host is needed. */
function shareHistory(history: proto.IHistorySync): proto.Message.IProtocolMessage {
  return {
    type: Type.HISTORY_SYNC_NOTIFICATION,
    historySyncNotification: {
      // Two enums with the same numbers: one of the notification, one of what it carries.
      syncType: history.syncType as number,
      chunkOrder: 1,
      progress: 100,
      initialHistBootstrapInlinePayload: deflateSync(
        proto.HistorySync.encode({ ...history, progress: 100 }).finish(),
      ),
    },
  }
}
