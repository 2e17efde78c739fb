/** A file somebody wants to send: fetched or decoded, kept, and from then on known by its id. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { OutgoingFile } from '../stream/message-content.ts'
import { invalid, problem } from './problem.ts'

/** How long a file may take to come; what then is left of the request is for WhatsApp. */
const FETCH_MS = 12_000

const defaults = {
  image: 'image/jpeg',
  video: 'video/mp4',
  audio: 'audio/mpeg',
  voice: 'audio/ogg; codecs=opus',
  document: 'application/octet-stream',
  sticker: 'image/webp',
} as const

type FileKind = keyof typeof defaults

const mimeType = /^[\w.+-]{1,60}\/[\w.+-]{1,100}( ?; ?[\w .+=;"-]{1,100})?$/

/** Where the file comes from, in the body of a request. */
export const fileInput = z
  .strictObject({
    url: z.url().max(2_048).optional().describe('Where this gateway fetches it: a public address.'),
    base64: z.base64().min(1).optional().describe('The file itself. Bounded by MAX_PAYLOAD_BYTES.'),
    mime_type: z.string().regex(mimeType, 'This is no media type.').optional(),
    file_name: z.string().trim().min(1).max(255).optional().describe('What a document is called.'),
  })
  .refine(file => (file.url === undefined) !== (file.base64 === undefined), {
    error: 'Give either `url` or `base64`.',
  })
  .meta({ id: 'FileInput' })

type FileInput = z.output<typeof fileInput>

export type OutgoingFileDeps = {
  media: {
    keep(
      file: { id: string; sessionId: string; mimeType: string; fileName: string | null },
      source: AsyncIterable<Uint8Array>,
    ): Promise<unknown>
  }
  files: {
    fetch(
      url: string,
      signal: AbortSignal,
    ): Promise<
      | { ok: true; mimeType: string | null; body: AsyncIterable<Uint8Array> }
      | { ok: false; reason: 'refused' | 'unreachable'; detail: string }
    >
  }
  /** The largest file that is taken, in bytes. */
  maxFileBytes: number
}

/** Keeps the file, so that it can be sent, and linked to in the event that tells of it. */
export async function keepOutgoing(
  deps: OutgoingFileDeps,
  a: { sessionId: string; body: { type: FileKind; media: FileInput } },
): Promise<OutgoingFile> {
  const { type: kind, media: input } = a.body
  const { body, declared } = await sourceOf(deps, input)
  const known = declared !== null && mimeType.test(declared) ? declared : defaults[kind]
  const file = { id: randomUUID(), mimeType: input.mime_type ?? known, fileName: input.file_name ?? null }
  await deps.media.keep({ ...file, sessionId: a.sessionId }, bounded(body, deps.maxFileBytes))
  return file
}

async function sourceOf(
  { files }: OutgoingFileDeps,
  { url, base64 }: FileInput,
): Promise<{ body: AsyncIterable<Uint8Array>; declared: string | null }> {
  if (url === undefined) return { body: once(Buffer.from(base64 ?? '', 'base64')), declared: null }
  const found = await files.fetch(url, AbortSignal.timeout(FETCH_MS))
  if (found.ok) return { body: arriving(found.body), declared: found.mimeType }
  if (found.reason === 'refused') throw invalid([{ pointer: '/media/url', detail: found.detail }])
  throw problem('file_not_fetched', found.detail)
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function* arriving(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch {
    throw problem('file_not_fetched', 'It did not come whole, or not in time.')
  }
}

async function* bounded(body: AsyncIterable<Uint8Array>, max: number): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > max) throw problem('file_not_fetched', `It is larger than ${max} bytes (MEDIA_MAX_BYTES).`)
    yield piece
  }
}
