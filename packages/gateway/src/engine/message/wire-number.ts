/** Protobuf's 64-bit numbers arrive as number, Long or, after JSON, as string. */
export type WireNumber = number | string | { toNumber(): number } | null | undefined

/** Undefined when there is none, or nothing that can be counted with. */
export function numberOf(value: WireNumber): number | undefined {
  if (value === null || value === undefined) return undefined
  const number = typeof value === 'object' ? value.toNumber() : Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** The number if it lies within these bounds: what a stranger sends may be anything. */
export function boundedNumber(value: WireNumber, least: number, most: number): number | undefined {
  const number = numberOf(value)
  return number !== undefined && number >= least && number <= most ? number : undefined
}

/** An ISO time of unix seconds, up to the year 2286; undefined for none, and for 0, which WhatsApp writes for none. */
export function timeOf(value: WireNumber): string | undefined {
  const seconds = boundedNumber(value, 1, 9_999_999_999)
  return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString()
}
