/** The `webhooks` section of the document: the requests we make, one a catalog row. Receivers are generated from it. */
import { catalog, jsonSchemaOf } from '@waxwing/events'

type Schemas = Record<string, object>

/** `definitions` are the schemas the catalog shares between its types, to stand among the document's components. */
export function receiverSide(): {
  webhooks: Record<string, object>
  definitions: Schemas
} {
  const definitions: Schemas = {}
  const webhooks: Record<string, object> = {}
  for (const { type, title, description } of catalog) {
    // The document states the dialect once, for all its schemas.
    const { $schema, $defs, ...schema } = jsonSchemaOf(type) as { $schema?: string; $defs?: Schemas }
    Object.assign(definitions, $defs)
    webhooks[type] = {
      post: {
        tags: ['Events'],
        operationId: `on.${type}`,
        summary: title,
        description,
        parameters: requestHeaders,
        requestBody: { required: true, content: { 'application/json': { schema } } },
        responses: {
          '2XX': { description: 'Received. Anything else, a redirect included, is tried again.' },
        },
      },
    }
  }
  return { webhooks, definitions }
}

/** Only when the gateway is traced. */
const sometimes = 'traceparent'

/** What every request to a webhook carries. */
export const requestHeaders = [
  ['webhook-id', 'The id of the event: deduplicate on it.'],
  ['webhook-timestamp', 'Unix seconds of this attempt.'],
  ['webhook-signature', 'Standard Webhooks: `v1,<base64>`, one for each valid secret.'],
  ['X-Hub-Signature-256', '`sha256=<hex>`: HMAC-SHA256 of the raw body under the whole secret string.'],
  ['X-Hub-Signature', 'The same.'],
  ['X-Event-Type', 'The type, for routing before parsing.'],
  ['X-Delivery-Id', 'The same at every attempt.'],
  ['X-Delivery-Attempt', 'From 1.'],
  [sometimes, 'The span of this attempt (W3C Trace Context), when the gateway is traced: go on under it.'],
].map(([name, description]) => ({
  name,
  in: 'header',
  required: name !== sometimes,
  description,
  schema: { type: 'string' },
}))
