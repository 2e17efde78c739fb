/** A webhook as the editor holds it: text where people type text, until the gateway judges it. */
import type { Input } from '../../api.ts'
import type { Webhook } from '../../operations.ts'
import type { Refusal } from '../../refusal.ts'

type Body = Input<'createWebhook'>['body']

export type Draft = {
  name: string
  url: string
  sessionIds: string[] | null
  events: string[]
  preset: 'quick' | 'standard' | 'custom'
  maxAttempts: string
  backoffMs: string
  /** Waits in seconds, with commas; empty: they double from `backoffMs`. */
  waits: string
  headers: { name: string; value: string }[]
  ordered: boolean
  rateLimit: string
}

export const blank: Draft = {
  name: '',
  url: '',
  sessionIds: null,
  events: [],
  preset: 'quick',
  maxAttempts: '5',
  backoffMs: '1000',
  waits: '',
  headers: [],
  ordered: false,
  rateLimit: '',
}

export function draftOf(webhook: Webhook): Draft {
  const { preset, max_attempts, backoff_ms, delays_ms } = webhook.retry_config
  return {
    name: webhook.name,
    url: webhook.webhook_url,
    sessionIds: webhook.session_ids,
    events: webhook.subscribed_events,
    preset,
    maxAttempts: String(max_attempts),
    backoffMs: String(backoff_ms),
    waits: (preset === 'custom' && delays_ms ? delays_ms : []).map(ms => ms / 1_000).join(', '),
    headers: Object.entries(webhook.headers).map(([name, value]) => ({ name, value })),
    ordered: webhook.ordered,
    rateLimit: webhook.rate_limit === null ? '' : String(webhook.rate_limit),
  }
}

export function retryOf({ preset, maxAttempts, backoffMs, waits }: Draft): NonNullable<Body['retry_config']> {
  if (preset !== 'custom') return { preset }
  if (waits.trim() === '')
    return { preset, max_attempts: Number(maxAttempts), backoff_ms: Number(backoffMs), delays_ms: null }
  const delays = waits.split(/[\s,;]+/).filter(part => part !== '')
  // What is no number must reach the gateway as something it refuses by name.
  return { preset, delays_ms: delays.map(seconds => Math.round(Number(seconds) * 1_000) || 0) }
}

export function bodyOf(draft: Draft): Body {
  const { name, url, sessionIds, events, headers, ordered, rateLimit } = draft
  return {
    ...(name.trim() ? { name: name.trim() } : {}),
    webhook_url: url.trim(),
    session_ids: sessionIds,
    subscribed_events: events,
    retry_config: retryOf(draft),
    headers: Object.fromEntries(
      headers.filter(({ name }) => name !== '').map(({ name, value }) => [name, value]),
    ),
    ordered,
    rate_limit: rateLimit === '' ? null : Number(rateLimit),
  }
}

/** What the gateway says of a field, and of those inside it. */
export function faultOf(refusal: Refusal | null, field: string): string | null {
  const faults =
    refusal?.faults.filter(({ pointer }) => pointer === field || pointer.startsWith(`${field}/`)) ?? []
  return faults.length > 0 ? faults.map(({ detail }) => detail).join(' ') : null
}
