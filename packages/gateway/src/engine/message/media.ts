import type { EventData } from '@waxwing/events'
import type { proto } from 'baileys'
import { mimeTypeOf, sizeOf } from './file-facts.ts'
import type { ReadContent } from './text.ts'
import type { WireNumber } from './wire-number.ts'

/** The catalog's description of a file. */
export type Media = Extract<EventData<'messages.received'>, { type: 'image' }>['media']

type MediaFields = {
  mimetype?: string | null
  fileLength?: WireNumber
  fileName?: string | null
  seconds?: number | null
  width?: number | null
  height?: number | null
  jpegThumbnail?: Uint8Array | null
}

/** A preview is a few kilobytes; what claims to be one and is larger would swell every event. */
const largestThumbnail = 16_384

export function readImage(value: proto.Message.IImageMessage): ReadContent {
  return { body: value.caption ?? '', content: { type: 'image', media: mediaOf(value), ...once(value) } }
}

/** Films, and what is sent as a GIF: a film without sound that repeats itself. */
export function readVideo(value: proto.Message.IVideoMessage): ReadContent {
  const type = value.gifPlayback ? 'gif' : 'video'
  return { body: value.caption ?? '', content: { type, media: mediaOf(value), ...once(value) } }
}

export function readAudio(value: proto.Message.IAudioMessage): ReadContent {
  return { body: '', content: { type: value.ptt ? 'voice' : 'audio', media: mediaOf(value), ...once(value) } }
}

/** What it is called stands with the file; `body` is what was written under it. */
export function readDocument(value: proto.Message.IDocumentMessage): ReadContent {
  return { body: value.caption ?? '', content: { type: 'document', media: mediaOf(value) } }
}

export function readSticker(value: proto.Message.IStickerMessage): ReadContent {
  const animated = value.isAnimated ?? false
  return { body: '', content: { type: 'sticker', media: mediaOf(value), animated } }
}

/** What the message itself says of its file, before anybody has fetched it. */
function mediaOf(value: MediaFields): Media {
  const { fileName, seconds, width, height, jpegThumbnail } = value
  const size = sizeOf(value.fileLength)
  return {
    mimeType: mimeTypeOf(value),
    ...(fileName && { fileName }),
    ...(size !== undefined && { size }),
    ...(isCount(seconds) && { seconds }),
    ...(isCount(width) && { width }),
    ...(isCount(height) && { height }),
    ...thumbnailOf(jpegThumbnail),
  }
}

/** Protobuf's zero is also its "unknown". */
function isCount(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0
}

function thumbnailOf(jpeg: Uint8Array | null | undefined): { thumbnail?: string } {
  if (!jpeg || jpeg.length === 0 || jpeg.length > largestThumbnail) return {}
  return { thumbnail: Buffer.from(jpeg).toString('base64') }
}

function once(value: { viewOnce?: boolean | null }): { viewOnce?: true } {
  return value.viewOnce ? { viewOnce: true } : {}
}
