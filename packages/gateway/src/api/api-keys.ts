/** API keys: made with the rights they need, shown once, kept as hashes. */
import { z } from 'zod'
import type { ApiKeyRow } from '../store/api-keys.ts'
import type { Api, ApiDeps } from './api.ts'
import { iso, moment, page, pageOf, pageQuery } from './page.ts'
import { found } from './problem.ts'
import { scopes, scopesIn } from './scopes.ts'
import { noContent, pathId } from './validate.ts'

const tags = ['API keys']

const apiKey = z
  .object({
    id: z.uuid(),
    name: z.string(),
    prefix: z.string().describe('How the key begins, to recognise it by.'),
    scopes: z.array(z.enum(scopes)).describe('Each includes those before it.'),
    expires_at: moment.nullable().describe('null: never.'),
    last_used_at: moment.nullable().describe('To the minute; null: never.'),
    created_at: moment,
  })
  .meta({ id: 'ApiKey', description: 'A key, without its secret.' })

const newKey = z.strictObject({
  name: z.string().trim().min(1).max(100).describe('For people: who or what uses it.'),
  scopes: z
    .array(z.enum(scopes))
    .min(1)
    .max(scopes.length)
    .describe('`read` looks, `write` changes and sends, `admin` sees secrets and makes keys.'),
  expires_at: z.iso
    .datetime({ offset: true })
    .transform(text => new Date(text))
    .refine(at => at.getTime() > Date.now() && at.getUTCFullYear() < 2200, 'Expected a moment to come.')
    .nullable()
    .default(null)
    .describe('null: never.'),
})

function show(row: ApiKeyRow): z.output<typeof apiKey> {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: scopesIn(row.scopes),
    expires_at: iso(row.expiresAt),
    last_used_at: iso(row.lastUsedAt),
    created_at: row.createdAt.toISOString(),
  }
}

export function apiKeyRoutes(app: Api, { store }: Pick<ApiDeps, 'store'>): void {
  app.get(
    '/api-keys',
    {
      schema: {
        tags,
        operationId: 'listApiKeys',
        summary: 'List API keys',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(apiKey) },
      },
    },
    async request => page(await store.apiKeys.list({ profileId: request.profileId, ...request.query }), show),
  )

  app.post(
    '/api-keys',
    {
      schema: {
        tags,
        operationId: 'createApiKey',
        summary: 'Create an API key',
        description: 'The answer carries the key, this once: only its hash is kept.',
        body: newKey,
        response: { 201: apiKey.extend({ key: z.string() }) },
      },
    },
    async (request, reply) => {
      const { profileId, body } = request
      const given = { name: body.name, scopes: [...new Set(body.scopes)], expiresAt: body.expires_at }
      const { key, row } = await store.apiKeys.create({ profileId, ...given })
      return reply.code(201).send({ ...show(row), key })
    },
  )

  app.delete(
    '/api-keys/:id',
    {
      schema: {
        tags,
        operationId: 'deleteApiKey',
        summary: 'Revoke an API key',
        description:
          'At once in this process, within five seconds in others. The key of API_KEY, or of the file `api-key`, ' +
          'comes back at the next start unless it is changed there.',
        params: pathId('api_key_not_found'),
        response: { 204: noContent },
      },
      config: { problems: ['api_key_not_found'] },
    },
    async (request, reply) => {
      const removed = await store.apiKeys.remove(request.profileId, request.params.id)
      found(removed || null, 'api_key_not_found')
      return reply.code(204).send()
    },
  )
}
