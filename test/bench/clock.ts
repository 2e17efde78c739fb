/** Milliseconds of the machine's monotonic clock, which all of its processes share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** Processor time this process has used so far, in milliseconds, all threads together. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** The value below which this share of the sorted values lies; NaN without values. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
