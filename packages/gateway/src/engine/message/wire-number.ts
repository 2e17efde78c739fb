/** Protobuf's 64-bit numbers arrive as number, Long or, after JSON, as string. */
export type WireNumber = number | string | { toNumber(): number } | null | undefined

/** Undefined when there is none, or nothing that can be counted with. */
export function numberOf(value: WireNumber): number | undefined {
  if (value === null || value === undefined) return undefined
  const number = typeof value === 'object' ? value.toNumber() : Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** An ISO time of unix seconds; undefined for none, and for 0, which WhatsApp writes for none. */
export function timeOf(value: WireNumber): string | undefined {
  const seconds = numberOf(value)
  return seconds ? new Date(seconds * 1000).toISOString() : undefined
}
