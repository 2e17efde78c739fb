import type { proto } from 'baileys'
import { mimeTypeOf, sizeOf } from './file-facts.ts'
import { contentOf } from './read.ts'

/** What kind of file WhatsApp takes it for; its keys are derived from that. */
export type AttachmentKind = 'Image' | 'Video' | 'Audio' | 'Document'

/** The file of a message: where it lies, and how to open and check it. Holds its key: never to be logged or told. */
export type Attachment = {
  kind: AttachmentKind
  /** Path and query on WhatsApp's media host. */
  directPath: string
  /** Null where WhatsApp keeps files in the clear: channels. */
  mediaKey: Uint8Array | null
  fileSha256: Uint8Array | null
  fileEncSha256: Uint8Array | null
  /** Bytes of the decrypted file, as its sender says. */
  fileLength: number | null
  mimeType: string
  fileName: string | null
}

const kinds: Partial<Record<keyof proto.IMessage, AttachmentKind>> = {
  imageMessage: 'Image',
  stickerMessage: 'Image',
  videoMessage: 'Video',
  ptvMessage: 'Video',
  audioMessage: 'Audio',
  documentMessage: 'Document',
}

/** What the fields with files have in common. */
type FileFields = Partial<
  Pick<
    proto.Message.IDocumentMessage,
    | 'url'
    | 'directPath'
    | 'mediaKey'
    | 'fileSha256'
    | 'fileEncSha256'
    | 'fileLength'
    | 'mimetype'
    | 'fileName'
  >
>

/** The file of a message, or null when it has none that could be fetched. Pure. */
export function attachmentOf(message: proto.IMessage | null | undefined): Attachment | null {
  const [field, value] = contentOf(message) ?? []
  const kind = kinds[field as keyof proto.IMessage]
  if (!kind) return null
  const file = value as FileFields
  const directPath = file.directPath || pathOf(file.url)
  if (!directPath) return null
  return {
    kind,
    directPath,
    mediaKey: bytesOf(file.mediaKey),
    fileSha256: bytesOf(file.fileSha256),
    fileEncSha256: bytesOf(file.fileEncSha256),
    fileLength: sizeOf(file.fileLength) ?? null,
    mimeType: mimeTypeOf(file),
    fileName: file.fileName || null,
  }
}

/** Of a URL only the path counts: no message chooses from which host this gateway fetches. */
function pathOf(url: string | null | undefined): string | null {
  const parsed = url ? URL.parse(url) : null
  return parsed && parsed.pathname !== '/' ? `${parsed.pathname}${parsed.search}` : null
}

function bytesOf(value: Uint8Array | string | null | undefined): Uint8Array | null {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : value
  return bytes && bytes.length > 0 ? bytes : null
}
