/** What simulated people can do in a chat: write, react, edit, delete, ask and vote, share a place or a card. */
import { z } from 'zod'

const text = z.string().min(1).max(4_096)
const messageId = z.string().min(1).max(128).describe('Of a message of this chat.')
const option = z.string().trim().min(1).max(100)

/** The body of a route whose chat is named by `place`. */
export function sandboxMessage<P extends z.ZodRawShape>(place: P) {
  return z.discriminatedUnion('type', [
    z.strictObject({
      ...place,
      type: z.literal('text').default('text'),
      text,
      quote: messageId.optional().describe('The message that this one answers.'),
    }),
    z.strictObject({
      ...place,
      type: z.literal('reaction'),
      message_id: messageId,
      emoji: z.string().max(32).describe('Empty: the reaction is taken back.'),
    }),
    z.strictObject({ ...place, type: z.literal('edit'), message_id: messageId, text }),
    z.strictObject({ ...place, type: z.literal('delete'), message_id: messageId }),
    z.strictObject({
      ...place,
      type: z.literal('poll'),
      question: z.string().trim().min(1).max(255),
      options: z.array(option).min(2).max(12),
      selectable_count: z.int().min(0).max(12).default(1).describe('0: any number of them.'),
    }),
    z.strictObject({
      ...place,
      type: z.literal('vote'),
      message_id: messageId.describe('Of the poll.'),
      options: z.array(option).max(12).describe('Instead of what was chosen before; none: taken back.'),
    }),
    z.strictObject({
      ...place,
      type: z.literal('location'),
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      name: z.string().max(100).optional(),
    }),
    z.strictObject({
      ...place,
      type: z.literal('contact'),
      name: z.string().trim().min(1).max(100),
      number: z.string().regex(/^\d{7,15}$/, { error: 'Expected digits only.' }),
    }),
  ])
}

const anywhere = sandboxMessage({})
/** What is done, without where. */
export type SandboxMessage = z.output<typeof anywhere>

/** Most messages are texts: one without a type is. Before the body is judged, for it is judged by its type. */
export async function textByDefault({ body }: { body: unknown }): Promise<void> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body) && !('type' in body))
    Object.assign(body, { type: 'text' })
}
