import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { proto, type WAMessage, type WAMessageKey } from 'baileys'
import type { Logger } from 'pino'
import { type Attachment, attachmentOf } from '../message/attachment.ts'
import type { Media } from '../message/media.ts'
import { TimedOut, within } from '../persistence.ts'
import { wireKey } from '../translate/key.ts'
import { type DownloadLimits, download } from './download.ts'
import { MediaFault } from './fault.ts'
import type { Slots } from './slots.ts'

/** A file of a message, as it is kept. `id` is a UUID that the message decides. */
export type FileToKeep = { id: string; sessionId: string; mimeType: string; fileName: string | null }
export type KeptFile = { url: string; size: number; sha256: string; expiresAt: Date }

/** Where checked files go, outside of this room. */
export type MediaKeeper = {
  find(file: FileToKeep): Promise<KeptFile | null>
  /** Rejects with what the stream ends with, and keeps nothing then. */
  keep(file: FileToKeep, source: AsyncIterable<Uint8Array>): Promise<KeptFile>
  /** The bytes of a file that is kept; null when it is not. */
  open(id: string): Promise<Readable | null>
}

/** What became of the file of a message: where it is, or why it is not. */
export type FetchedMedia = Pick<Media, 'url' | 'size' | 'sha256' | 'expiresAt' | 'error'>
export type FetchedOf = (key: WAMessageKey) => FetchedMedia | undefined

/** Asks the phones for a file that WhatsApp has forgotten. Resolves with the message and its new direct path. */
export type AskAgain = (message: WAMessage) => Promise<WAMessage>

export type MediaOptions = {
  /** The largest file that is kept, in bytes. Default 100 MiB. */
  maxBytes?: number
  /** How long the event about a message waits for its file. Default 20 s. */
  patienceMs?: number
  /** How long the media host may be silent. Default 15 s. */
  idleMs?: number
  /** How long one download may take. Default 10 minutes. */
  totalMs?: number
  /** Pauses before the next attempt at a download that broke. Default 1 s, then 4 s. */
  pausesMs?: readonly number[]
  /** How long to wait before asking again when the connection was lost meanwhile. Default 5 s. */
  askPauseMs?: number
  /** How long a phone may take to upload a file again. Default one hour. */
  reuploadMs?: number
}

export type FilesDeps = {
  sessionId: string
  /** Where WhatsApp's media host is: scheme, host and port. */
  origin: string
  keeper: MediaKeeper
  askAgain: AskAgain
  /** Downloads at the same time, of one session. */
  slots: Slots
  options: MediaOptions
  log: Logger
}

/** Fetches the files that come with the messages of one session. */
export type Files = {
  /** Those of these messages that have a file to be fetched. */
  wanted(messages: readonly WAMessage[]): WAMessage[]
  /** Resolves after `patienceMs` at the latest, with what is known by then. Never rejects. */
  fetch(messages: readonly WAMessage[], patience: 'patient' | 'at once'): Promise<Fetched>
  /** The message that will be sent under this id has a file that is here already, and is told with that. */
  adopt(messageId: string, file: Omit<FileToKeep, 'sessionId'>): Promise<void>
  /** Nobody waits any longer: what is being fetched is told as late. */
  hurry(): void
  /** Gives up what is under way. Nothing is to be told after this. */
  close(): void
}

/** `late`: files that were not here in time. Null for one that never came. */
export type Fetched = { of: FetchedOf; late: { message: WAMessage; media: Promise<FetchedMedia | null> }[] }

/** Where a fetch stands, for whoever does not want to wait for its end. */
type Fetch = { asking: boolean; done: Promise<FetchedMedia> }

