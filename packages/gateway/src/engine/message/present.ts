/** The fields that say something: protobuf writes null, and WhatsApp `''`, for what is not there. */
export function present<T extends Record<string, unknown>>(
  fields: T,
): { [K in keyof T]?: NonNullable<T[K]> } {
  const told = Object.entries(fields).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  )
  return Object.fromEntries(told) as { [K in keyof T]?: NonNullable<T[K]> }
}
