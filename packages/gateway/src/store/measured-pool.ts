import pg from 'pg'

/** Connections there are, idle ones, callers that wait for one; and since the start, how often and how long was waited. */
export type PoolStats = {
  size: number
  total: number
  idle: number
  waiting: number
  acquired: number
  waitedMs: number
}

type Done = (error: Error | undefined, client: pg.PoolClient | undefined, release: () => void) => void

/** The driver's pool, which also knows how long its connections were waited for. Its `query` goes through `connect` too. */
export class MeasuredPool extends pg.Pool {
  #acquired = 0
  #waitedMs = 0

  override connect(): Promise<pg.PoolClient>
  override connect(done: Done): void
  override connect(done?: Done): Promise<pg.PoolClient> | undefined {
    const began = performance.now()
    if (done === undefined) return super.connect().finally(() => this.#count(began))
    super.connect((error, client, release) => {
      this.#count(began)
      done(error, client, release)
    })
    return undefined
  }

  #count(began: number): void {
    this.#acquired++
    this.#waitedMs += performance.now() - began
  }

  stats(): PoolStats {
    return {
      size: this.options.max,
      total: this.totalCount,
      idle: this.idleCount,
      waiting: this.waitingCount,
      acquired: this.#acquired,
      waitedMs: this.#waitedMs,
    }
  }
}
