import type { Readable } from 'node:stream'

/** Bytes of a file, counted from 0, both ends included. */
export type ByteRange = { start: number; end: number }

/** A finished file on this machine. `sha256` in hex. */
export type FinishedFile = { path: string; size: number; sha256: string }

/** Where the bytes of media lie, under names that are UUIDs. Every kind of shelf keeps the laws of shelf.test.ts. */
export type Shelf = {
  /** Takes a file whole or not at all, in place of what lay there under this name. The file at `path` may be gone afterwards. */
  put(name: string, file: FinishedFile): Promise<void>
  /** Null when nothing lies there. `range` must be within the file. */
  open(name: string, range?: ByteRange): Promise<Readable | null>
  /** Removing what is not there is no failure. */
  remove(name: string): Promise<void>
}
