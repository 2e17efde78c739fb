/** Phrases that several pages say the same way. */

export function eventsWord(events: readonly string[]): string {
  if (events.includes('*')) return 'all events'
  const [only] = events
  return events.length === 1 && only ? only : `${events.length} events`
}

/** 99.96 % must not read as 100 %. */
export function percent(rate: number): string {
  return rate > 99 && rate < 100 ? `${(Math.floor(rate * 100) / 100).toFixed(2)}%` : `${Math.round(rate)}%`
}

export const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)

/** `1 delivery`, `1,204 deliveries` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

/** `+15550100`, however it is stored. */
export function numberWord(phone: string): string {
  return `+${phone.replace(/^\+/, '')}`
}
