/** The AsyncAPI 3 document: what this gateway says without being asked, drawn from the catalog and the live stream. */
import { catalog, jsonSchemaOf } from '@waxwing/events'
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'
import { event } from './events.ts'
import { liveDelivery, liveDropped, liveSession } from './live-shapes.ts'
import { tidy } from './openapi-tidy.ts'
import { requestHeaders } from './openapi-webhooks.ts'

type Schemas = Record<string, object>

/** The same for the same version and address. `publicUrl` null: wherever the gateway was asked. */
export function describeAsync({ version, publicUrl }: Pick<ApiDeps, 'version' | 'publicUrl'>): object {
  const webhooks = webhookMessages()
  const live = liveMessages()
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Waxwing',
      version,
      description:
        'The events that webhooks receive, and the live stream. Routes are in the OpenAPI document, /openapi.json.',
      license: { name: 'GPL-3.0-or-later' },
    },
    defaultContentType: 'application/json',
    servers: { gateway: serverAt(publicUrl ?? 'http://localhost:3000') },
    channels: {
      webhooks: {
        // Whoever configures a webhook chooses it.
        address: null,
        title: 'A webhook',
        description:
          'One POST for each event, to the `webhook_url` of each webhook that subscribes to its type.',
        messages: webhooks.messages,
      },
      live: {
        address: '/api/v1/live',
        title: 'The live stream',
        description:
          'GET, answered with Server-Sent Events. `event` names the message, `data` is its payload.',
        servers: [{ $ref: '#/servers/gateway' }],
        messages: live.messages,
      },
    },
    operations: {
      deliver: operation('webhooks', 'POST', 'Send an event to a webhook', Object.keys(webhooks.messages)),
      watch: operation('live', 'GET', 'Tell a reader what happens', Object.keys(live.messages)),
    },
    components: { schemas: {} },
  }
  return tidy(document, { ...live.definitions, ...webhooks.definitions })
}

function serverAt(address: string): object {
  const { host, protocol, pathname } = new URL(address)
  return { host, protocol: protocol.slice(0, -1), ...(pathname === '/' ? {} : { pathname }) }
}

function operation(channel: string, method: string, summary: string, messages: string[]): object {
  return {
    action: 'send',
    channel: { $ref: `#/channels/${channel}` },
    summary,
    bindings: { http: { method, bindingVersion: '0.3.0' } },
    messages: messages.map(name => ({ $ref: `#/channels/${channel}/messages/${name}` })),
  }
}

/** `definitions`: schemas that messages share. */
type Described = { messages: Schemas; definitions: Schemas }

function webhookMessages(): Described {
  const definitions: Schemas = {}
  const messages: Schemas = {}
  const headers = {
    type: 'object',
    properties: Object.fromEntries(
      requestHeaders.map(({ name, description, schema }) => [name, { ...schema, description }]),
    ),
    required: requestHeaders.map(({ name }) => name),
  }
  for (const { type, title, description } of catalog) {
    const { $schema, $defs, examples, ...payload } = jsonSchemaOf(type) as {
      $schema?: string
      $defs?: Schemas
      examples: object[]
    }
    Object.assign(definitions, $defs)
    const shown = examples.map(example => ({ payload: example }))
    messages[type] = { name: type, title, description, headers, payload, examples: shown }
  }
  return { messages, definitions }
}

function liveMessages(): Described {
  const definitions: Schemas = {}
  const messages: Schemas = {}
  const shapes = { event, delivery: liveDelivery, session: liveSession, dropped: liveDropped }
  for (const [name, shape] of Object.entries(shapes)) {
    const { $schema, $defs, ...payload } = z.toJSONSchema(shape) as { $schema?: string; $defs?: Schemas }
    Object.assign(definitions, $defs)
    messages[name] = { name, title: `event: ${name}`, payload }
  }
  return { messages, definitions }
}

export function asyncApiRoute(app: Api, deps: Pick<ApiDeps, 'version' | 'publicUrl'>): void {
  let text: string | null = null
  app.get('/asyncapi.json', { schema: { hide: true } }, async (_request, reply) => {
    text ??= JSON.stringify(describeAsync(deps))
    return reply.type('application/json').send(text)
  })
}
