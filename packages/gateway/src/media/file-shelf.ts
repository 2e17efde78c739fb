import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Shelf } from './shelf.ts'

/** A UUID and nothing else: no name can lead out of the folder. */
const safeName = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Files below a folder of this machine, in 256 folders by the first two digits of their name. Only the gateway's own user
 * can read them. The folder the finished files come from must be on the same disk.
 */
export function createFileShelf(folder: string): Shelf {
  const placeOf = (name: string) => {
    if (!safeName.test(name)) throw new TypeError('media are named by UUIDs')
    return { folder: join(folder, name.slice(0, 2)), path: join(folder, name.slice(0, 2), name) }
  }
  return {
    async put(name, file) {
      const place = placeOf(name)
      await mkdir(place.folder, { recursive: true, mode: 0o700 })
      // On the disk before it is told of: a power cut must not leave half a file under a whole file's name.
      const handle = await open(file.path, 'r+')
      await handle.sync().finally(() => handle.close())
      await rename(file.path, place.path)
    },
    async open(name, range) {
      try {
        const handle = await open(placeOf(name).path, 'r')
        return handle.createReadStream(range)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    },
    async remove(name) {
      await rm(placeOf(name).path, { force: true })
    },
  }
}
