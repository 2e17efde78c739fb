/** The files of messages, for whoever has a signed link: no key, no account, until the link expires. */
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Api } from './api.ts'
import { problem } from './problem.ts'

/** Bytes of a file, counted from 0, both ends included. */
type ByteRange = { start: number; end: number }

type LinkedFile = {
  id: string
  mimeType: string
  fileName: string | null
  size: number
  /** In hex. */
  sha256: string
  expiresAt: Date
}

/** Where links to media lead. */
export type MediaLinks = {
  follow(link: {
    id: string
    expires: string
    signature: string
  }): Promise<
    | { kind: 'found'; file: LinkedFile; open(range?: ByteRange): Promise<Readable | null> }
    | { kind: 'forged' | 'expired' | 'missing' }
  >
}

type Asked = { Params: { id: string }; Querystring: Record<string, unknown> }

/** A large film over a slow line; what is really stuck ends with its connection. */
const LONGEST_MS = 3_600_000

/** What a browser may show by itself: it cannot run anything. SVG and HTML can, whatever they are called. */
const shown = /^(image\/(jpeg|png|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+)$/
/** What keeps its name, to be saved and opened elsewhere. All else is bytes. */
const named =
  /^(application\/(pdf|zip|json|rtf|msword|vnd\.[\w.+-]+)|text\/(plain|csv|vcard|calendar)|image\/(heic|heif|tiff))$/

const refusals = {
  forged: 'media_link_invalid',
  expired: 'media_link_expired',
  missing: 'media_not_found',
} as const

export function mediaRoute(app: Api, { media }: { media: MediaLinks }): void {
  app.get<Asked>(
    '/media/:id',
    { schema: { hide: true }, handlerTimeout: LONGEST_MS },
    async (request, reply) => {
      const { expires, signature } = request.query
      if (typeof expires !== 'string' || typeof signature !== 'string') throw problem('media_link_invalid')
      const found = await media.follow({ id: request.params.id, expires, signature })
      if (found.kind !== 'found') throw problem(refusals[found.kind])
      return answer(request, reply, found.file, found.open)
    },
  )
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  file: LinkedFile,
  open: (range?: ByteRange) => Promise<Readable | null>,
): Promise<FastifyReply> {
  describe(reply, file)
  const etag = `"${file.sha256}"`
  if (request.headers['if-none-match'] === etag) return reply.code(304).send()
  const range = rangeOf(request, file.size, etag)
  if (range === 'unsatisfiable') {
    reply.header('Content-Range', `bytes */${file.size}`)
    throw problem('range_not_satisfiable')
  }
  const length = range ? range.end - range.start + 1 : file.size
  // An empty stream, not none: with none Fastify would say that the length is 0.
  const bytes = request.method === 'HEAD' ? Readable.from([]) : await open(range ?? undefined)
  if (bytes === null) throw problem('media_not_found')
  if (range) reply.code(206).header('Content-Range', `bytes ${range.start}-${range.end}/${file.size}`)
  return reply.header('Content-Length', length).send(bytes)
}

/** The bytes of strangers, from our own origin: nothing in them may run, and nothing may take them for something else. */
function describe(reply: FastifyReply, file: LinkedFile): void {
  const seconds = Math.max(0, Math.floor((file.expiresAt.getTime() - Date.now()) / 1000))
  const bare = bareType(file.mimeType)
  const isShown = shown.test(bare)
  reply
    .header('Content-Type', isShown || named.test(bare) ? file.mimeType : 'application/octet-stream')
    .header('Content-Disposition', `${isShown ? 'inline' : 'attachment'}; ${nameOf(file)}`)
    .header('Content-Security-Policy', "default-src 'none'; sandbox; frame-ancestors 'none'")
    // Made to be shown elsewhere: the link is the permission.
    .header('Cross-Origin-Resource-Policy', 'cross-origin')
    .header('Cache-Control', `private, max-age=${seconds}, immutable`)
    .header('ETag', `"${file.sha256}"`)
    .header('Accept-Ranges', 'bytes')
}

function bareType(mimeType: string): string {
  return (mimeType.split(';', 1)[0] ?? '').trim().toLowerCase()
}

/** Twice: for old clients in plain letters, for all others as it was written (RFC 6266). Never with a path in it. */
function nameOf({ id, fileName, mimeType }: LinkedFile): string {
  const extension = bareType(mimeType).match(/^(?:image|audio|video)\/([a-z0-9]{2,5})$/)?.[1]
  const name = lastPart(fileName ?? '') || `${id.slice(0, 8)}${extension ? `.${extension}` : ''}`
  const plain = name.replaceAll(/[^\w .()-]/g, '_')
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, c => `%${c.charCodeAt(0).toString(16)}`)
  return `filename="${plain}"; filename*=UTF-8''${encoded}`
}

/** Controls and marks that turn the direction of writing make a name look like another one. */
function lastPart(fileName: string): string {
  const name = fileName.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
  return (name.split(/[/\\]/).at(-1) ?? '').replace(/^\.+/, '').slice(-120).trim().toWellFormed()
}

/** One range of bytes. What is not one (several, other units, of another version of the file) means the whole file. */
function rangeOf(
  { headers }: FastifyRequest,
  size: number,
  etag: string,
): ByteRange | 'unsatisfiable' | null {
  const condition = headers['if-range']
  if (condition !== undefined && condition !== etag) return null
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.range ?? '') ?? []
  if (from === '' && to === '') return null
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (from !== '' && to !== '' && Number(to) < Number(from)) return null
  return start > end ? 'unsatisfiable' : { start, end }
}
