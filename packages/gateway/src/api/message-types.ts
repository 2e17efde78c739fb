/** The types of messages that can be sent: the body of each, and what the engine is asked to send for it. */
import { z } from 'zod'
import type { MessageContent, OutgoingFile } from '../stream/message-content.ts'
import { fileInput } from './outgoing-file.ts'

/** WhatsApp cuts longer texts. */
const MAX_TEXT_LENGTH = 65_536
/** WhatsApp's own bounds of a poll. */
const MAX_POLL_OPTIONS = 12
const MAX_OPTION_LENGTH = 100
/** More people than any group has. */
const MAX_MENTIONS = 1_024

const to = z.string().trim().min(1).max(128).describe('A phone number with its country code, or a jid.')
const person = z.string().trim().min(1).max(128)
const messageId = z.string().min(1).max(128).describe('The `messageId` of its events.')
const text = z.string().min(1).max(MAX_TEXT_LENGTH)

const target = {
  message_id: messageId,
  participant: person
    .optional()
    .describe('Who wrote it: `participant.jid` of its events. Needed in groups, unless this account did.'),
}

const quoted = z
  .strictObject({
    ...target,
    from_me: z.boolean().default(false).describe('Whether this account sent it.'),
    body: z
      .string()
      .max(MAX_TEXT_LENGTH)
      .default('')
      .describe('What to show of it: the `body` of its events.'),
  })
  .optional()
  .describe('The message that this one answers.')
  .meta({ id: 'Quoted' })

type Target = { message_id: string; from_me: boolean; participant?: string | undefined }

const targetOf = ({ message_id, from_me, participant }: Target) => ({
  messageId: message_id,
  fromMe: from_me,
  ...(participant !== undefined && { participant }),
})

const quotedOf = ({ quoted: given }: { quoted?: (Target & { body: string }) | undefined }) =>
  given ? { quoted: { ...targetOf(given), body: given.body } } : {}

const groupServer = /@g\.us$/

/** A message of somebody else in a group has no other name than its id and its author. */
function needsAuthor(body: { to: string } & Target): boolean {
  return groupServer.test(body.to) && !body.from_me && body.participant === undefined
}
const authorMissing = {
  path: ['participant'],
  error: 'In a group this is required: who wrote the message. Or say `from_me: true`.',
}

const segmenter = new Intl.Segmenter()

const textBody = z.strictObject({
  to,
  type: z.literal('text').optional().describe('May be left out: `text` is what is sent then.'),
  text,
  mentions: z
    .array(person)
    .max(MAX_MENTIONS)
    .optional()
    .describe(
      'Numbers or jids of who is mentioned; the text has `@` and the part of the jid before its `@`.',
    ),
  quoted,
})

const media = fileInput.describe('The file.')
const caption = z.string().min(1).max(4_096).optional().describe('What is written under it.')
const pictureBody = z.strictObject({
  to,
  type: z.enum(['image', 'video', 'document']),
  media,
  caption,
  quoted,
})
const soundBody = z.strictObject({
  to,
  type: z
    .enum(['audio', 'voice', 'sticker'])
    .describe('`voice` is a recorded note (Ogg Opus), a `sticker` a WebP of 512 x 512 pixels.'),
  media,
  quoted,
})
type FileBody = z.output<typeof pictureBody> | z.output<typeof soundBody>

const locationBody = z.strictObject({
  to,
  type: z.literal('location'),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  name: z.string().min(1).max(1_000).optional().describe('The name of the place.'),
  address: z.string().min(1).max(1_000).optional(),
  quoted,
})

const contactBody = z.strictObject({
  to,
  type: z.literal('contact'),
  contacts: z
    .array(
      z.strictObject({
        name: z.string().trim().min(1).max(256),
        phones: z.array(z.string().trim().min(1).max(32)).min(1).max(10),
      }),
    )
    .min(1)
    .max(50),
  quoted,
})

