import { normalizeMessageContent, proto } from 'baileys'

const { MESSAGE_EDIT, REVOKE } = proto.Message.ProtocolMessage.Type

/** What a message's stanza says of it in the clear. */
export type StanzaAttrs = { type: 'text' | 'reaction' | 'poll' | 'event'; edit?: '1' | '7' }

/** What the server may know of a message that it cannot read. */
export function stanzaAttrs(message: proto.IMessage): StanzaAttrs {
  const content = normalizeMessageContent(message)
  if (content?.reactionMessage) return { type: 'reaction' }
  if (content?.pollCreationMessageV3 || content?.pollUpdateMessage) return { type: 'poll' }
  if (content?.eventMessage) return { type: 'event' }
  if (content?.protocolMessage?.type === MESSAGE_EDIT) return { type: 'text', edit: '1' }
  if (content?.protocolMessage?.type === REVOKE) return { type: 'text', edit: '7' }
  return { type: 'text' }
}
