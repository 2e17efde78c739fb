/** Replays: deliveries of one webhook sent again, as a job that is throttled, watched, paused and cancelled. */
import { checkSubscription } from '@waxwing/events'
import { z } from 'zod'
import type { ReplayFilter } from '../store/replay-choice.ts'
import { type ReplayRow, replayWaits } from '../store/replays.ts'
import type { Api, ApiDeps } from './api.ts'
import { iso, moment, momentQuery, page, pageOf, pageQuery } from './page.ts'
import { found, invalid, problem } from './problem.ts'
import { pathId } from './validate.ts'

const tags = ['Deliveries']
const params = pathId('replay_not_found')
const replayable = z.enum(['failed', 'missing', 'delivered', 'cancelled'])

/** Slow enough to go beside live traffic: 10,000 events take three and a half minutes. */
const DEFAULT_RATE = 50
/** What a receiver takes in a second when it is asked for nothing else; a turn of this size takes some milliseconds. */
const MAX_RATE = 500

export const replay = z
  .object({
    id: z.uuid(),
    webhook_id: z.uuid(),
    status: z
      .enum(['running', 'paused', 'cancelled', 'finished'])
      .describe(
        'When it is `finished`, everything it found is due or sent; GET /deliveries says what became of it.',
      ),
    waiting_reason: z
      .enum(replayWaits)
      .nullable()
      .describe(
        'Why it sends nothing now: the webhook is disabled, or its endpoint is in trouble or asked for patience. ' +
          'It goes on by itself when that is over. null: nothing is in its way.',
      ),
    since: moment,
    until: moment,
    delivery_status: replayable.nullable(),
    event_type: z.string().nullable(),
    force: z.boolean(),
    rate: z.int().describe('Deliveries a second.'),
    handled: z.int().describe('Events looked at.'),
    replayed: z.int().describe('Deliveries sent again, or for the first time.'),
    progress: z
      .number()
      .describe(
        '0 to 1: how far it has come in the time from the first event to `until`, not in the count of events.',
      ),
    reached_at: moment.nullable().describe('The time of the last event looked at.'),
    created_at: moment,
    updated_at: moment,
  })
  .meta({ id: 'Replay', description: 'A job that sends deliveries of one webhook again.' })

