/** The OpenAPI 3.1 document, drawn from the routes themselves, the problem table and the catalog. */
import swagger from '@fastify/swagger'
import type { RouteOptions } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'
import { idempotencyHeader } from './idempotency.ts'
import { withExamples } from './openapi-examples.ts'
import { answerHeaders, withHeaders } from './openapi-headers.ts'
import { tidy } from './openapi-tidy.ts'
import { receiverSide } from './openapi-webhooks.ts'
import { type ProblemCode, problems } from './problem.ts'
import { scopeOf } from './scopes.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What this route refuses beside what its shape implies; shown in the document, and checked against it in tests. */
    problems?: readonly ProblemCode[]
  }
}

/** Registers the document at /openapi.json. Must come before the routes: it learns them as they are added. */
export async function describeRoutes(
  app: Api,
  { publicUrl, version }: Pick<ApiDeps, 'publicUrl' | 'version'>,
): Promise<void> {
  const { webhooks, definitions } = receiverSide()
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Waxwing',
        version,
        description: introduction,
        license: { name: 'GPL-3.0-or-later', identifier: 'GPL-3.0-or-later' },
      },
      servers: [{ url: publicUrl ?? '/' }],
      tags,
      security: [{ bearer: [] }, { apiKey: [] }, { cookie: [] }],
      components: {
        headers: answerHeaders,
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key, `wx_…`; with AUTH_MODE=supabase also an access token of Supabase Auth.',
          },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
          cookie: {
            type: 'apiKey',
            in: 'cookie',
            name: 'waxwing',
            description: 'A sign-in, in a browser (`__Host-waxwing` over https). A person has every scope.',
          },
        },
      },
      webhooks,
    },
    transform: document => {
      const { schema, url } = jsonSchemaTransform(document)
      const { hide, response } = schema as { hide?: boolean; response?: Record<string, unknown> }
      if (!hide && response) Object.assign(response, problemResponses(document.route))
      if (!hide && needsCaller(document.route))
        Object.assign(schema, scopeNote(document.route), headersOf(document.route))
      return { schema, url }
    },
    transformObject: document =>
      withHeaders(withExamples(tidy(jsonSchemaTransformObject(document), definitions))),
  })

  let text: string | null = null
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    text ??= JSON.stringify(app.swagger())
    return reply.type('application/json').send(text)
  })
}

const introduction = `WhatsApp in, signed webhooks out.

Every route under /api/v1 takes an API key, with the scope that the route names: \`read\`, \`write\` or \`admin\`, each including those before it; or a person who is signed in, who has every scope. Errors are RFC 9457 problem documents; \`code\` is stable, sentences are not.
Lists are read with \`limit\` and \`cursor\`. Ids of others answer 404, like ids that do not exist.`

const tags = [
  { name: 'Sessions', description: 'Linked WhatsApp numbers.' },
  { name: 'Messages', description: 'Sending.' },
  { name: 'Webhooks', description: 'Where events go.' },
  { name: 'Events', description: 'What happened, and the catalog of what can.' },
  { name: 'Deliveries', description: 'One event for one webhook, with every attempt; and the dead letters.' },
  { name: 'Live', description: 'What happens, as it happens.' },
  {
    name: 'Sandbox',
    description:
      'The simulated WhatsApp beside the real one: its people, their groups, and the phone of each session.',
  },
  { name: 'API keys', description: 'Who may ask, and for what.' },
  {
    name: 'Accounts',
    description:
      'People: signing in, and who else may. Not with AUTH_MODE=supabase, except GET /auth and /me.',
  },
  { name: 'Health', description: 'For load balancers and people.' },
]

z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(Object.keys(problems)),
  request_id: z.string().describe('Also in the X-Request-Id header and in the log.'),
  errors: z
    .array(z.object({ pointer: z.string(), detail: z.string() }))
    .optional()
    .describe(
      'One entry a fault; `pointer` is a JSON Pointer into the body, or `?name` for a query parameter.',
    ),
}).meta({ id: 'Problem', description: 'RFC 9457: why a request was refused.' })

/** What a route refuses: what it declares, and what follows from its shape. */
export function problemsOf(
  route: Pick<RouteOptions, 'method' | 'url' | 'config'> & { schema?: { security?: unknown } },
): ProblemCode[] {
  const underKey: ProblemCode[] = [
    'api_key_missing',
    'api_key_invalid',
    'token_invalid',
    'sign_in_ended',
    'insufficient_scope',
    'rate_limited',
    'validation_failed',
    'store_unavailable',
    'identity_unavailable',
    ...(route.method === 'GET' ? [] : (['cross_site_request'] as const)),
  ]
  const idempotent: ProblemCode[] = ['idempotent_request_running', 'idempotency_key_reused']
  const withBody: ProblemCode[] = ['malformed_json', 'body_too_large', 'unsupported_media_type']
  return [
    ...(needsCaller(route) ? underKey : []),
    ...(needsCaller(route) && route.method === 'POST' ? idempotent : []),
    // Also where none is asked for: what is sent is read.
    ...(route.method === 'GET' ? [] : withBody),
    ...(route.config?.problems ?? []),
    'internal_error',
  ]
}

/** Everything of the API but what says `security: []`. */
function needsCaller({ url, schema }: { url: string; schema?: { security?: unknown } }): boolean {
  const open = Array.isArray(schema?.security) && schema.security.length === 0
  return url.startsWith('/api/v1/') && !open
}

/** OpenAPI 3.1 lets the list beside a scheme name the roles that are required, whatever the scheme is. */
function scopeNote(route: RouteOptions): object {
  const scope = scopeOf(route as Parameters<typeof scopeOf>[0])
  return {
    security: [{ bearer: [scope] }, { apiKey: [scope] }, { cookie: [scope] }],
    'x-required-scope': scope,
  }
}

/** What a route may be sent beside its own. */
function headersOf({ method }: RouteOptions): object {
  if (method !== 'POST') return {}
  return { headers: { type: 'object', properties: { 'Idempotency-Key': idempotencyHeader } } }
}

function problemResponses(route: RouteOptions): Record<string, object> {
  const byStatus = Map.groupBy(problemsOf(route), code => problems[code].status)
  const responses = [...byStatus].map(([status, codes]) => [
    String(status),
    {
      description: codes.map(code => `\`${code}\`: ${problems[code].title}`).join(' '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ])
  return Object.fromEntries(responses)
}
