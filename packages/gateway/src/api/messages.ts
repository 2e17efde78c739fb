/** Sending: one message to one chat, answered when WhatsApp's server has it. */
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'
import { ask } from './ask.ts'
import { contentOf, fileContentOf, isFile, messageBody, messageTypes } from './message-types.ts'
import { keepOutgoing } from './outgoing-file.ts'
import { moment } from './page.ts'
import { found, problem } from './problem.ts'
import { pathId } from './validate.ts'

const message = z
  .object({
    message_id: z.string().describe('The `messageId` of the events about this message.'),
    session_id: z.uuid(),
    to: z.string().describe('The jid it went to.'),
    timestamp: moment,
  })
  .meta({ id: 'SentMessage' })

export function messageRoutes(
  app: Api,
  { store, commands, outgoing }: Pick<ApiDeps, 'store' | 'commands' | 'outgoing'>,
): void {
  app.post(
    '/sessions/:id/messages',
    {
      preValidation: refuseOtherTypes,
      schema: {
        tags: ['Messages'],
        operationId: 'sendMessage',
        summary: 'Send a message',
        description: `Types of this version: ${messageTypes.join(', ')}. A \`message.sent\` event follows; for a reaction, an edit or a deletion the event of its own kind.`,
        params: pathId('session_not_found'),
        body: messageBody,
        response: { 201: message },
      },
      config: {
        problems: [
          'session_not_found',
          'message_type_not_supported',
          'file_not_fetched',
          'session_not_connected',
          'invalid_recipient',
          'not_on_whatsapp',
          'whatsapp_refused',
          'engine_unavailable',
          'timeout',
        ],
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const { to } = request.body
      found(await store.sessions.get(request.profileId, id), 'session_not_found')
      const content = isFile(request.body)
        ? fileContentOf(request.body, await keepOutgoing(outgoing, { sessionId: id, body: request.body }))
        : contentOf(request.body)
      const sent = await ask(commands, 'message.send', { sessionId: id, to, content })
      return reply
        .code(201)
        .send({ message_id: sent.messageId, session_id: id, to: sent.to, timestamp: sent.timestamp })
    },
  )
}

/** Before the fields are judged: those of another type would only be called unknown. */
async function refuseOtherTypes(request: { body: unknown }): Promise<void> {
  const { body } = request
  const type = typeof body === 'object' && body !== null && 'type' in body ? body.type : 'text'
  if (typeof type !== 'string' || messageTypes.some(supported => supported === type)) return
  const detail = `"${type.slice(0, 32)}" is not one of them. This version sends: ${messageTypes.join(', ')}.`
  throw problem('message_type_not_supported', detail, { supported_types: messageTypes })
}
