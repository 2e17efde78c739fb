import { z } from 'zod'
import { isoTime } from './catalog/person.ts'
import { definitionOf, type EventType } from './catalog.ts'

/** An example must look real, and the same every time the documents are generated. */
const exampleId = '019ab0b7-5c00-7d4e-9f00-112233445566'
const exampleSession = '3f0d2c1e-8a57-4f5b-b7a4-5d3a1f0e9c21'

/** What the gateway would send for a sample of `data`. */
export function exampleEnvelope(type: EventType, data: unknown): object {
  const sessionId = definitionOf(type).category === 'webhooks' ? null : exampleSession
  return { id: exampleId, type, timestamp: '2026-11-23T12:00:00.000Z', sessionId, data }
}

/**
 * JSON Schema 2020-12 of the whole envelope of a type, with an example for each variant. Open where our own
 * schemas are closed: a later version may add fields, and a receiver that validates must not break on them.
 */
export function jsonSchemaOf(type: EventType): object {
  const made = schemas.get(type) ?? makeSchema(type)
  schemas.set(type, made)
  return made
}

/** Making one takes up to 20 ms, too long to block a server with at each request. */
const schemas = new Map<EventType, object>()

function makeSchema(type: EventType): object {
  const { title, description, data, samples } = definitionOf(type)
  const envelope = z.strictObject({
    id: z.uuidv7().describe('Deduplicate on this: the same fact always has the same id.'),
    type: z.literal(type),
    timestamp: isoTime.describe('When it happened.'),
    sessionId: z.string().nullable().describe('The linked number it belongs to, or null.'),
    data,
  })
  const schema = z.toJSONSchema(envelope, {
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties
      // The format says it; zod’s pattern for it is 300 characters of noise.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern
      // JSON Schema knows base64 as an encoding, not as a format, and strict validators refuse unknown formats.
      if (jsonSchema.contentEncoding !== undefined) delete jsonSchema.format
    },
  })
  const examples = Object.values<unknown>(samples).map(sample => exampleEnvelope(type, sample))
  return { ...schema, title, description, examples }
}
