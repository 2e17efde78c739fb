/** The filters of the list, as they stand in the address and as the API has them. */
import type { Input } from '../../api.ts'

type Query = NonNullable<Input<'listDeliveries'>['query']>

export type DeliverySearch = {
  status?: NonNullable<Query['status']>
  webhook?: string
  event?: string
  session?: string
  error?: NonNullable<Query['error_class']>
  code?: number
  since?: (typeof ranges)[number]
  /** An event id, pasted. */
  of?: string
  /** Only written when it is off. */
  live?: 'off'
}

export const statuses = ['pending', 'delivered', 'failed', 'cancelled'] as const
export const errors = [
  'dns',
  'refused',
  'reset',
  'tls',
  'timeout',
  'blocked',
  'redirect',
  'http_4xx',
  'http_5xx',
  'too_slow',
  'invalid_response',
] as const satisfies readonly Query['error_class'][]
export const ranges = ['1h', '24h', '7d', '30d'] as const
const hours = { '1h': 1, '24h': 24, '7d': 168, '30d': 720 }

const oneOf = <T extends string>(known: readonly T[], value: unknown) => known.find(one => one === value)
const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

export function deliverySearch(raw: Record<string, unknown>): DeliverySearch {
  const code = Number(raw.code)
  return {
    status: oneOf(statuses, raw.status),
    webhook: text(raw.webhook),
    event: text(raw.event),
    session: text(raw.session),
    error: oneOf(errors, raw.error),
    code: Number.isInteger(code) && code >= 100 && code <= 599 ? code : undefined,
    since: oneOf(ranges, raw.since),
    of: text(raw.of),
    live: raw.live === 'off' ? 'off' : undefined,
  }
}

/** `now` is rounded to the minute, so that the same filters stay the same question. */
export function queryOf(search: DeliverySearch, now: number): Query {
  const minute = Math.floor(now / 60_000) * 60_000
  return {
    status: search.status,
    webhook_id: search.webhook,
    event_type: search.event,
    session_id: search.session,
    error_class: search.error,
    response_status: search.code,
    event_id: search.of,
    since: search.since && new Date(minute - hours[search.since] * 3_600_000).toISOString(),
  }
}

export function isFiltered({ live: _live, ...filters }: DeliverySearch): boolean {
  return Object.values(filters).some(value => value !== undefined)
}
