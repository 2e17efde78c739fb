/** For load balancers and people: is it alive, can it work, what is it. Without a key, so without details. */
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'

const tags = ['Health']
const summary = z
  .object({
    status: z.enum(['ok', 'unavailable']),
    version: z.string(),
    uptime_s: z.int(),
    database: z.object({ ok: z.boolean(), latency_ms: z.number() }),
  })
  .meta({ id: 'Health' })

export function healthRoutes(app: Api, { store, version }: Pick<ApiDeps, 'store' | 'version'>): void {
  // Both say the same: platforms probe one or the other, and a person who asks wants the reason too.
  const probes = [
    { path: '/health', operationId: 'getHealth', title: 'Health' },
    { path: '/health/ready', operationId: 'getReadiness', title: 'Can this process work?' },
  ]
  for (const { path, operationId, title } of probes) {
    app.get(
      path,
      {
        schema: {
          tags,
          operationId,
          summary: title,
          description: '503 while the database does not answer.',
          security: [],
          response: { 200: summary, 503: summary },
        },
      },
      async (_request, reply) => {
        const { ok, latencyMs } = await store.health()
        return reply.code(ok ? 200 : 503).send({
          status: ok ? 'ok' : 'unavailable',
          version,
          uptime_s: Math.floor(process.uptime()),
          database: { ok, latency_ms: latencyMs },
        })
      },
    )
  }

  app.get(
    '/health/live',
    {
      schema: {
        tags,
        operationId: 'getLiveness',
        summary: 'Is this process alive?',
        description: 'Touches nothing: a restart would not bring a database back.',
        security: [],
        response: { 200: z.object({ status: z.literal('ok') }) },
      },
    },
    async () => ({ status: 'ok' as const }),
  )

  app.get(
    '/version',
    {
      schema: {
        tags,
        operationId: 'getVersion',
        summary: 'Version',
        security: [],
        response: { 200: z.object({ name: z.literal('waxwing'), version: z.string() }) },
      },
    },
    async () => ({ name: 'waxwing' as const, version }),
  )
}
