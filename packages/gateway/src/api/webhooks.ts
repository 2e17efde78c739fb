/** Webhooks: where events go, which of them, and how hard it is tried. */
import { checkSubscription } from '@waxwing/events'
import { z } from 'zod'
import type { WebhookRow } from '../store/webhooks.ts'
import type { Api, ApiDeps } from './api.ts'
import { iso, moment, page, pageOf, pageQuery } from './page.ts'
import { found } from './problem.ts'
import { retryOf, retryShown, showRetry } from './retry-config.ts'
import { noContent, pathId } from './validate.ts'
import { judgeWebhook, newWebhook, webhookChange } from './webhook-input.ts'

const tags = ['Webhooks']
const params = pathId('webhook_not_found')

const webhook = z
  .object({
    id: z.uuid(),
    name: z.string(),
    webhook_url: z.string(),
    session_ids: z.array(z.string()).nullable().describe('null: every session.'),
    enabled: z.boolean(),
    subscribed_events: z.array(z.string()),
    retry_config: retryShown,
    headers: z.record(z.string(), z.string()),
    ordered: z.boolean(),
    rate_limit: z.number().nullable().describe('Requests a second; null: no limit.'),
    health: z
      .object({
        state: z.enum(['healthy', 'degraded', 'suspended', 'disabled']),
        since: moment,
        reason: z.string().nullable().describe('Why it is not healthy, or paused.'),
        paused_until: moment.nullable().describe('Its Retry-After asks for this; null: it is not paused.'),
      })
      .describe(
        'How its receiver is doing. degraded and suspended: deliveries wait, unspent, while single ones are tried. ' +
          'disabled: it stayed down for seven days, and deliveries wait until somebody enables it. ' +
          'paused_until: it answered 429 or 503 with Retry-After, and deliveries wait, unspent, except for what people ' +
          'redeliver. Independent of `enabled`, which only people change.',
      ),
    created_at: moment,
    updated_at: moment,
  })
  .meta({
    id: 'Webhook',
    description: 'One configured URL. Its secret is shown at creation and by GET /secret only.',
  })

function show(row: WebhookRow): z.output<typeof webhook> {
  return {
    id: row.id,
    name: row.name,
    webhook_url: row.webhookUrl,
    session_ids: row.sessionIds,
    enabled: row.enabled,
    subscribed_events: row.subscribedEvents,
    retry_config: showRetry(row.retryConfig),
    headers: row.headers,
    ordered: row.ordered,
    rate_limit: row.rateLimit,
    health: {
      state: row.health.state,
      since: row.health.since.toISOString(),
      reason: row.health.reason,
      paused_until: iso(row.health.pausedUntil),
    },
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}

type Deps = Pick<ApiDeps, 'store' | 'guard'>

export function webhookRoutes(app: Api, deps: Deps): void {
  create(app, deps)
  read(app, deps)
  changeAndRemove(app, deps)
  switchOnAndOff(app, deps)
}

function create(app: Api, { store, guard }: Deps): void {
  app.post(
    '/webhooks',
    {
      schema: {
        tags,
        operationId: 'createWebhook',
        summary: 'Create a webhook',
        description: 'The answer carries the signing secret. Keep it: later only GET /secret shows it.',
        body: newWebhook,
        response: { 201: webhook.extend({ secret: z.string() }) },
      },
    },
    async (request, reply) => {
      const { profileId, body } = request
      const { retry, faults } = retryOf(body.retry_config)
      await judgeWebhook(body, { guard, sessions: store.sessions, profileId, faults })
      const row = await store.webhooks.create({
        profileId,
        name: body.name ?? new URL(body.webhook_url).host.slice(0, 100),
        webhookUrl: body.webhook_url,
        sessionIds: body.session_ids,
        enabled: body.enabled,
        subscribedEvents: patternsOf(body.subscribed_events),
        retryConfig: retry,
        headers: body.headers,
        ordered: body.ordered,
        rateLimit: body.rate_limit,
        secret: body.secret,
      })
      return reply.code(201).send({ ...show(row), secret: row.secrets[0] ?? '' })
    },
  )
}

function read(app: Api, { store }: Deps): void {
  app.get(
    '/webhooks',
    {
      schema: {
        tags,
        operationId: 'listWebhooks',
        summary: 'List webhooks',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(webhook) },
      },
    },
    async request =>
      page(await store.webhooks.list({ profileId: request.profileId, ...request.query }), show),
  )

  app.get(
    '/webhooks/:id',
    {
      schema: {
        tags,
        operationId: 'getWebhook',
        summary: 'Get a webhook',
        params,
        response: { 200: webhook },
      },
      config: { problems: ['webhook_not_found'] },
    },
    async request =>
      show(found(await store.webhooks.get(request.profileId, request.params.id), 'webhook_not_found')),
  )
}

function changeAndRemove(app: Api, { store, guard }: Deps): void {
  app.patch(
    '/webhooks/:id',
    {
      schema: {
        tags,
        operationId: 'updateWebhook',
        summary: 'Change a webhook',
        description:
          'Fields that are not named stay. Deliveries that wait already use the new URL and headers.',
        params,
        body: webhookChange,
        response: { 200: webhook },
      },
      config: { problems: ['webhook_not_found'] },
    },
    async request => {
      const { profileId, body } = request
      const { id } = request.params
      const before = found(await store.webhooks.get(profileId, id), 'webhook_not_found')
      const { retry, faults } = retryOf(body.retry_config ?? {}, before.retryConfig)
      await judgeWebhook(body, { guard, sessions: store.sessions, profileId, faults })
      const row = await store.webhooks.update(profileId, id, {
        name: body.name,
        webhookUrl: body.webhook_url,
        sessionIds: body.session_ids,
        enabled: body.enabled,
        subscribedEvents: body.subscribed_events && patternsOf(body.subscribed_events),
        retryConfig: body.retry_config && retry,
        headers: body.headers,
        ordered: body.ordered,
        rateLimit: body.rate_limit,
      })
      return show(found(row, 'webhook_not_found'))
    },
  )

  app.delete(
    '/webhooks/:id',
    {
      schema: {
        tags,
        operationId: 'deleteWebhook',
        summary: 'Delete a webhook',
        description: 'Its unfinished deliveries are cancelled.',
        params,
        response: { 204: noContent },
      },
      config: { problems: ['webhook_not_found'] },
    },
    async (request, reply) => {
      const removed = await store.webhooks.remove(request.profileId, request.params.id)
      found(removed || null, 'webhook_not_found')
      return reply.code(204).send()
    },
  )
}

function switchOnAndOff(app: Api, { store }: Deps): void {
  for (const verb of ['enable', 'disable'] as const) {
    app.post(
      `/webhooks/:id/${verb}`,
      {
        schema: {
          tags,
          operationId: `${verb}Webhook`,
          summary: verb === 'enable' ? 'Enable a webhook' : 'Disable a webhook',
          description:
            verb === 'enable'
              ? 'Deliveries that waited meanwhile go out. Lifts a suspension, too, whatever it came from.'
              : 'Stays disabled until somebody enables it.',
          params,
          response: { 200: webhook },
        },
        config: { problems: ['webhook_not_found'] },
      },
      async request => {
        const row = await store.webhooks.setEnabled(request.profileId, request.params.id, verb === 'enable')
        return show(found(row, 'webhook_not_found'))
      },
    )
  }
}

/** As the catalog writes them. `judgeWebhook` has refused what it does not know. */
function patternsOf(events: string[]): string[] {
  const verdict = checkSubscription(events)
  return verdict.ok ? verdict.patterns : events
}
