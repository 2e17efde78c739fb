/** Reading and replacing the secret that signs a webhook's requests. */
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'
import { moment } from './page.ts'
import { found } from './problem.ts'
import { pathId } from './validate.ts'
import { secret } from './webhook-input.ts'

const tags = ['Webhooks']
const params = pathId('webhook_not_found')

const HOUR_MS = 3_600_000
/** How long the old secret goes on signing beside the new one, so that a receiver can be changed in peace. */
const overlaps = { '0': 0, '1h': HOUR_MS, '24h': 24 * HOUR_MS, '7d': 7 * 24 * HOUR_MS } as const
const overlapNames = ['0', '1h', '24h', '7d'] as const satisfies readonly (keyof typeof overlaps)[]

export function webhookSecretRoutes(app: Api, { store }: Pick<ApiDeps, 'store'>): void {
  app.get(
    '/webhooks/:id/secret',
    {
      schema: {
        tags,
        operationId: 'getWebhookSecret',
        summary: 'Read the signing secret',
        params,
        response: {
          200: z.object({
            secret: z.string(),
            previous: z
              .array(z.object({ secret: z.string(), valid_until: moment }))
              .describe('Those before it that still sign, newest first.'),
          }),
        },
      },
      config: { problems: ['webhook_not_found'] },
    },
    async request => {
      const secrets = await store.webhooks.secrets(request.profileId, request.params.id)
      const [newest, ...older] = found(secrets, 'webhook_not_found')
      return { secret: newest?.secret ?? '', previous: older.map(showPrevious) }
    },
  )

  app.post(
    '/webhooks/:id/secret/rotate',
    {
      schema: {
        tags,
        operationId: 'rotateWebhookSecret',
        summary: 'Replace the signing secret',
        description:
          'The new secret signs at once. During the overlap `webhook-signature` carries the signatures of both; ' +
          'the X-Hub headers have room for one and carry the new.',
        params,
        body: z.strictObject({
          overlap: z.enum(overlapNames).default('24h'),
          secret: secret.optional().describe('Your own; else one is made.'),
        }),
        response: { 200: z.object({ secret: z.string(), previous_valid_until: moment }) },
      },
      config: { problems: ['webhook_not_found'] },
    },
    async request => {
      const { overlap, secret: own } = request.body
      const overlapMs = overlaps[overlap]
      const row = await store.webhooks.rotate(request.profileId, request.params.id, {
        overlapMs,
        secret: own,
      })
      const [newest] = found(row, 'webhook_not_found').secrets
      return { secret: newest ?? '', previous_valid_until: new Date(Date.now() + overlapMs).toISOString() }
    },
  )
}

function showPrevious({ secret, until }: { secret: string; until: number | null }) {
  return { secret, valid_until: new Date(until ?? 0).toISOString() }
}
