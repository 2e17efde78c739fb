/** The state of things in figures, for a page that is looked at all day. */
import { z } from 'zod'
import type { OverviewRow } from '../store/overview.ts'
import type { Api, ApiDeps } from './api.ts'
import { moment } from './page.ts'

const MINUTE_MS = 60_000

/** Slices that make about fifty bars, of lengths that people reckon in. */
const windows = {
  '1h': { slices: 60, sliceMs: MINUTE_MS },
  '24h': { slices: 48, sliceMs: 30 * MINUTE_MS },
  '7d': { slices: 56, sliceMs: 180 * MINUTE_MS },
  '30d': { slices: 60, sliceMs: 720 * MINUTE_MS },
} as const
const windowNames = ['1h', '24h', '7d', '30d'] as const satisfies readonly (keyof typeof windows)[]

const count = z.int().min(0)
const ms = z.number().nullable().describe('Milliseconds; null without an attempt.')
const overview = z
  .object({
    since: moment,
    slice_s: z.int().describe('The length of one slice, in seconds.'),
    totals: z.object({
      attempts: count,
      succeeded: count,
      success_percent: z.number().nullable(),
      p50_ms: ms,
      p95_ms: ms,
    }),
    slices: z
      .array(z.object({ at: moment, succeeded: count, failed: count, p50_ms: ms, p95_ms: ms }))
      .describe('Attempts by when they were recorded. Slices with very many are counted by a sample.'),
    webhooks: z.array(
      z.object({
        webhook_id: z.uuid(),
        succeeded: z.array(count).describe('One entry a slice.'),
        failed: z.array(count),
      }),
    ),
    failures: z
      .array(
        z.object({
          webhook_id: z.uuid(),
          error_class: z.string(),
          response_status: z.int().nullable(),
          count,
          last_at: moment,
        }),
      )
      .describe('Failed attempts by where and why, the most frequent first.'),
    backlog: z
      .array(z.object({ webhook_id: z.uuid(), pending: count, oldest_at: moment }))
      .describe('What waits now, whatever the window; 10,000 stands for so many or more.'),
    dead_letters: count.describe('There are now; 10,000 stands for so many or more.'),
  })
  .meta({ id: 'Overview' })

/** `now` in milliseconds. */
export function overviewRoute(
  app: Api,
  { store }: Pick<ApiDeps, 'store'>,
  now: () => number = Date.now,
): void {
  app.get(
    '/overview',
    {
      schema: {
        tags: ['Deliveries'],
        operationId: 'getOverview',
        summary: 'How deliveries are going',
        querystring: z.strictObject({
          window: z.enum(windowNames).default('1h').describe('How far it looks back.'),
          webhook_id: z.uuid().optional(),
        }),
        response: { 200: overview },
      },
    },
    async request => {
      const { window, webhook_id } = request.query
      const { slices, sliceMs } = windows[window]
      // Whole slices: else every bar would change its height with every question.
      const end = Math.ceil(now() / sliceMs) * sliceMs
      const since = new Date(end - slices * sliceMs)
      const { profileId } = request
      const row = await store.overview.of({ profileId, webhookId: webhook_id, since, slices, sliceMs })
      return show(row, since, sliceMs)
    },
  )
}

function show(row: OverviewRow, since: Date, sliceMs: number): z.output<typeof overview> {
  const sum = (kind: 'succeeded' | 'failed') => row.slices.reduce((total, slice) => total + slice[kind], 0)
  const succeeded = sum('succeeded')
  const attempts = succeeded + sum('failed')
  return {
    since: since.toISOString(),
    slice_s: sliceMs / 1_000,
    totals: {
      attempts,
      succeeded,
      success_percent: attempts === 0 ? null : (100 * succeeded) / attempts,
      p50_ms: row.total.p50,
      p95_ms: row.total.p95,
    },
    slices: row.slices.map(({ p50, p95, ...counts }, at) => ({
      at: new Date(since.getTime() + at * sliceMs).toISOString(),
      ...counts,
      p50_ms: p50,
      p95_ms: p95,
    })),
    webhooks: row.webhooks.map(({ webhookId, ...series }) => ({ webhook_id: webhookId, ...series })),
    failures: row.failures.map(failure => ({
      webhook_id: failure.webhookId,
      error_class: failure.errorClass,
      response_status: failure.responseStatus,
      count: failure.count,
      last_at: new Date(failure.lastAt).toISOString(),
    })),
    backlog: row.pending.map(({ webhookId, count, oldestAt }) => ({
      webhook_id: webhookId,
      pending: count,
      oldest_at: oldestAt.toISOString(),
    })),
    dead_letters: row.deadLetters,
  }
}
