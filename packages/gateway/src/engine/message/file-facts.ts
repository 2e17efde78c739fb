import { numberOf, type WireNumber } from './wire-number.ts'

/** As the sender declared it, if it is one at all: it goes into headers. */
export function mimeTypeOf({ mimetype }: { mimetype?: string | null }): string {
  const declared = mimetype?.trim() ?? ''
  return /^[\w.+-]{1,60}\/[\w.+-]{1,100}( ?; ?[\w .+=;"-]{1,100})?$/.test(declared)
    ? declared
    : 'application/octet-stream'
}

/** Bytes, as the sender says; undefined for what is no size. */
export function sizeOf(value: WireNumber): number | undefined {
  const number = numberOf(value)
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}
