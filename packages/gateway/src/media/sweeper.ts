import type { Logger } from 'pino'
import type { Media } from '../store/media.ts'
import type { Shelf } from './shelf.ts'

export type SweeperDeps = {
  rows: Pick<Media, 'expired' | 'forget'>
  shelf: Pick<Shelf, 'remove'>
  log: Logger
  /** How often to look. Default: every ten minutes, the first time after one. */
  everyMs?: number
  firstMs?: number
}

/** Files of one look at the database. */
const batchSize = 200

/** Removes what is past its time, or was of a session that is gone: first the bytes, then the row that knows of them. */
export function startSweeper(deps: SweeperDeps): { stop(): Promise<void> } {
  const { everyMs = 600_000, firstMs = 60_000 } = deps
  let stopped = false
  let running = Promise.resolve()
  let timer = setTimeout(look, firstMs).unref()

  function look(): void {
    running = sweep()
      .catch(error => deps.log.warn({ err: error }, 'old media could not be removed; it is tried again'))
      .then(() => {
        if (!stopped) timer = setTimeout(look, everyMs).unref()
      })
  }

  async function sweep(): Promise<void> {
    let removed = 0
    for (let ids = await deps.rows.expired(batchSize); ids.length > 0 && !stopped; ) {
      for (const id of ids) await deps.shelf.remove(id)
      await deps.rows.forget(ids)
      removed += ids.length
      ids = await deps.rows.expired(batchSize)
    }
    if (removed > 0) deps.log.info({ removed }, 'media past their time were removed')
  }

  return {
    stop() {
      stopped = true
      clearTimeout(timer)
      return running
    },
  }
}
