import { Boom } from '@hapi/boom'
import type { proto, WAMessage, WAMessageKey } from 'baileys'
import type { CommandAnswer, CommandResult, RefusalCode } from '../stream/commands.ts'
import type { MessageContent } from '../stream/message-content.ts'
import { compose, NotSomebody } from './compose.ts'
import type { LiveSocket } from './connect.ts'
import { parseRecipient, type Recipient } from './jid.ts'
import { FileGone, type OpenFile } from './media/outgoing.ts'
import { type Refusal, refuse } from './refusal.ts'

export type Sent = { message: WAMessage; jid: string }

export type Send = {
  socket: LiveSocket
  to: string
  content: MessageContent
  /** The id it will have. */
  messageId: string
  /** What this session sent under a key, while it is remembered: to quote it as it was. */
  sent: (key: WAMessageKey) => Promise<proto.IMessage | undefined>
  openFile: OpenFile
}

/**
 * Sends to a phone number, a LID or a group. A number is looked up first: WhatsApp accepts messages to numbers that do
 * not exist and says nothing. Never rejects.
 */
export async function sendContent(send: Send): Promise<{ ok: true; result: Sent } | Refusal> {
  const recipient = parseRecipient(send.to)
  if (!recipient)
    return refuse('invalid_recipient', `“${send.to}” is neither a phone number nor a WhatsApp address.`)
  try {
    return await Promise.race([deliver(send, recipient), closing(send.socket)])
  } catch (error) {
    return refuse(...describe(error))
  }
}

async function deliver({ socket, content, messageId, sent, openFile }: Send, recipient: Recipient) {
  const found = await addressOf(socket, recipient)
  if (!found.ok) return found
  const { message: composed, options } = await compose(content, found.jid, sent, openFile)
  const message = await socket.use(baileys =>
    baileys.sendMessage(found.jid, composed, { ...options, messageId }),
  )
  if (!message?.key.id) return refuse('whatsapp_refused', 'WhatsApp did not take the message.')
  // A copy: the library's event buffer writes later receipts into the object it has returned.
  return { ok: true as const, result: { message: { ...message, key: { ...message.key } }, jid: found.jid } }
}

async function addressOf(
  socket: LiveSocket,
  recipient: Recipient,
): Promise<{ ok: true; jid: string } | Refusal> {
  if (recipient.kind === 'address') return { ok: true, jid: recipient.jid }
  const answer = await socket.use(baileys => baileys.onWhatsApp(recipient.jid))
  if (!answer)
    return refuse('network_unavailable', 'WhatsApp did not answer whether this number has an account.')
  const account = answer.find(entry => entry.exists)
  return account
    ? { ok: true, jid: account.jid }
    : refuse('not_on_whatsapp', `${recipient.phone} has no WhatsApp account.`)
}

/** A socket that was stopped leaves Baileys' promises pending for ever. */
async function closing(socket: LiveSocket): Promise<Refusal> {
  await socket.closed
  return refuse('session_not_connected', 'The connection was lost while sending. The message may have left.')
}

function describe(error: unknown): [RefusalCode, string] {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof FileGone) return ['internal_error', message]
  if (error instanceof NotSomebody) return ['invalid_recipient', message]
  if (error instanceof Boom && error.output.statusCode === 428)
    return ['session_not_connected', 'The connection was lost before the message left.']
  return ['whatsapp_refused', `WhatsApp refused the message: ${message}`]
}

/** The answer to the command, from what was sent. */
export function sentResult({ message, jid }: Sent, now: Date): CommandAnswer<CommandResult<'message.send'>> {
  return { ok: true, result: { messageId: message.key.id ?? '', to: jid, timestamp: now.toISOString() } }
}
