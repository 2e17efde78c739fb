import type { EventDraft } from '@waxwing/events/event-id'
import type { WAMessage, WAMessageKey } from 'baileys'
import type { FetchedMedia } from '../media/files.ts'
import { readMessage } from '../message/read.ts'
import type { ReadContent } from '../message/text.ts'
import { draft, type TranslationContext } from './context.ts'
import { messageRef, wireKey } from './key.ts'

/** What a message says, with what became of its file. */
export function withFile(
  content: ReadContent['content'],
  key: WAMessageKey,
  context: TranslationContext,
): ReadContent['content'] {
  const fetched = context.media?.(key)
  return fetched && 'media' in content ? { ...content, media: { ...content.media, ...fetched } } : content
}

/** The event of a file that was not here when its message was told. Pure. */
export function translateLateMedia(
  message: WAMessage,
  media: FetchedMedia,
  context: TranslationContext,
): EventDraft[] {
  const ref = messageRef(message.key, context)
  const content = readMessage(message.message)?.content
  if (!ref || !content || !('media' in content)) return []
  const { messageId, from, fromMe, isGroup } = ref
  const data = {
    ...{ messageId, from, fromMe, isGroup },
    media: { ...content.media, ...media },
    timestamp: Math.floor(context.now.getTime() / 1000),
  }
  const naturalKey = [...wireKey(message.key), 'media']
  return [draft('messages.update', data, { at: context.now, chat: from, naturalKey }, context)]
}
