import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Media } from '../store/media.ts'
import { createFileShelf } from './file-shelf.ts'
import { type Library, openLibrary } from './library.ts'
import { createLinks } from './links.ts'

export const testBase = 'https://waxwing.example.com'

/** A library of files in a folder of its own, removed when the test ends. */
export async function testLibrary(
  t: TestContext,
  rows: Pick<Media, 'announce' | 'keep' | 'find'>,
  { base = testBase, now = () => new Date() } = {},
): Promise<Library & { folder: string /** Names of all files, kept or not. */; files(): Promise<string[]> }> {
  const folder = await mkdtemp(join(tmpdir(), 'waxwing-media-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const library = await openLibrary({
    rows,
    shelf: createFileShelf(folder),
    links: createLinks({ encryptionKey: randomBytes(32) }),
    folder,
    base: Promise.resolve(base),
    keptDays: 14,
    now,
  })
  return {
    ...library,
    folder,
    files: async () =>
      (await readdir(folder, { recursive: true, withFileTypes: true }))
        .filter(entry => entry.isFile())
        .map(entry => entry.name),
  }
}

/** Fetches what a link leads to. */
export async function readLink(library: Library, link: string): Promise<Buffer> {
  const url = new URL(link)
  const found = await library.follow({
    id: url.pathname.split('/').at(-1) ?? '',
    expires: url.searchParams.get('expires') ?? '',
    signature: url.searchParams.get('signature') ?? '',
  })
  if (found.kind !== 'found') throw new Error(`the link is ${found.kind}`)
  const stream = await found.open()
  if (!stream) throw new Error('the file is not there')
  return Buffer.concat(await stream.toArray())
}
