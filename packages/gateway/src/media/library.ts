import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { KeptMedia, Media } from '../store/media.ts'
import type { Links } from './links.ts'
import type { ByteRange, FinishedFile, Shelf } from './shelf.ts'

/** A file of a message, before it is here. `id` is a UUID that the message decides. */
export type FileToKeep = {
  id: string
  sessionId: string
  mimeType: string
  fileName: string | null
}

/** A file that is here, and the link to it. */
export type KeptFile = { url: string; size: number; sha256: string; expiresAt: Date }

/** What a link leads to. */
export type FoundFile =
  | { kind: 'found'; file: KeptMedia; open(range?: ByteRange): Promise<Readable | null> }
  | { kind: 'forged' | 'expired' | 'missing' }

export type Library = {
  /** The file, if it is here already. */
  find(file: FileToKeep): Promise<KeptFile | null>
  /**
   * Takes the bytes as they come, never holding more than a piece of them in memory. What `source` throws is thrown, and
   * then nothing is kept. A file of this id that is here already is replaced.
   */
  keep(file: FileToKeep, source: AsyncIterable<Uint8Array>): Promise<KeptFile>
  /** The bytes of a file that is here; null when it is not. */
  open(id: string): Promise<Readable | null>
  /** For whoever comes with a link. */
  follow(link: { id: string; expires: string; signature: string }): Promise<FoundFile>
}

export type LibraryDeps = {
  rows: Pick<Media, 'announce' | 'keep' | 'find'>
  shelf: Shelf
  links: Links
  /** Where files are until they are whole, on the same disk as a shelf of files. */
  folder: string
  /** Where others reach the API, without a trailing slash; known once it listens. */
  base: Promise<string>
  /** How long files are kept: as long as the events that tell of them. */
  keptDays: number
  now: () => Date
}

const dayMs = 86_400_000
/** Longer than any download takes. What is younger may be another process's, on a folder that both see. */
const leftoverMs = 3_600_000

/** Opens the place for media. What an earlier process left half-finished is removed. */
export async function openLibrary(deps: LibraryDeps): Promise<Library> {
  const { rows, shelf, links, now } = deps
  const unfinished = join(deps.folder, 'unfinished')
  await mkdir(unfinished, { recursive: true, mode: 0o700 })
  await removeLeftovers(unfinished, now())

  /** In whole seconds, as links count: the event and the link say the same. */
  const expiry = () => new Date(Math.floor((now().getTime() + deps.keptDays * dayMs) / 1000) * 1000)

  async function linked(id: string, size: number, sha256: string, expiresAt: Date): Promise<KeptFile> {
    return { url: `${await deps.base}${links.sign(id, expiresAt)}`, size, sha256, expiresAt }
  }

  return {
    async find(file) {
      const known = await rows.find(file.id)
      return known && linked(file.id, known.size, known.sha256, known.expiresAt)
    },
    async keep(file, source) {
      const expiresAt = expiry()
      const path = join(unfinished, randomUUID())
      try {
        const finished = await write(path, source)
        await rows.announce({ ...file, expiresAt })
        await shelf.put(file.id, finished)
        if (!(await rows.keep(file.id, finished))) {
          await shelf.remove(file.id)
          throw new Error('the time of the file was over before it was here')
        }
        return await linked(file.id, finished.size, finished.sha256, expiresAt)
      } finally {
        await rm(path, { force: true })
      }
    },
    open: id => shelf.open(id),
    async follow(link) {
      const verdict = links.verify(link, now())
      if (verdict !== 'valid') return { kind: verdict }
      const file = await rows.find(link.id)
      return file ? { kind: 'found', file, open: range => shelf.open(file.id, range) } : { kind: 'missing' }
    },
  }
}

async function removeLeftovers(folder: string, now: Date): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const file = await stat(path).catch(() => null)
    if (file && now.getTime() - file.mtimeMs > leftoverMs) await rm(path, { force: true })
  }
}

async function write(path: string, source: AsyncIterable<Uint8Array>): Promise<FinishedFile> {
  const hash = createHash('sha256')
  let size = 0
  async function* counted() {
    for await (const piece of source) {
      hash.update(piece)
      size += piece.length
      yield piece
    }
  }
  // Open before anything is read: a source that fails at once would otherwise be cleaned up after before there is a file.
  const handle = await open(path, 'wx', 0o600)
  await pipeline(counted, handle.createWriteStream())
  return { path, size, sha256: hash.digest('hex') }
}
