/** Whether a URL may be a webhook's, before it is saved: judged by the guard that stands before every request. */
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'

const verdict = z
  .object({
    ok: z.boolean(),
    reason: z.enum(['not_a_url', 'scheme', 'credentials', 'port', 'address']).nullable(),
    detail: z.string().nullable().describe('Why not, for the person who types it.'),
  })
  .meta({ id: 'UrlVerdict' })

export function webhookUrlCheckRoute(app: Api, { guard }: Pick<ApiDeps, 'guard'>): void {
  app.get(
    '/webhooks/url-check',
    {
      schema: {
        tags: ['Webhooks'],
        operationId: 'checkWebhookUrl',
        summary: 'Judge a URL as written',
        description:
          'Nothing is sent and no name is looked up: a name that resolves to a refused address is found by the test.',
        querystring: z.strictObject({ url: z.string().max(2_048) }),
        response: { 200: verdict },
      },
    },
    async ({ query: { url } }) => {
      const judged = guard.checkUrl(url)
      return judged.ok ? { ok: true, reason: null, detail: null } : judged
    },
  )
}
