import { Agent } from 'node:https'
import { connect } from 'node:net'
import type { Readable } from 'node:stream'
import type { AnyMessageContent } from 'baileys'
import type { MessageContent } from '../../stream/message-content.ts'
import type { Network } from '../engine.ts'

/** The bytes of a file that is kept; null when it is not. */
export type OpenFile = (id: string) => Promise<Readable | null>

/** The file to send was removed between the request and its turn. */
export class FileGone extends Error {
  override name = 'FileGone'
}

type FileContent = Extract<MessageContent, { file: object }>

/** A preview would be made by whatever image library lies around, and of films by a program: clients make their own. */
const noPreview = { jpegThumbnail: '' }

/** A message with a file, as Baileys wants it. Throws FileGone. */
export async function withFileToSend(content: FileContent, open: OpenFile): Promise<AnyMessageContent> {
  const { file, caption } = content
  const stream = await open(file.id)
  if (!stream) throw new FileGone('The file to send is not here any more.')
  // A stream, never an address: Baileys would fetch it, or read it from the disk of this machine.
  const media = { stream }
  const common = { mimetype: file.mimeType, ...(caption !== undefined && { caption }) }
  switch (content.type) {
    case 'image':
      return { image: media, ...common, ...noPreview }
    case 'video':
      return { video: media, ...common, ...noPreview }
    case 'audio':
      return { audio: media, ...common }
    case 'voice':
      return { audio: media, ...common, ptt: true }
    case 'document':
      return { document: media, ...common, fileName: file.fileName ?? 'file' }
    case 'sticker':
      return { sticker: media, ...common }
  }
}

/** Baileys uploads to https:// whatever the network says. One that is reached without TLS gets its uploads without, too. */
export function uploadAgent({ url }: Network): Agent | undefined {
  if (url === undefined || new URL(url).protocol !== 'ws:') return undefined
  const agent = new Agent()
  agent.createConnection = options => connect(options as { port: number; host: string })
  return agent
}
