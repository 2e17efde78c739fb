import type { Attachment } from '../message/attachment.ts'
import { decrypted, tooLarge } from './decrypt.ts'
import { MediaFault } from './fault.ts'

export type DownloadLimits = {
  /** The largest file that is kept, in bytes. */
  maxBytes: number
  /** How long a server may be silent, before its answer or in the middle of it. */
  idleMs: number
  /** How long a file may take altogether. */
  totalMs: number
}

/** WhatsApp's media host says so of files it has forgotten, and of paths whose signature is too old. */
const gone = [403, 404, 410]

/**
 * Hands the decrypted and checked file to `keep` as it comes, over one request to WhatsApp's media host. Rejects with a
 * MediaFault for what is wrong with the file or the way to it; what `keep` throws is passed on.
 *
 * The host is ours to choose, never the message's: only a path on `origin` is fetched, and redirects are refused, so
 * nobody who can write a message makes this gateway ask other machines for anything.
 */
export async function download<T>(a: {
  origin: string
  attachment: Attachment
  limits: DownloadLimits
  /** Ends the download; then it rejects. */
  signal: AbortSignal
  keep: (file: AsyncIterable<Uint8Array>) => Promise<T>
}): Promise<T> {
  const { attachment, limits } = a
  if ((attachment.fileLength ?? 0) > limits.maxBytes) throw tooLarge(limits.maxBytes)
  const url = placeOf(a.origin, attachment.directPath)
  const silence = new AbortController()
  const alarm = setTimeout(() => silence.abort(), limits.idleMs)
  const signal = AbortSignal.any([a.signal, silence.signal, AbortSignal.timeout(limits.totalMs)])
  try {
    const response = await request(url, signal)
    const pieces = heard(response.body, signal, () => alarm.refresh())
    return await a.keep(decrypted(pieces, attachment, limits))
  } finally {
    clearTimeout(alarm)
    // Whatever is still coming is not wanted.
    silence.abort()
  }
}

function placeOf(origin: string, directPath: string): URL {
  const url = URL.parse(directPath, origin)
  if (url?.origin !== new URL(origin).origin || !directPath.startsWith('/'))
    throw new MediaFault('corrupt', 'The message names no place on WhatsApp’s media host.')
  return url
}

async function request(url: URL, signal: AbortSignal): Promise<{ body: AsyncIterable<Uint8Array> }> {
  const headers = {
    'accept-encoding': 'identity',
    origin: 'https://web.whatsapp.com',
    referer: 'https://web.whatsapp.com/',
  }
  const response = await fetch(url, { headers, signal, redirect: 'manual' }).catch(error => {
    throw wayFault(error, signal)
  })
  if (response.status === 200 && response.body) return { body: response.body }
  await response.body?.cancel().catch(() => {})
  if (gone.includes(response.status))
    throw new MediaFault('gone', 'The file is no longer on WhatsApp’s servers.')
  throw new MediaFault('network', `WhatsApp’s media host answered with status ${response.status}.`)
}

/** Each piece is a sign of life; a way that breaks is told as such, not as whatever the client makes of it. */
async function* heard(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  alive: () => void,
): AsyncGenerator<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]()
  for (;;) {
    const next = await pieces.next().catch(error => {
      throw wayFault(error, signal)
    })
    if (next.done) return
    alive()
    yield next.value
  }
}

function wayFault(cause: unknown, signal: AbortSignal): MediaFault {
  return signal.aborted
    ? new MediaFault('timeout', 'WhatsApp’s media host did not send the file in time.', { cause })
    : new MediaFault('network', 'WhatsApp’s media host could not be reached, or broke off.', { cause })
}
