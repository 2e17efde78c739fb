/** Work on one thing happens one after the other; work on different things at the same time. */
export type InTurn = {
  /** Resolves or rejects as `work` does, which begins when all earlier work on `key` has ended. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

export function createInTurn(): InTurn {
  const last = new Map<string, Promise<unknown>>()
  return {
    run(key, work) {
      const before = last.get(key)
      const mine = (before ? before.then(work, work) : work()).finally(() => {
        if (last.get(key) === mine) last.delete(key)
      })
      last.set(key, mine)
      return mine
    },
    idle: async () => void (await Promise.allSettled([...last.values()])),
  }
}
