/** Wakes whoever waits for something to become true. */
export type Bell = {
  /** Say it after every change that a waiter may be looking for. */
  ring(): void
  /**
   * The first thing `look` returns that is not undefined, looked for now and at every ring.
   * Rejects after `timeoutMs` with "waited … for <what>".
   */
  until<T>(look: () => T | undefined, o: { timeoutMs: number; what: () => string }): Promise<T>
}

export function createBell(): Bell {
  const waiters = new Set<() => void>()
  return {
    ring() {
      for (const check of [...waiters]) check()
    },
    until(look, { timeoutMs, what }) {
      return new Promise((resolve, reject) => {
        const done = () => {
          clearTimeout(timer)
          waiters.delete(check)
        }
        const check = () => {
          const found = look()
          if (found === undefined) return
          done()
          resolve(found)
        }
        const timer = setTimeout(() => {
          done()
          reject(new Error(`waited ${timeoutMs} ms for ${what()}`))
        }, timeoutMs)
        waiters.add(check)
        check()
      })
    },
  }
}
