/** The catalog, for those who write receivers: every type with its schema, samples and TypeScript. */
import { catalog, categories, definitionOf, type EventType, isEventType, jsonSchemaOf } from '@waxwing/events'
import { z } from 'zod'
import type { Api } from './api.ts'
import { problem } from './problem.ts'

const tags = ['Events']

const eventType = z
  .object({
    type: z.string(),
    category: z.string(),
    title: z.string(),
    description: z.string().describe('When it fires.'),
    since: z.string().describe('The version that first had it.'),
    default: z.boolean().describe('Subscribed to when a webhook names no events.'),
  })
  .meta({ id: 'EventType' })

const eventTypeDetail = eventType.extend({
  json_schema: z.record(z.string(), z.unknown()).describe('JSON Schema 2020-12 of the whole envelope.'),
  samples: z.record(z.string(), z.unknown()).describe('`data` by the name of the variant.'),
  typescript: z.string().describe('How to name the type with @waxwing/events.'),
})

function show(type: EventType): z.output<typeof eventType> {
  const { category, title, description, since, ...row } = definitionOf(type)
  return { type, category, title, description, since, default: 'default' in row && row.default === true }
}

export function catalogRoutes(app: Api): void {
  app.get(
    '/events/catalog',
    {
      schema: {
        tags,
        operationId: 'listEventTypes',
        summary: 'List event types',
        response: {
          200: z.object({
            data: z.array(eventType),
            categories: z.array(
              z.object({ name: z.string(), title: z.string(), types: z.array(z.string()) }),
            ),
          }),
        },
      },
    },
    async () => ({
      data: catalog.map(row => show(row.type)),
      categories: categories.map(({ name, title, types }) => ({ name, title, types: [...types] })),
    }),
  )

  app.get(
    '/events/catalog/:type',
    {
      schema: {
        tags,
        operationId: 'getEventType',
        summary: 'Get an event type',
        params: z.strictObject({ type: z.string() }),
        response: { 200: eventTypeDetail },
      },
      config: { problems: ['event_type_not_found'] },
    },
    async request => {
      const { type } = request.params
      if (!isEventType(type)) throw problem('event_type_not_found')
      return {
        ...show(type),
        json_schema: { ...jsonSchemaOf(type) },
        samples: definitionOf(type).samples,
        typescript: `import type { Envelope } from '@waxwing/events'\n\ntype Event = Envelope<'${type}'>`,
      }
    },
  )
}