export function createFiles(deps: FilesDeps): Files {
  const { options, keeper, log } = deps
  const limits: DownloadLimits = {
    maxBytes: options.maxBytes ?? 100 * 1024 * 1024,
    idleMs: options.idleMs ?? 15_000,
    totalMs: options.totalMs ?? 600_000,
  }
  const patienceMs = options.patienceMs ?? 20_000
  const pausesMs = options.pausesMs ?? [1_000, 4_000]
  const reuploadMs = options.reuploadMs ?? 3_600_000
  const askPauseMs = options.askPauseMs ?? 5_000
  const closed = new AbortController()
  const hurried = Promise.withResolvers<never>()
  hurried.promise.catch(() => {})
  /** Rejects when all is given up: what asks phones cannot be stopped. */
  const given = Promise.withResolvers<never>()
  given.promise.catch(() => {})
  /** By the id of the file: a message that is told again waits for the same download. */
  const underWay = new Map<string, Fetch>()
  /** By the id of the message. */
  const adopted = new Map<string, FetchedMedia>()
  const isAdopted = ({ key }: WAMessage) => key.fromMe === true && adopted.has(key.id ?? '')

  function begin(message: WAMessage, attachment: Attachment): Fetch {
    const id = mediaId(deps.sessionId, message.key)
    const own = isAdopted(message) ? adopted.get(message.key.id ?? '') : undefined
    if (own) return { asking: false, done: Promise.resolve(own) }
    const known = underWay.get(id)
    if (known) return known
    const file = {
      id,
      sessionId: deps.sessionId,
      mimeType: attachment.mimeType,
      fileName: attachment.fileName,
    }
    const fetch: Fetch = { asking: false, done: Promise.resolve({ error: stillComing }) }
    const since = performance.now()
    fetch.done = whole(message, attachment, file, fetch)
      .then(kept => ({ ...kept, expiresAt: kept.expiresAt.toISOString() }))
      .catch(error => ({ error: told(error) }))
      .then((media: FetchedMedia) => {
        const { size, error } = media
        const facts = { messageId: message.key.id, kind: attachment.kind, size, fault: error?.code }
        log.info(
          { ...facts, asked: fetch.asking, ms: Math.round(performance.now() - since) },
          'file of a message',
        )
        return media
      })
      .finally(() => underWay.delete(id))
    underWay.set(id, fetch)
    return fetch
  }

  /** From the media host, and if it has forgotten the file, once more after the phone has uploaded it again. */
  async function whole(
    message: WAMessage,
    attachment: Attachment,
    file: FileToKeep,
    fetch: Fetch,
  ): Promise<KeptFile> {
    const known = await keeper.find(file)
    if (known) return known
    try {
      return await persistently(attachment, file)
    } catch (error) {
      if (!(error instanceof MediaFault && error.code === 'gone') || !attachment.mediaKey) throw error
      fetch.asking = true
      const again = attachmentOf(await uploadedAgain(message, error))
      if (!again || again.directPath === attachment.directPath) throw error
      return await persistently({ ...attachment, directPath: again.directPath }, file)
    }
  }

  /** A phone may be away for a while, and so may the connection: asked until it says no, or too much time has passed. */
  async function uploadedAgain(message: WAMessage, gone: MediaFault): Promise<WAMessage['message']> {
    const end = performance.now() + reuploadMs
    for (;;) {
      try {
        // Baileys writes the new path into the message it is given, so it gets a copy.
        const copy = { ...message, message: copyOf(message.message) }
        const answer = Promise.race([deps.askAgain(copy), given.promise])
        return (await within(answer, end - performance.now())).message
      } catch (error) {
        if (closed.signal.aborted || error instanceof TimedOut || isRefusal(error)) {
          log.info({ err: error, messageId: message.key.id }, 'no phone has uploaded a file again')
          throw gone
        }
        await sleep(askPauseMs, undefined, { signal: closed.signal, ref: false })
      }
    }
  }

  /** A way that broke is tried again; so is a file that is not what it should be, once. */
  async function persistently(attachment: Attachment, file: FileToKeep): Promise<KeptFile> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await deps.slots.run(() => once(attachment, file))
      } catch (error) {
        const pause = pausesMs[attempt]
        if (closed.signal.aborted || pause === undefined || !isWorthAnother(error, attempt)) throw error
        await sleep(pause, undefined, { signal: closed.signal, ref: false })
      }
    }
  }

  function once(attachment: Attachment, file: FileToKeep): Promise<KeptFile> {
    closed.signal.throwIfAborted()
    return download({
      origin: deps.origin,
      attachment,
      limits,
      signal: closed.signal,
      keep: pieces => keeper.keep(file, pieces),
    })
  }

  function told(error: unknown): NonNullable<FetchedMedia['error']> {
    if (closed.signal.aborted) return stillComing
    if (error instanceof MediaFault) return { code: error.code, detail: error.message }
    log.error({ err: error }, 'a file could not be kept')
    return { code: 'storage', detail: 'The file could not be stored; the log of the gateway says why.' }
  }

  /** Null: not in time. */
  async function inTime({ done }: Fetch, ms: number): Promise<FetchedMedia | null> {
    try {
      return await within(Promise.race([done, hurried.promise]), ms)
    } catch (error) {
      if (error instanceof TimedOut) return null
      throw error
    }
  }

  return {
    wanted: messages =>
      messages.filter(message => (!isEcho(message) || isAdopted(message)) && attachmentOf(message.message)),
    async adopt(messageId, file) {
      const kept = await keeper.find({ ...file, sessionId: deps.sessionId })
      if (!kept) return
      adopted.set(messageId, { ...kept, expiresAt: kept.expiresAt.toISOString() })
      setTimeout(() => adopted.delete(messageId), adoptedMs).unref()
    },
    async fetch(messages, patience) {
      const here = new Map<string, FetchedMedia>()
      const late: Fetched['late'] = []
      await Promise.all(
        messages.map(async message => {
          const attachment = attachmentOf(message.message)
          if (!attachment) return
          const fetch = begin(message, attachment)
          const media = await inTime(fetch, patience === 'patient' ? patienceMs : 0)
          if (!media) late.push({ message, media: fetch.done.then(came => (came.url ? came : null)) })
          here.set(mediaId(deps.sessionId, message.key), media ?? { error: stateOf(fetch) })
        }),
      )
      return { of: key => here.get(mediaId(deps.sessionId, key)), late }
    },
    hurry: () => hurried.reject(new TimedOut('nobody waits any longer')),
    close() {
      closed.abort()
      given.reject(new Error('nobody waits any more'))
    },
  }
}

