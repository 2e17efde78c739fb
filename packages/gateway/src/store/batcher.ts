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
  /** In one batch. Default 256. */
  maxItems?: number
  /** With so many waiting a second batch starts beside the one under way. Default 128. */
  enough?: number
  /** The least time between the starts of two batches, unless enough is waiting. Default 2 ms. */
  paceMs?: number
}

type Call<Item, Result> = {
  items: readonly Item[]
  resolve(results: Result[]): void
  reject(error: unknown): void
}

/** One is prepared while the other is written to disk; a third would only make all of them smaller. */
const maxInFlight = 2

/**
 * Joins what concurrent callers want into few round trips: a statement costs as much as some thirty rows of it. After a
 * pause a call runs at once; then a batch starts when the one before has ended and `paceMs` have passed since it began, or as
 * soon as enough is waiting (delivery.md, law 1: 64 to 256 rows or 2 ms).
 */
export function createBatcher<Item, Result>(options: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  const { run, isolate, maxItems = 256, paceMs = 2 } = options
  const enough = Math.min(options.enough ?? 128, maxItems)
  let queue: Call<Item, Result>[] = []
  let queued = 0
  let inFlight = 0
  let startedAt = Number.NEGATIVE_INFINITY
  let timed = false
  const waiting: (() => void)[] = []

  function schedule(): void {
    if (queue.length === 0) return
    if (queued >= enough && inFlight < maxInFlight) void runBatch()
    else if (inFlight === 0 && !timed) startSoon(startedAt + paceMs - performance.now())
  }

  function startSoon(ms: number): void {
    timed = true
    const start = () => {
      timed = false
      if (queue.length > 0 && inFlight === 0) void runBatch()
    }
    // Not at once: what else is asked for in this turn of the event loop comes along.
    if (ms <= 0) setImmediate(start)
    else setTimeout(start, ms)
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
    inFlight++
    startedAt = performance.now()
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
