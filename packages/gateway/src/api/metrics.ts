/** What Prometheus reads. As open as /health, for a scraper seldom has a key; so it tells ids and numbers, nothing else. */
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'

/** The text exposition format, by the name Prometheus asks for it. */
const contentType = 'text/plain; version=0.0.4; charset=utf-8'

export function metricsRoute(app: Api, { metrics }: Pick<ApiDeps, 'metrics'>): void {
  app.get(
    '/metrics',
    {
      schema: {
        tags: ['Health'],
        operationId: 'getMetrics',
        summary: 'Metrics',
        description:
          'The Prometheus text format, drawn at most once a second. Needs no key, like /health, and shows ids of sessions ' +
          'and webhooks (of all profiles) but no names, numbers, addresses or contents; keep it from the outside with ' +
          'your proxy if that is too much. Each process tells of itself.',
        security: [],
        response: {
          200: { description: 'Metrics.', content: { 'text/plain': { schema: z.string() } } },
        },
      },
    },
    async (_request, reply) => reply.type(contentType).send(await metrics()),
  )
}
