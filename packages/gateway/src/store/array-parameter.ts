/**
 * Arrays as parameters of a statement. The driver writes arrays as text, which it escapes character by character and the
 * server reads so again: for the bodies and headers of a batch that was a tenth of all the work there is. Here text goes in the
 * binary form, lengths before bytes; what has no characters to escape (ids, numbers, times) stays text.
 */

/** For `uuid[]`, `int[]`, `boolean[]` and texts of our own: values without characters that an array literal would have to escape. */
export function plainArray(values: readonly (string | number | boolean | null)[]): string {
  return `{${values.map(value => value ?? 'NULL').join(',')}}`
}

/** For `timestamptz[]`. */
export function timeArray(values: readonly (Date | null)[]): string {
  return plainArray(values.map(value => value?.toISOString() ?? null))
}

/** `oid` of `text`, fixed for ever in PostgreSQL's catalog. */
const textOid = 25

/** For `text[]`, in the form of PostgreSQL's `array_recv`: dimensions, nulls?, element type, length, lower bound, elements. */
export function textArray(values: readonly (string | null)[]): Buffer {
  const sizes = values.map(value => (value === null ? -1 : Buffer.byteLength(value)))
  const bytes = sizes.reduce((sum, size) => sum + 4 + Math.max(0, size), 0)
  const buffer = Buffer.allocUnsafe(20 + bytes)
  const header = [1, sizes.includes(-1) ? 1 : 0, textOid, values.length, 1]
  let at = 0
  for (const field of header) at = buffer.writeInt32BE(field, at)
  values.forEach((value, index) => {
    at = buffer.writeInt32BE(sizes[index] ?? -1, at)
    if (value !== null) at += buffer.write(value, at)
  })
  return buffer
}
