import { proto } from 'baileys'
import { seconds } from '../wire/nodes.ts'
import type { Account } from './account.ts'
import type { Companion } from './companion.ts'
import type { Network } from './network.ts'
import { createMessageId, pushPeerMessage } from './send.ts'

const { PLACEHOLDER_MESSAGE_RESEND } = proto.Message.PeerDataOperationRequestType
const { Type } = proto.Message.ProtocolMessage

/**
 * A linked device asks its phone for messages it could not open. A phone that is away is asked when it comes back.
 * False when the message is no such request.
 */
export function takeResendRequest(
  network: Network,
  asker: Companion,
  id: string,
  message: proto.IMessage,
): boolean {
  const request = message.protocolMessage?.peerDataOperationRequestMessage
  if (request?.peerDataOperationRequestType !== PLACEHOLDER_MESSAGE_RESEND) return false
  const keys = (request.placeholderMessageResendRequest ?? []).flatMap(({ messageKey }) => messageKey ?? [])
  const answer = () => answerResend(network, asker, id, keys)
  if (asker.account.answersResends) void answer()
  else asker.account.resendRequests.push(answer)
  return true
}

/** The phone is back, or goes away. */
export function answerResends(account: Account, on: boolean): void {
  account.answersResends = on
  if (!on) return
  for (const answer of account.resendRequests.splice(0)) void answer()
}

async function answerResend(network: Network, asker: Companion, stanzaId: string, keys: proto.IMessageKey[]) {
  const peerDataOperationResult = keys.flatMap(key => {
    const found = findMessage(network, asker.account, key)
    return found
      ? {
          placeholderMessageResendResponse: {
            webMessageInfoBytes: proto.WebMessageInfo.encode(found).finish(),
          },
        }
      : []
  })
  if (peerDataOperationResult.length === 0) return
  const protocolMessage: proto.Message.IProtocolMessage = {
    type: Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
    peerDataOperationRequestResponseMessage: {
      peerDataOperationRequestType: PLACEHOLDER_MESSAGE_RESEND,
      stanzaId,
      peerDataOperationResult,
    },
  }
  try {
    await pushPeerMessage(asker, createMessageId(), { protocolMessage })
  } catch (error) {
    network.warn({ err: error, device: asker.jid, id: stanzaId }, 'cannot answer a request for messages')
  }
}

/** What the phone has of a message: only what was said to it, or by it, or in a group it is in. */
function findMessage(network: Network, owner: Account, key: proto.IMessageKey): proto.IWebMessageInfo | null {
  const author = key.fromMe ? owner : network.find(key.participant || key.remoteJid || '')?.account
  const sent = author?.sent.get(key.id ?? '')
  if (!author || !sent) return null
  const has = 'room' in sent ? sent.room.members.has(owner) : sent.to === owner || author === owner
  if (!has) return null
  const { message, at } = sent
  const messageTimestamp = Number(seconds(at))
  return {
    key: { ...key },
    message,
    messageTimestamp,
    pushName: author.name,
    participant: key.participant ?? null,
  }
}
