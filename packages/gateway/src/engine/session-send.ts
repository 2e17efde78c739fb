import type { SessionStatus } from '@waxwing/events'
import { generateMessageIDV2 } from 'baileys'
import type { CommandAnswer, CommandResult } from '../stream/commands.ts'
import type { MessageContent } from '../stream/message-content.ts'
import type { AuthState } from './auth-state.ts'
import type { LiveSocket } from './connect.ts'
import type { Intake } from './intake.ts'
import type { Files } from './media/files.ts'
import type { Media } from './media/session-files.ts'
import { refuse } from './refusal.ts'
import { sendContent, sentResult } from './send.ts'
import type { SentMessages } from './sent-messages.ts'

/** Sends as one session: what left is told at once, and remembered for whoever asks for it again. */
export function createSessionSend(a: {
  status: () => SessionStatus
  socket: () => LiveSocket | null
  auth: Pick<AuthState, 'creds'>
  files: Pick<Files, 'adopt'> | undefined
  media: Media | undefined
  sent: SentMessages
  intake: Pick<Intake, 'take'>
  now: () => Date
}): (to: string, content: MessageContent) => Promise<CommandAnswer<CommandResult<'message.send'>>> {
  const { auth, files, media, sent, intake, now } = a
  const openFile = async (id: string) => (await media?.keeper.open(id)) ?? null
  return async (to, content) => {
    const [live, status] = [a.socket(), a.status()]
    if (!live || status !== 'connected')
      return refuse('session_not_connected', `The session is ${status}, so nothing can be sent.`)
    const messageId = generateMessageIDV2(auth.creds.me?.id)
    if ('file' in content) await files?.adopt(messageId, content.file)
    const answer = await sendContent({ socket: live, to, content, messageId, sent: sent.get, openFile })
    if (!answer.ok) return answer
    const { message } = answer.result
    // `message.sent` comes from here: the echo of the library may be half a minute late.
    const findNumber = (lid: string) =>
      live.use(baileys => baileys.signalRepository.lidMapping.getPNForLID(lid))
    intake.take({ 'messages.upsert': { messages: [message], type: 'append' } }, findNumber)
    if (message.message && message.key.id) await sent.remember(message.key.id, message.message)
    return sentResult(answer.result, now())
  }
}
