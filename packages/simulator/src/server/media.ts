import { type BinaryNode, normalizeMessageContent, proto } from 'baileys'
import { type MediaKind, openMedia, sealMedia, sealRetry } from '../wire/media.ts'
import { child, node, seconds } from '../wire/nodes.ts'
import type { Companion } from './companion.ts'
import type { MediaHost } from './media-host.ts'
import type { Network } from './network.ts'
import { stanzaKey } from './outbox.ts'

/** A file somebody sends, and what they say about it. Lengths in seconds, sizes in pixels. */
export type MediaToSend =
  | {
      image: Buffer
      mimeType?: string
      caption?: string
      viewOnce?: boolean
      width?: number
      height?: number
    }
  | {
      video: Buffer
      mimeType?: string
      caption?: string
      viewOnce?: boolean
      seconds?: number
      width?: number
      height?: number
      /** Silent, and played again and again. */
      gif?: boolean
    }
  | { audio: Buffer; mimeType?: string; seconds?: number }
  | { voice: Buffer; mimeType?: string; seconds?: number; viewOnce?: boolean }
  | { document: Buffer; mimeType?: string; fileName?: string; caption?: string }
  | { sticker: Buffer; mimeType?: string; animated?: boolean }

const { ResultType } = proto.MediaRetryNotification

/** Encrypts and uploads a file, and writes the message that goes with it. */
export async function mediaMessage(host: MediaHost, media: MediaToSend): Promise<proto.IMessage> {
  if ('image' in media) {
    const { image, mimeType, viewOnce, ...facts } = media
    const imageMessage = { ...(await stored(host, image, 'image', mimeType ?? 'image/jpeg')), ...facts }
    return viewOnce ? onlyOnce({ imageMessage: { ...imageMessage, viewOnce } }) : { imageMessage }
  }
  if ('video' in media) {
    const { video, mimeType, viewOnce, gif, ...facts } = media
    const file = await stored(host, video, 'video', mimeType ?? 'video/mp4')
    const videoMessage = { ...file, ...facts, ...(gif && { gifPlayback: true }) }
    return viewOnce ? onlyOnce({ videoMessage: { ...videoMessage, viewOnce } }) : { videoMessage }
  }
  if ('audio' in media) {
    const { audio, mimeType, seconds } = media
    return { audioMessage: { ...(await stored(host, audio, 'audio', mimeType ?? 'audio/mpeg')), seconds } }
  }
  if ('voice' in media) {
    const { voice, mimeType, seconds, viewOnce } = media
    const file = await stored(host, voice, 'audio', mimeType ?? 'audio/ogg; codecs=opus')
    const audioMessage = { ...file, seconds, ptt: true }
    return viewOnce ? onlyOnce({ audioMessage: { ...audioMessage, viewOnce } }) : { audioMessage }
  }
  if ('document' in media) {
    const { document, mimeType, fileName, caption } = media
    const file = await stored(host, document, 'document', mimeType ?? 'application/octet-stream')
    const documentMessage = { ...file, fileName, title: fileName, caption }
    // A caption makes clients wrap the document: those that do not know the wrapper show no half of it.
    return caption === undefined
      ? { documentMessage }
      : { documentWithCaptionMessage: { message: { documentMessage } } }
  }
  const { sticker, mimeType, animated } = media
  const file = await stored(host, sticker, 'sticker', mimeType ?? 'image/webp')
  return { stickerMessage: { ...file, isAnimated: animated } }
}

function onlyOnce(message: proto.IMessage): proto.IMessage {
  return { viewOnceMessageV2: { message } }
}

/** As phones do it: only the direct path counts, and the host is the reader's to know. */
async function stored(host: MediaHost, file: Buffer, kind: MediaKind, mimetype: string) {
  const { ciphertext, ...told } = await sealMedia(file, kind)
  const directPath = host.put(ciphertext)
  const mediaKeyTimestamp = Number(seconds())
  return { ...told, mimetype, directPath, mediaKeyTimestamp, url: `https://mmg.whatsapp.net${directPath}` }
}

/** The file of a message, decrypted; undefined when the message has none. Throws when it does not open. */
export async function fileOf(host: MediaHost, message: proto.IMessage): Promise<Buffer | undefined> {
  const found = attachmentOf(message)
  const ciphertext = host.get(found?.content.directPath ?? '')
  if (!found || !ciphertext) return undefined
  const { mediaKey, fileSha256 } = found.content
  return openMedia(ciphertext, found.kind, {
    mediaKey: mediaKey ?? new Uint8Array(),
    fileSha256: fileSha256 ?? new Uint8Array(),
  })
}

type Attachment = { mediaKey?: Uint8Array | null; fileSha256?: Uint8Array | null; directPath?: string | null }

function attachmentOf(message: proto.IMessage): { kind: MediaKind; content: Attachment } | undefined {
  const inner = normalizeMessageContent(message) ?? {}
  const kinds: [MediaKind, Attachment | null | undefined][] = [
    ['image', inner.imageMessage],
    ['video', inner.videoMessage ?? inner.ptvMessage],
    ['audio', inner.audioMessage],
    ['document', inner.documentMessage],
    ['sticker', inner.stickerMessage],
  ]
  for (const [kind, content] of kinds) if (content) return { kind, content }
  return undefined
}

/** Where clients upload, and for how long they may. */
export function answerMediaConn(network: Network): BinaryNode[] {
  const host = node('host', {
    hostname: network.mediaHostname,
    maxContentLengthBytes: String(128 * 1024 * 1024),
  })
  return [node('media_conn', { auth: 'simulated', ttl: '3600', auth_ttl: '3600' }, [host])]
}

/**
 * A client could not download the file of a message: its account's phone uploads it again and tells where.
 * A phone that is away is asked when it comes back.
 */
export function handleMediaRetry(network: Network, device: Companion, stanza: BinaryNode): void {
  const rmr = child(stanza, 'rmr')
  if (!rmr) return
  const { account } = device
  const answer = () => answerMediaRetry(network, device, stanza.attrs.id ?? '', rmr)
  if (account.answersResends) void answer()
  else account.resendRequests.push(answer)
}

async function answerMediaRetry(network: Network, device: Companion, id: string, rmr: BinaryNode) {
  const sent = network.accounts().flatMap(account => account.sent.get(id) ?? [])[0]
  const content = sent && attachmentOf(sent.message)?.content
  const ciphertext = network.media.get(content?.directPath ?? '')
  const mediaKey = content?.mediaKey
  const attrs = { from: rmr.attrs.jid, type: 'mediaretry', id, t: seconds() }
  // Without the message the phone has no key to answer with, and says so openly.
  const answer = mediaKey
    ? sealedAnswer(id, mediaKey, ciphertext && network.media.put(ciphertext))
    : node('error', { code: '2' })
  const notification = node('notification', attrs, [answer, node('rmr', rmr.attrs)])
  await device.outbox.push(stanzaKey('notification', notification.attrs), () => notification)
}

function sealedAnswer(stanzaId: string, mediaKey: Uint8Array, directPath: string | undefined): BinaryNode {
  const result = directPath === undefined ? ResultType.NOT_FOUND : ResultType.SUCCESS
  const notification = proto.MediaRetryNotification.encode({ stanzaId, directPath, result }).finish()
  const { iv, sealed } = sealRetry(mediaKey, stanzaId, notification)
  return node('encrypt', {}, [node('enc_p', {}, sealed), node('enc_iv', {}, iv)])
}
