/** The Test button: one event of the catalog, sent now, by the same request that deliveries make. Nothing is stored. */
import {
  catalog,
  definitionOf,
  type Envelope,
  type EventType,
  errorClasses,
  isEventType,
  serializeEnvelope,
} from '@waxwing/events'
import { uuidv7 } from '@waxwing/events/event-id'
import { z } from 'zod'
import type { Attempt } from '../delivery/attempt.ts'
import { hint } from '../delivery/outcome.ts'
import type { Api, ApiDeps } from './api.ts'
import { showTimings, timings } from './attempt.ts'
import { found, invalid } from './problem.ts'
import { faultsOf, pathId } from './validate.ts'

const testResult = z
  .object({
    status: z.int().nullable().describe('The status the receiver answered with; null: no answer.'),
    duration_ms: z.number(),
    timings,
    request: z.object({
      method: z.literal('POST'),
      url: z.string(),
      headers: z.record(z.string(), z.string()),
      body: z.string(),
    }),
    response: z
      .object({
        status: z.int(),
        headers: z.record(z.string(), z.string()),
        body: z.string(),
        truncated: z.boolean(),
      })
      .nullable(),
    error_class: z.enum(errorClasses).nullable().describe('null: delivered.'),
    error_message: z.string().nullable(),
    hint: z.string().nullable().describe('What to look at, when it failed.'),
  })
  .meta({ id: 'WebhookTest' })

export function webhookTestRoute(app: Api, { store, sender }: Pick<ApiDeps, 'store' | 'sender'>): void {
  app.post(
    '/webhooks/:id/test',
    {
      schema: {
        tags: ['Webhooks'],
        operationId: 'testWebhook',
        summary: 'Send a test event',
        description:
          'Signed like a delivery, sent once, whether or not the webhook is enabled or subscribes to it.',
        params: pathId('webhook_not_found'),
        body: z
          .strictObject({
            event_type: z.string().max(100).default('webhook.ping'),
            data: z.record(z.string(), z.unknown()).optional().describe("Default: the catalog's sample."),
          })
          .nullish(),
        response: { 200: testResult },
      },
      config: { problems: ['webhook_not_found'] },
    },
    async request => {
      const { event_type = 'webhook.ping', data } = request.body ?? {}
      const row = found(await store.webhooks.get(request.profileId, request.params.id), 'webhook_not_found')
      const envelope = testEnvelope(event_type, data, new Date())
      const body = serializeEnvelope(envelope)
      const attempt = await sender.send({
        url: row.webhookUrl,
        body,
        eventId: envelope.id,
        eventType: envelope.type,
        deliveryId: uuidv7(),
        attempt: 1,
        secrets: row.secrets,
        headers: row.headers,
      })
      return show(attempt, row.webhookUrl, body)
    },
  )
}

/** The event to send: the caller's data when it fits the type, else the first sample. */
function testEnvelope(type: string, data: unknown, at: Date): Envelope {
  if (!isEventType(type)) {
    const detail = `The catalog has no "${type}". It has: ${catalog.map(row => row.type).join(', ')}.`
    throw invalid([{ pointer: '/event_type', detail }])
  }
  const parts = { id: uuidv7(at), timestamp: at.toISOString(), sessionId: null }
  // The pair of a type and its own data: checked by the schema of that type, which TypeScript cannot follow.
  return { ...parts, type, data: data === undefined ? firstSample(type) : checked(type, data) } as Envelope
}

function firstSample(type: EventType): unknown {
  return Object.values(definitionOf(type).samples)[0]
}

function checked(type: EventType, data: unknown): unknown {
  const result = definitionOf(type).data.safeParse(data)
  if (result.success) return result.data
  throw invalid(faultsOf(result.error.issues).map(fault => ({ ...fault, pointer: `/data${fault.pointer}` })))
}

function show(attempt: Attempt, url: string, body: string): z.output<typeof testResult> {
  const status = attempt.response?.status ?? null
  return {
    status,
    duration_ms: attempt.durationMs,
    timings: showTimings(attempt.timings),
    request: { method: 'POST', url, headers: attempt.requestHeaders, body },
    response: attempt.response,
    error_class: attempt.error?.class ?? null,
    error_message: attempt.error?.message ?? null,
    hint: attempt.error && hint(attempt.error.class, status),
  }
}