export function showReplay(row: ReplayRow): z.output<typeof replay> {
  const { since, until, status, eventType, force, rate } = row.filter
  return {
    id: row.id,
    webhook_id: row.webhookId,
    status: row.status,
    waiting_reason: row.waitingReason,
    since: since.toISOString(),
    until: until.toISOString(),
    delivery_status: status,
    event_type: eventType,
    force,
    rate,
    handled: row.handled,
    replayed: row.replayed,
    progress: row.status === 'finished' ? 1 : progressOf(row),
    reached_at: iso(row.reachedAt),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}

function progressOf({ filter, beginsAt, reachedAt }: ReplayRow): number {
  if (beginsAt === null || reachedAt === null) return 0
  const passed = (reachedAt.getTime() - beginsAt.getTime()) / (filter.until.getTime() - beginsAt.getTime())
  return Math.max(0, Math.round(1_000 * passed) / 1_000)
}

/** What every replay is asked with. */
export const replayInput = {
  webhook_id: z.uuid(),
  until: momentQuery.optional().describe('Default: now.'),
  event_type: z.string().max(100).optional().describe('A type, or a family like `messages.*`.'),
  rate: z.int().min(1).max(MAX_RATE).default(DEFAULT_RATE).describe('Deliveries a second.'),
}

type Asked = Omit<ReplayFilter, 'until' | 'eventType'> & {
  webhookId: string
  until: Date | undefined
  eventType: string | undefined
}

/** Starts a replay, or refuses what could never send anything. */
export async function createReplay(
  { store }: Pick<ApiDeps, 'store'>,
  profileId: string,
  { webhookId, until = new Date(), eventType, ...rest }: Asked,
): Promise<ReplayRow> {
  const faults = []
  if (until <= rest.since) faults.push({ pointer: '/since', detail: 'It must lie before `until`.' })
  if (rest.status === 'delivered' && !rest.force)
    faults.push({ pointer: '/force', detail: 'What the receiver has is only sent again with `force: true`.' })
  const checked = eventType === undefined ? null : checkSubscription([eventType])
  if (checked?.ok === false)
    faults.push(...checked.problems.map(({ detail }) => ({ pointer: '/event_type', detail })))
  if (faults.length > 0) throw invalid(faults)
  const webhook = found(await store.webhooks.get(profileId, webhookId), 'webhook_not_found')
  if (!webhook.enabled) throw problem('webhook_disabled')
  const filter = { ...rest, until, eventType: eventType ?? null }
  return found(await store.replays.create({ profileId, webhookId, filter }), 'webhook_not_found')
}

export function replayRoutes(app: Api, deps: Pick<ApiDeps, 'store'>): void {
  start(app, deps)
  read(app, deps)
  steer(app, deps)
}

function start(app: Api, deps: Pick<ApiDeps, 'store'>): void {
  app.post(
    '/deliveries/replay',
    {
      schema: {
        tags,
        operationId: 'replayDeliveries',
        summary: 'Replay the deliveries of a webhook',
        description:
          'Sends again what the receiver does not have: dead letters, and events from when the webhook was disabled ' +
          'or did not exist. What is pending goes out by itself. The request is the same, with the same `webhook-id`. ' +
          'A dead letter gets its whole schedule again, and `X-Delivery-Attempt` goes on counting.',
        body: z.strictObject({
          ...replayInput,
          since: momentQuery.describe("Of the event's time."),
          status: replayable
            .optional()
            .describe(
              'Only these. An event is `missing` that has no delivery to this webhook yet. Default: `failed` and `missing`, ' +
                'with `force` also `delivered`.',
            ),
          force: z.boolean().default(false).describe('Also what the receiver already has.'),
        }),
        response: { 202: replay },
      },
      config: { problems: ['webhook_not_found', 'webhook_disabled'] },
    },
    async (request, reply) => {
      const { webhook_id, event_type, since, until, status = null, force, rate } = request.body
      const asked = { webhookId: webhook_id, eventType: event_type, since, until, status, force, rate }
      return reply.code(202).send(showReplay(await createReplay(deps, request.profileId, asked)))
    },
  )
}

function read(app: Api, { store }: Pick<ApiDeps, 'store'>): void {
  app.get(
    '/replays',
    {
      schema: {
        tags,
        operationId: 'listReplays',
        summary: 'List replays',
        querystring: z.strictObject({ webhook_id: z.uuid().optional(), ...pageQuery }),
        response: { 200: pageOf(replay) },
      },
    },
    async request => {
      const { webhook_id, ...rest } = request.query
      return page(
        await store.replays.list({ profileId: request.profileId, webhookId: webhook_id, ...rest }),
        showReplay,
      )
    },
  )

  app.get(
    '/replays/:id',
    {
      schema: {
        tags,
        operationId: 'getReplay',
        summary: 'Get a replay and its progress',
        params,
        response: { 200: replay },
      },
      config: { problems: ['replay_not_found'] },
    },
    async request =>
      showReplay(found(await store.replays.get(request.profileId, request.params.id), 'replay_not_found')),
  )
}

function steer(app: Api, { store }: Pick<ApiDeps, 'store'>): void {
  const verbs = {
    pause: { to: 'paused', summary: 'Pause a replay' },
    resume: { to: 'running', summary: 'Resume a paused replay' },
    cancel: { to: 'cancelled', summary: 'Cancel a replay' },
  } as const
  for (const [verb, { to, summary }] of Object.entries(verbs)) {
    app.post(
      `/replays/:id/${verb}`,
      {
        schema: {
          tags,
          operationId: `${verb}Replay`,
          summary,
          description:
            to === 'running'
              ? 'It goes on where it was.'
              : 'What it has made due already is sent all the same.',
          params,
          response: { 200: replay },
        },
        config: { problems: ['replay_not_found', 'replay_ended'] },
      },
      async request => {
        const changed = await store.replays.change(request.profileId, request.params.id, to)
        if (changed === 'ended') throw problem('replay_ended')
        return showReplay(found(changed, 'replay_not_found'))
      },
    )
  }
}
