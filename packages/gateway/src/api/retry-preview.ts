/** What a retry_config means in times, before it is saved: reckoned by the function that schedules the attempts. */
import { z } from 'zod'
import { planOf } from '../delivery/retry-schedule.ts'
import type { Api } from './api.ts'
import { moment } from './page.ts'
import { invalid } from './problem.ts'
import { retryInput, retryOf, retryShown, showRetry } from './retry-config.ts'

const preview = z
  .object({
    retry_config: retryShown.describe('As it would be stored.'),
    attempts: z.array(
      z.object({
        number: z.int(),
        wait_ms: z.int().describe('The wait before it, without the up to 20 % that are added by chance.'),
        earliest: moment,
        latest: moment,
      }),
    ),
    total_ms: z
      .object({ least: z.int(), most: z.int() })
      .describe('From the first attempt to the last, when each fails at once.'),
  })
  .meta({ id: 'RetryPreview' })

export function retryPreviewRoute(app: Api, now: () => Date = () => new Date()): void {
  app.post(
    '/webhooks/retry-preview',
    {
      schema: {
        tags: ['Webhooks'],
        operationId: 'previewRetries',
        summary: 'Preview a retry schedule',
        description:
          'When the attempts of a delivery that fails now, and every time, would be made. Attempts take up to the ' +
          'timeout themselves, and a Retry-After, a rate limit or an endpoint in trouble makes them later. Nothing is stored.',
        body: z.strictObject({ retry_config: retryInput }),
        response: { 200: preview },
      },
    },
    async request => {
      const { retry, faults } = retryOf(request.body.retry_config)
      if (faults.length > 0) throw invalid(faults)
      return show(planOf(retry, now()), showRetry(retry))
    },
  )
}

function show(
  plan: ReturnType<typeof planOf>,
  retry_config: z.output<typeof retryShown>,
): z.output<typeof preview> {
  const [first] = plan
  const last = plan.at(-1)
  const since = (at: Date | undefined) => (at?.getTime() ?? 0) - (first?.earliest.getTime() ?? 0)
  return {
    retry_config,
    attempts: plan.map(({ number, waitMs, earliest, latest }) => ({
      number,
      wait_ms: waitMs,
      earliest: earliest.toISOString(),
      latest: latest.toISOString(),
    })),
    total_ms: { least: since(last?.earliest), most: since(last?.latest) },
  }
}
