import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { getMediaKeys } from 'baileys'

/** What a file is to WhatsApp: its keys depend on it. A sticker is an image, a voice note audio, a GIF a video. */
export type MediaKind = 'image' | 'video' | 'audio' | 'document' | 'sticker'

/** A file as it lies on the media host, and what the message must say for its reader to open it. */
export type SealedMedia = {
  /** AES-256-CBC, with ten bytes of an HMAC behind it. */
  ciphertext: Buffer
  mediaKey: Buffer
  fileSha256: Buffer
  fileEncSha256: Buffer
  /** Bytes before encryption. */
  fileLength: number
}

/** How much of the HMAC travels with the file. */
const MAC_BYTES = 10

/** Encrypts a file under a fresh key, as the sender's phone does. */
export async function sealMedia(file: Buffer, kind: MediaKind): Promise<SealedMedia> {
  const mediaKey = randomBytes(32)
  const { iv, cipherKey, macKey } = await keysOf(mediaKey, kind)
  const cipher = createCipheriv('aes-256-cbc', cipherKey, iv)
  const body = Buffer.concat([cipher.update(file), cipher.final()])
  const ciphertext = Buffer.concat([body, macOf(macKey, iv, body)])
  return {
    ciphertext,
    mediaKey,
    fileSha256: sha256(file),
    fileEncSha256: sha256(ciphertext),
    fileLength: file.length,
  }
}

/** Decrypts a file; throws when its MAC or its checksum is another. */
export async function openMedia(
  ciphertext: Buffer,
  kind: MediaKind,
  told: { mediaKey: Uint8Array; fileSha256: Uint8Array },
): Promise<Buffer> {
  const { iv, cipherKey, macKey } = await keysOf(Buffer.from(told.mediaKey), kind)
  const body = ciphertext.subarray(0, -MAC_BYTES)
  if (!macOf(macKey, iv, body).equals(ciphertext.subarray(-MAC_BYTES))) throw new Error('the MAC is another')
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
  const file = Buffer.concat([decipher.update(body), decipher.final()])
  if (!sha256(file).equals(told.fileSha256)) throw new Error('the checksum is another')
  return file
}

/** The phone's answer to a request for a file again, for whoever has the file's key. */
export function sealRetry(mediaKey: Uint8Array, messageId: string, notification: Uint8Array) {
  const key = hkdfSync('sha256', mediaKey, Buffer.alloc(0), 'WhatsApp Media Retry Notification', 32)
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key), iv).setAAD(Buffer.from(messageId))
  const sealed = Buffer.concat([cipher.update(notification), cipher.final(), cipher.getAuthTag()])
  return { iv, sealed }
}

/** Baileys' own derivation: what the gateway derives by itself is thereby held against it. */
async function keysOf(mediaKey: Buffer, kind: MediaKind) {
  const keys = await getMediaKeys(mediaKey, kind)
  if (!keys.macKey) throw new Error('this release of Baileys derives no MAC key')
  return {
    iv: Buffer.from(keys.iv),
    cipherKey: Buffer.from(keys.cipherKey),
    macKey: Buffer.from(keys.macKey),
  }
}

function macOf(macKey: Buffer, iv: Buffer, body: Buffer): Buffer {
  return createHmac('sha256', macKey).update(iv).update(body).digest().subarray(0, MAC_BYTES)
}

function sha256(of: Buffer): Buffer {
  return createHash('sha256').update(of).digest()
}
