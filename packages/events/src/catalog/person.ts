import { z } from 'zod'

/** A WhatsApp address without a device part: `user@server`. */
export const jid = z.string().regex(/^[^\s@:]+@[a-z.]+$/)

/** Unix time in seconds, as WhatsApp counts. The bound is the year 2286: milliseconds do not pass for seconds. */
export const unixSeconds = z.int().min(0).max(9_999_999_999)

/** ISO 8601 in UTC with milliseconds. Every field whose name ends in `At` (and the envelope's time) has this form. */
export const isoTime = z.iso.datetime({ precision: 3 })

const lid = z
  .string()
  .regex(/^[^\s@:]+@(hosted\.)?lid$/)
  .describe('The LID, WhatsApp’s address that hides the phone number. Present when known.')

const phone = z
  .string()
  .regex(/^\+[1-9]\d{1,14}$/)
  .describe('The phone number in E.164, with the plus. Present when known.')

/** The fields that name somebody, for shapes that are about one person or chat. */
export const identity = {
  jid: jid.describe(
    'The address to use: `…@s.whatsapp.net` when the phone number is known, the LID only when it is not.',
  ),
  lid: lid.optional(),
  phone: phone.optional(),
}

/** A person, by every identifier that is known. */
export type Person = z.output<typeof person>
export const person = z
  .strictObject(identity)
  .meta({ id: 'Person', description: 'Somebody on WhatsApp, by every identifier that is known.' })
