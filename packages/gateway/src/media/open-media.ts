import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Media } from '../store/media.ts'
import { createFileShelf } from './file-shelf.ts'
import { type Library, openLibrary } from './library.ts'
import { createLinks } from './links.ts'
import { createS3Shelf, type S3Place } from './s3-shelf.ts'
import { startSweeper } from './sweeper.ts'

export type MediaRoomOptions = {
  rows: Media
  /** `DATA_DIR/media`: the files themselves, and with a bucket only those that are not whole yet. */
  folder: string
  bucket: S3Place | null
  keys: { encryptionKey: Buffer; oldEncryptionKeys?: readonly Buffer[] }
  /** Where others reach the API, without a trailing slash; known once it listens. */
  base: Promise<string>
  keptDays: number
  log: Logger
}

/** Opens the place for media, and begins to remove what is past its time. */
export async function openMedia(options: MediaRoomOptions): Promise<Library & { stop(): Promise<void> }> {
  const { rows, folder, bucket, keys, base, keptDays, log } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const shelf = bucket ? createS3Shelf(bucket) : createFileShelf(join(folder, 'files'))
  const library = await openLibrary({
    rows,
    shelf,
    links: createLinks(keys),
    folder,
    base,
    keptDays,
    now: () => new Date(),
  })
  const sweeper = startSweeper({ rows, shelf, log })
  return { ...library, stop: sweeper.stop }
}
