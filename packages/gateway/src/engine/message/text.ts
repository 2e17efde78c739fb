import type { EventData } from '@waxwing/events'
import type { proto } from 'baileys'

/** The catalog's message. */
export type Message = EventData<'messages.received'>
type MessageKind = Message['type']
type ContentOf<K extends MessageKind> = K extends MessageKind
  ? Omit<Extract<Message, { type: K }>, keyof Base>
  : never
type Base = Omit<Extract<Message, { type: 'view_once' }>, 'type'>

/** What a message says: the text for people, and its content in the catalog's form. */
export type ReadContent = { body: string; content: ContentOf<MessageKind> }

/** Plain text. */
export function readText(text: string): ReadContent {
  return { body: text, content: { type: 'text' } }
}

/** Text with formatting, a quotation or the preview of a link. */
export function readTextWithPreview(value: proto.Message.IExtendedTextMessage): ReadContent {
  const url = value.matchedText
  if (!url) return readText(value.text ?? '')
  const linkPreview = {
    url,
    ...(value.title && { title: value.title }),
    ...(value.description && { description: value.description }),
  }
  return { body: value.text ?? '', content: { type: 'text', linkPreview } }
}

/** An emoji on another message; an empty one takes it back. */
export function readReaction(value: proto.Message.IReactionMessage): ReadContent {
  const emoji = value.text ?? ''
  return { body: emoji, content: { type: 'reaction', reaction: { messageId: value.key?.id ?? '', emoji } } }
}