/** Longer than it takes to send a message and to tell of it. */
const adoptedMs = 300_000

const stateOf = ({ asking }: Fetch) => (asking ? stillAsking : stillComing)

const stillAsking = {
  code: 'gone',
  detail: 'The file is no longer on WhatsApp’s servers. A re-upload has been asked for.',
} as const
const stillComing = {
  code: 'timeout',
  detail: 'The file is not here yet. It is still being fetched.',
} as const

/** A plain clone would lose what makes 64-bit numbers numbers. */
function copyOf(message: WAMessage['message']): proto.IMessage {
  return proto.Message.decode(proto.Message.encode(message ?? {}).finish())
}

/** The phone has not got the file either (404), or cannot open or explain the request (412, 418): Baileys' words for it. */
function isRefusal(error: unknown): boolean {
  const { output } = error as { output?: { statusCode?: number } }
  return [404, 412, 418].includes(output?.statusCode ?? 0)
}

/** A file that is too large, gone or nowhere to be put stays so. */
function isWorthAnother(error: unknown, attempt: number): boolean {
  if (!(error instanceof MediaFault)) return false
  return error.code === 'network' || error.code === 'timeout' || (error.code === 'corrupt' && attempt === 0)
}

/** What this gateway has sent itself it need not fetch. (1 is PENDING: on its way to the server.) */
function isEcho({ key, status }: Pick<WAMessage, 'key' | 'status'>): boolean {
  return key.fromMe === true && status === 1
}

/** The same for the same message, whenever and by whomever it is told. A UUID of version 8: our own digest. */
export function mediaId(sessionId: string, key: WAMessageKey): string {
  const hex = createHash('sha256')
    .update(JSON.stringify(['media', sessionId, ...wireKey(key)]))
    .digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
