import { createBell } from './bell.ts'

/** A bounded list that keeps the newest and can be waited on. */
export type Ledger<T> = {
  /** Oldest first. A snapshot: it does not grow. */
  readonly all: readonly T[]
  add(item: T): void
  /** Called with every item from now on; returns the function that stops it. */
  listen(handler: (item: T) => void): () => void
  /** The first item, already here or yet to come, that matches; rejects after `timeoutMs`. */
  wait(match: (item: T) => boolean, o: { timeoutMs: number; what: () => string }): Promise<T>
}

export function createLedger<T>(limit: number): Ledger<T> {
  const items: T[] = []
  const bell = createBell()
  const listeners = new Set<(item: T) => void>()
  return {
    get all() {
      return [...items]
    },
    add(item) {
      items.push(item)
      if (items.length > limit) items.shift()
      bell.ring()
      for (const handler of [...listeners]) handler(item)
    },
    listen(handler) {
      listeners.add(handler)
      return () => void listeners.delete(handler)
    },
    wait: (match, o) => bell.until(() => items.find(match), o),
  }
}