const pollBody = z
  .strictObject({
    to,
    type: z.literal('poll'),
    question: z.string().trim().min(1).max(255),
    options: z
      .array(z.string().trim().min(1).max(MAX_OPTION_LENGTH))
      .min(2)
      .max(MAX_POLL_OPTIONS)
      .refine(options => new Set(options).size === options.length, 'Two options are the same.'),
    selectable_count: z
      .int()
      .min(0)
      .default(1)
      .describe('How many one person may choose; 0 means any number.'),
    quoted,
  })
  .refine(poll => poll.selectable_count <= poll.options.length, {
    path: ['selectable_count'],
    error: 'There are not that many options.',
  })

const reactionBody = z
  .strictObject({
    to: to.describe('The chat the message is in.'),
    type: z.literal('reaction'),
    ...target,
    from_me: z.boolean().default(false).describe('Whether this account sent the message reacted to.'),
    emoji: z
      .string()
      .max(64)
      .refine(emoji => [...segmenter.segment(emoji)].length <= 1, 'One emoji, or "" to take it back.')
      .describe('One emoji; `""` takes the reaction back.'),
  })
  .refine(body => !needsAuthor(body), authorMissing)

const editBody = z.strictObject({
  to: to.describe('The chat the message is in.'),
  type: z.literal('edit'),
  message_id: messageId.describe('A text that this account sent. WhatsApp takes edits for 15 minutes.'),
  text: text.describe('The new text.'),
})

const deleteBody = z
  .strictObject({
    to: to.describe('The chat the message is in.'),
    type: z.literal('delete'),
    ...target,
    from_me: z
      .boolean()
      .default(true)
      .describe('Whether this account sent it. Those of others can be deleted by admins of the group.'),
  })
  .refine(body => !needsAuthor(body), authorMissing)

/** One of the messages that can be sent, told apart by `type`. */
export const messageBody = z.discriminatedUnion('type', [
  textBody,
  pictureBody,
  soundBody,
  locationBody,
  contactBody,
  pollBody,
  reactionBody,
  editBody,
  deleteBody,
])
export type MessageBody = z.output<typeof messageBody>

/** In the order of the documentation. */
export const messageTypes: readonly NonNullable<MessageBody['type']>[] = [
  'text',
  'image',
  'video',
  'document',
  'audio',
  'voice',
  'sticker',
  'location',
  'contact',
  'poll',
  'reaction',
  'edit',
  'delete',
]

export function isFile(body: MessageBody): body is FileBody {
  return 'media' in body
}

/** What the engine is asked to send, once the file is kept. */
export function fileContentOf(body: FileBody, file: OutgoingFile): MessageContent {
  const written = 'caption' in body && body.caption !== undefined ? { caption: body.caption } : {}
  return { type: body.type, file, ...written, ...quotedOf(body) }
}

/** What the engine is asked to send. */
export function contentOf(body: Exclude<MessageBody, FileBody>): MessageContent {
  switch (body.type) {
    case 'location': {
      const { type, latitude, longitude, name, address } = body
      return {
        type,
        latitude,
        longitude,
        ...(name && { name }),
        ...(address && { address }),
        ...quotedOf(body),
      }
    }
    case 'contact':
      return { type: body.type, contacts: body.contacts, ...quotedOf(body) }
    case 'poll': {
      const { type, question, options, selectable_count: selectableCount } = body
      return { type, question, options, selectableCount, ...quotedOf(body) }
    }
    case 'reaction':
      return { type: body.type, target: targetOf(body), emoji: body.emoji }
    case 'edit':
      return { type: body.type, messageId: body.message_id, text: body.text }
    case 'delete':
      return { type: body.type, target: targetOf(body) }
    default:
      return {
        type: 'text',
        text: body.text,
        ...(body.mentions && { mentions: body.mentions }),
        ...quotedOf(body),
      }
  }
}
