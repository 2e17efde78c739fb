import { createDecipheriv, createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { Attachment } from '../message/attachment.ts'
import { MediaFault } from './fault.ts'

/** How much of the HMAC stands behind the encrypted file. */
const macBytes = 10

/**
 * The file as its sender had it, piece by piece. Baileys' own download checks nothing: here the ciphertext, its MAC, the
 * plaintext and its length must be what the message says, or the stream ends with a MediaFault. What has been yielded by
 * then must not be kept.
 */
export async function* decrypted(
  source: AsyncIterable<Uint8Array>,
  attachment: Attachment,
  limits: { maxBytes: number },
): AsyncGenerator<Uint8Array> {
  const plain = attachment.mediaKey
    ? opened(source, attachment, attachment.mediaKey, limits.maxBytes)
    : bounded(source, limits.maxBytes)
  const hash = createHash('sha256')
  let size = 0
  for await (const piece of plain) {
    hash.update(piece)
    size += piece.length
    yield piece
  }
  expectHash(hash.digest(), attachment.fileSha256, 'the file')
  if (attachment.fileLength !== null && size !== attachment.fileLength)
    throw corrupt(`the file has ${size} bytes, the message says ${attachment.fileLength}`)
}

async function* opened(
  source: AsyncIterable<Uint8Array>,
  attachment: Attachment,
  mediaKey: Uint8Array,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const { iv, cipherKey, macKey } = keysOf(mediaKey, attachment.kind)
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
  const mac = createHmac('sha256', macKey).update(iv)
  const hash = createHash('sha256')
  let tail: Buffer = Buffer.alloc(0)
  // A block of padding and the MAC come on top of what is allowed.
  for await (const piece of bounded(source, maxBytes + 16 + macBytes)) {
    hash.update(piece)
    const known = Buffer.concat([tail, piece])
    const body = known.subarray(0, Math.max(0, known.length - macBytes))
    tail = known.subarray(body.length)
    mac.update(body)
    const plain = decipher.update(body)
    if (plain.length > 0) yield plain
  }
  expectHash(hash.digest(), attachment.fileEncSha256, 'the encrypted file')
  const expected = mac.digest().subarray(0, macBytes)
  if (tail.length !== macBytes || !timingSafeEqual(tail, expected))
    throw corrupt('its authentication code is another')
  yield last(decipher)
}

/** Padding that is none means that the key is not the file's, although all the rest was right. */
function last(decipher: { final(): Buffer }): Buffer {
  try {
    return decipher.final()
  } catch (error) {
    throw corrupt('it does not decrypt', error)
  }
}

async function* bounded(source: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const piece of source) {
    size += piece.length
    if (size > maxBytes) throw tooLarge(maxBytes)
    yield piece
  }
}

/** Said of what the message announces and of what really comes. */
export function tooLarge(maxBytes: number): MediaFault {
  return new MediaFault('too_large', `The file is larger than this gateway keeps (${maxBytes} bytes).`)
}

/** As WhatsApp derives them: 112 bytes, of which the last 32 belong to thumbnails. */
function keysOf(mediaKey: Uint8Array, kind: Attachment['kind']) {
  const expanded = Buffer.from(hkdfSync('sha256', mediaKey, Buffer.alloc(0), `WhatsApp ${kind} Keys`, 112))
  return {
    iv: expanded.subarray(0, 16),
    cipherKey: expanded.subarray(16, 48),
    macKey: expanded.subarray(48, 80),
  }
}

/** A sender need not say every checksum; what it says must be true. */
function expectHash(actual: Buffer, expected: Uint8Array | null, what: string): void {
  if (expected && !actual.equals(expected)) throw corrupt(`${what} has another checksum`)
}

function corrupt(what: string, cause?: unknown): MediaFault {
  return new MediaFault('corrupt', `The file is not the one that was sent: ${what}.`, { cause })
}
