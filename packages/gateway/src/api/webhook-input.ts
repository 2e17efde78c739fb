/** What a webhook may be configured to: the shape by schema, and what only the other rooms can judge. */
import { checkSubscription, defaultSubscription } from '@waxwing/events'
import { z } from 'zod'
import type { Guard } from '../delivery/guard.ts'
import { checkUserHeaders } from '../delivery/user-headers.ts'
import type { Sessions } from '../store/sessions.ts'
import { type FieldError, invalid } from './problem.ts'
import { retryInput } from './retry-config.ts'
import { pointerOf } from './validate.ts'

/** In requests a second. More than a receiver is likely to mean; what needs more needs no limit. */
const maxRateLimit = 1_000
/** `whsec_` and base64 of 24 to 64 bytes: what the Standard Webhooks specification allows. */
export const secret = z
  .string()
  .max(128)
  .refine(text => /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text) && within(secretBytes(text), 24, 64), {
    error: 'Expected `whsec_` followed by base64 of 24 to 64 bytes.',
  })

const fields = {
  name: z.string().trim().min(1).max(100),
  webhook_url: z.string().max(2_048).describe('Where deliveries are posted; http or https.'),
  session_ids: z.array(z.uuid()).max(100).nullable().describe('Only these sessions; null: all.'),
  enabled: z.boolean(),
  subscribed_events: z.array(z.string().max(100)).min(1).max(100).describe('Types, `messages.*`, or `*`.'),
  headers: z.record(z.string().max(128), z.string().max(4_096)).describe('Sent with every request.'),
  ordered: z
    .boolean()
    .describe('One delivery of a chat at a time, in the order they came; of what comes after the change.'),
  rate_limit: z
    .int({ error: 'Expected whole requests a second, or null for no limit.' })
    .min(1, { error: 'At least 1 request a second; to send nothing, disable the webhook.' })
    .max(maxRateLimit, { error: `At most ${maxRateLimit} requests a second; null for no limit.` })
    .nullable()
    .describe('Requests a second at most, retries and replays included; null: no limit.'),
}

export const newWebhook = z.strictObject({
  name: fields.name.optional().describe('Default: the host of the URL.'),
  webhook_url: fields.webhook_url,
  session_ids: fields.session_ids.default(null),
  enabled: fields.enabled.default(true),
  subscribed_events: fields.subscribed_events.default([...defaultSubscription]),
  retry_config: retryInput.default({ preset: 'quick' }),
  headers: fields.headers.default({}),
  ordered: fields.ordered.default(false),
  rate_limit: fields.rate_limit.default(null),
  secret: secret.optional().describe('Your own; else one is made. Shown in this answer only.'),
})

export const webhookChange = z.strictObject({
  ...z.strictObject(fields).partial().shape,
  retry_config: retryInput.optional(),
})

type Judged = Partial<
  Pick<z.output<typeof newWebhook>, 'webhook_url' | 'session_ids' | 'subscribed_events' | 'headers'>
>

/**
 * Refuses with every fault at once, those found before (`faults`) among them. Returns nothing: what passes is fit to
 * be stored.
 */
export async function judgeWebhook(
  input: Judged,
  a: {
    guard: Pick<Guard, 'checkUrl'>
    sessions: Pick<Sessions, 'get'>
    profileId: string
    faults: readonly FieldError[]
  },
): Promise<void> {
  const faults = [
    ...a.faults,
    ...faultsOfUrl(input.webhook_url, a.guard),
    ...faultsOfSubscription(input.subscribed_events),
    ...checkUserHeaders(input.headers ?? {}).map(({ name, detail }) => ({
      pointer: pointerOf(name === null ? ['headers'] : ['headers', name]),
      detail,
    })),
    ...(await faultsOfSessions(input.session_ids ?? [], a)),
  ]
  if (faults.length > 0) throw invalid(faults)
}

function faultsOfUrl(url: string | undefined, guard: Pick<Guard, 'checkUrl'>): FieldError[] {
  if (url === undefined) return []
  const verdict = guard.checkUrl(url)
  return verdict.ok ? [] : [{ pointer: '/webhook_url', detail: verdict.detail }]
}

function faultsOfSubscription(events: string[] | undefined): FieldError[] {
  if (events === undefined) return []
  const verdict = checkSubscription(events)
  if (verdict.ok) return []
  return verdict.problems.map(({ index, detail }) => ({
    pointer: pointerOf(['subscribed_events', index]),
    detail,
  }))
}

async function faultsOfSessions(
  ids: string[],
  { sessions, profileId }: { sessions: Pick<Sessions, 'get'>; profileId: string },
): Promise<FieldError[]> {
  const rows = await Promise.all(ids.map(id => sessions.get(profileId, id)))
  return rows.flatMap((row, index) =>
    row === null ? [{ pointer: pointerOf(['session_ids', index]), detail: 'There is no such session.' }] : [],
  )
}

function secretBytes(text: string): number {
  return Buffer.from(text.slice('whsec_'.length), 'base64').length
}

function within(value: number, least: number, most: number): boolean {
  return value >= least && value <= most
}
