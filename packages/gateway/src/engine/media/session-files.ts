import type { WAMessage } from 'baileys'
import type { Logger } from 'pino'
import type { LiveSocket } from '../connect.ts'
import type { Network } from '../engine.ts'
import { createFiles, type Files, type MediaKeeper, type MediaOptions } from './files.ts'
import { createSlots } from './slots.ts'

/** What an engine needs to fetch files: where they go, and its bounds. */
export type Media = { keeper: MediaKeeper; options?: MediaOptions }

/** Downloads at a time of one session. Four keep a line busy; more would only make each of them late. */
const atOnce = 4
/** Serves every direct path, whichever of its hosts a message names. */
const whatsappMedia = 'https://mmg.whatsapp.net'

/** The files of one session, from the media host of its network, over the socket it has at the time. */
export function sessionFiles(a: {
  sessionId: string
  media: Media
  network: Network
  socket: () => LiveSocket | null
  log: Logger
}): Files {
  const askAgain = async (message: WAMessage) => {
    const live = a.socket()
    if (!live || live.ended) throw new Error('not connected')
    return live.use(baileys => baileys.updateMediaMessage(message))
  }
  const { keeper, options = {} } = a.media
  return createFiles({
    sessionId: a.sessionId,
    origin: mediaOrigin(a.network),
    keeper,
    askAgain,
    slots: createSlots(atOnce),
    options,
    log: a.log,
  })
}

/** A network of somebody else's has its media host where its WebSocket is. */
function mediaOrigin({ url }: Network): string {
  return url === undefined ? whatsappMedia : new URL(url.replace(/^ws/, 'http')).origin
}
