export type Partitions = {
  /** Makes the days ahead (today and the two after); cheap when they exist. */
  ensureAhead(): Promise<void>
  /** Makes the days of these times, where that is sensible; the others fall into the default partition. */
  ensureFor(times: readonly Date[]): Promise<void>
  /** Drops whole days older than the retention; `kept` are days that still hold unfinished deliveries. */
  dropOld(a: { eventsDays: number; deliveriesDays: number }): Promise<{ dropped: string[]; kept: string[] }>
}
