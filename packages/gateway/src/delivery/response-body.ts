import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'

/** What is read of a response before the socket is destroyed: more than any answer that means something. */
export const maxReadBytes = 64 * 1024
/** What is kept of it for the attempt's row. */
const maxKeptBytes = 16 * 1024

/**
 * The beginning of a response body as text. Decoding stops with the last byte kept, so a bomb costs no more
 * than an honest body; what cannot be decoded is kept as far as it could. NUL, which Postgres text cannot hold,
 * becomes U+FFFD, and a character cut in half at the end is left out.
 */
export async function readable(
  raw: Buffer,
  encoding: string | undefined,
): Promise<{ text: string; truncated: boolean }> {
  if (raw.length === 0) return { text: '', truncated: false }
  const { bytes, complete } = await decoded(raw, (encoding ?? '').trim().toLowerCase())
  const truncated = !complete || bytes.length > maxKeptBytes
  const text = new TextDecoder().decode(bytes.subarray(0, maxKeptBytes), { stream: truncated })
  return { text: text.replaceAll('\0', '\uFFFD'), truncated }
}

async function decoded(raw: Buffer, encoding: string): Promise<{ bytes: Buffer; complete: boolean }> {
  if (encoding === '' || encoding === 'identity') return { bytes: raw, complete: true }
  const decoder = decoderFor(encoding, raw)
  if (decoder === null) return { bytes: Buffer.alloc(0), complete: raw.length === 0 }
  const chunks: Buffer[] = []
  let length = 0
  decoder.end(raw)
  try {
    for await (const chunk of decoder) {
      chunks.push(chunk)
      length += chunk.length
      if (length > maxKeptBytes) break
    }
    return { bytes: Buffer.concat(chunks), complete: length <= maxKeptBytes }
  } catch {
    return { bytes: Buffer.concat(chunks), complete: false }
  }
}

/** `deflate` means zlib's format, but some servers send the bare stream: zlib's first byte ends in 8. */
function decoderFor(encoding: string, raw: Buffer) {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip()
  if (encoding === 'br') return createBrotliDecompress()
  if (encoding === 'deflate') return ((raw[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw()
  return null
}
