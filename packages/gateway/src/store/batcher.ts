export type Batcher<Item, Result> = {
  /** The results of these items, in their order. The items of one call stay together in one batch. */
  add(items: readonly Item[]): Promise<Result[]>
  /** Resolves when nothing is queued or running. */
  idle(): Promise<void>
}

export type BatcherOptions<Item, Result> = {
  /** One round trip for all of them; results in the order of the items. */
  run(items: readonly Item[]): Promise<Result[]>
  /** Errors that may be the fault of one item: each caller's items are then run alone. */
  isolate(error: unknown): boolean
  maxItems?: number
  maxWaitMs?: number
  maxInFlight?: number
}

type Call<Item, Result> = {
  items: readonly Item[]
  resolve(results: Result[]): void
  reject(error: unknown): void
}

/**
 * Joins what concurrent callers want into few round trips. With nothing under way a call runs at once; otherwise
 * a batch closes at 256 items or after 2 ms (delivery.md, law 1), and two may be under way, so that one is
 * prepared while the other is written to disk.
 */
export function createBatcher<Item, Result>(options: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  const { run, isolate, maxItems = 256, maxWaitMs = 2, maxInFlight = 2 } = options
  let queue: Call<Item, Result>[] = []
  let queued = 0
  let inFlight = 0
  let due = false
  let timed = false
  const waiting: (() => void)[] = []

  function schedule(): void {
    if (queue.length === 0 || inFlight >= maxInFlight) return
    if (due || queued >= maxItems) void runBatch()
    else if (!timed) closeSoon()
  }

  function closeSoon(): void {
    timed = true
    const close = () => {
      timed = false
      due = queue.length > 0
      schedule()
    }
    if (inFlight === 0) setImmediate(close)
    else setTimeout(close, maxWaitMs)
  }

  /** Calls from the front of the queue until the batch is full. */
  function take(): Call<Item, Result>[] {
    let count = 0
    let size = 0
    for (const call of queue) {
      if (count > 0 && size + call.items.length > maxItems) break
      size += call.items.length
      count++
    }
    queued -= size
    const taken = queue.slice(0, count)
    queue = queue.slice(count)
    return taken
  }

  async function runBatch(): Promise<void> {
    due = false
    inFlight++
    const calls = take()
    schedule()
    await settle(calls)
    inFlight--
    schedule()
    if (inFlight === 0 && queue.length === 0) for (const done of waiting.splice(0)) done()
  }

  async function settle(calls: Call<Item, Result>[]): Promise<void> {
    try {
      const results = await run(calls.flatMap(call => call.items))
      let from = 0
      for (const call of calls) {
        call.resolve(results.slice(from, from + call.items.length))
        from += call.items.length
      }
    } catch (error) {
      if (calls.length > 1 && isolate(error)) for (const call of calls) await settle([call])
      else for (const call of calls) call.reject(error)
    }
  }

  return {
    add(items) {
      if (items.length === 0) return Promise.resolve([])
      return new Promise((resolve, reject) => {
        queue.push({ items, resolve, reject })
        queued += items.length
        schedule()
      })
    },
    idle() {
      if (inFlight === 0 && queue.length === 0) return Promise.resolve()
      return new Promise(resolve => waiting.push(resolve))
    },
  }
}
