/** How this gateway is set up, for those who use it: what bounds them, and what it stands on. No credential is among it. */
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'

const days = z.int().describe('Days.')
const settings = z
  .object({
    version: z.string(),
    public_url: z.string().nullable().describe('null: wherever it is asked.'),
    auth_mode: z.enum(['local', 'supabase']),
    sandbox: z.boolean(),
    database: z.object({
      kind: z.enum(['embedded', 'postgres']),
      ok: z.boolean(),
      latency_ms: z.number(),
    }),
    fast_lane: z.enum(['memory', 'redis']),
    retention: z.object({ events_days: days, deliveries_days: days }),
    webhooks: z.object({
      allowed_networks: z
        .array(z.string())
        .describe('`public`, `loopback`, `any`, or CIDRs: where webhooks may go.'),
      timeout_ms: z.int(),
      max_payload_bytes: z.int(),
    }),
    rate_limit: z.int().describe('Requests a minute of one caller; 0: no limit.'),
  })
  .meta({ id: 'Settings' })

/** What the configuration says; the rest is asked when somebody looks. */
export type GatewaySettings = Pick<z.output<typeof settings>, 'fast_lane' | 'retention' | 'webhooks'> & {
  database: 'embedded' | 'postgres'
}

type Deps = Pick<
  ApiDeps,
  'store' | 'settings' | 'publicUrl' | 'supabaseUrl' | 'networks' | 'version' | 'rateLimit'
>

export function settingsRoute(app: Api, deps: Deps): void {
  app.get(
    '/settings',
    {
      schema: {
        tags: ['Health'],
        operationId: 'getSettings',
        summary: 'How this gateway is set up',
        description: 'Set by the environment; see docs/reference/config.md.',
        response: { 200: settings },
      },
    },
    async () => {
      const { database, ...configured } = deps.settings
      const { ok, latencyMs } = await deps.store.health()
      return {
        version: deps.version,
        public_url: deps.publicUrl,
        auth_mode: deps.supabaseUrl === null ? ('local' as const) : ('supabase' as const),
        sandbox: deps.networks.sandbox,
        database: { kind: database, ok, latency_ms: latencyMs },
        ...configured,
        rate_limit: deps.rateLimit,
      }
    },
  )
}
