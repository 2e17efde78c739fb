import type { ErrorClass } from '@waxwing/events'
import type { Attempt } from './attempt.ts'
import { nextAttemptAt, type RetryConfig } from './retry-schedule.ts'

/** What an attempt means for its delivery. */
export type Decision = { kind: 'delivered' } | { kind: 'retry'; at: Date } | { kind: 'dead' }

/** A receiver may ask for patience, not for oblivion. */
const maxRetryAfterMs = 10 * 3_600_000

/**
 * | the attempt | the delivery |
 * |---|---|
 * | complete 2xx in time | delivered |
 * | 410 Gone | dead at once: the receiver says nothing will ever be accepted here again |
 * | the last of `maxAttempts` failed | dead |
 * | 429 or 503 with Retry-After | retry, not before the schedule nor before what was asked, at most 10 h for the latter |
 * | anything else | retry by the schedule |
 *
 * `number` is the attempt's, from 1; `now` is when it ended; `random` gives [0, 1).
 */
export function decide(
  attempt: Attempt,
  a: { number: number; retry: RetryConfig; now: Date; random: () => number },
): Decision {
  if (attempt.error === null) return { kind: 'delivered' }
  if (attempt.response?.status === 410 || a.number >= a.retry.maxAttempts) return { kind: 'dead' }
  const scheduled = nextAttemptAt(a)
  const asked = patienceUntil(attempt, a.now)
  return { kind: 'retry', at: asked !== null && asked > scheduled ? asked : scheduled }
}

/**
 * Until when a 429 or 503 asks to be left in peace, at most 10 h from `now`; null when it asks for nothing. That is
 * about the pace, not about the health of the endpoint.
 */
export function patienceUntil(attempt: Attempt, now: Date): Date | null {
  const { response } = attempt
  if (response === null || (response.status !== 429 && response.status !== 503)) return null
  const at = retryAfter(response.headers['retry-after'], now)
  return at <= now.getTime() ? null : new Date(Math.min(at, now.getTime() + maxRetryAfterMs))
}

/** Retry-After (RFC 9110 section 10.2.3): whole seconds, or a date. What is neither asks for nothing. */
function retryAfter(value: string | undefined, now: Date): number {
  const text = value?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return now.getTime() + Number(text) * 1000
  // Only the forms of HTTP dates: Date.parse alone would read "1.5" or "soon 1" as years.
  if (/^[A-Z][a-z]{2,8}, .* GMT$/.test(text)) return Date.parse(text) || 0
  // The third form, of C's asctime, names no zone and means GMT.
  return /^[A-Z][a-z]{2} [A-Z][a-z]{2} [\d ]\d \d\d:\d\d:\d\d \d{4}$/.test(text)
    ? Date.parse(`${text} GMT`) || 0
    : 0
}

const hints: Record<ErrorClass, string> = {
  dns: 'The host name does not resolve. Check it for typing errors, and that its DNS record is public.',
  refused: 'Nothing answers at that address and port. Is the server running, and does a firewall let us in?',
  reset: 'The connection was cut before an answer. A proxy or a crash of the receiver may have closed it.',
  tls: 'The TLS certificate is not valid for this host. Self-signed, expired and incomplete chains are refused.',
  timeout: 'No answer in time. Answer with 2xx as soon as the event is stored, and do the work afterwards.',
  blocked: 'Nothing was sent; the message says why. WEBHOOK_ALLOW_PRIVATE_NETWORKS opens networks you own.',
  redirect: 'The receiver redirects, and redirects are not followed. Configure the final URL.',
  http_4xx:
    'The receiver refused the request. Check the path, its authentication and the expected method (POST).',
  http_5xx: 'The receiver failed. Its own log of this moment knows why.',
  too_slow: 'The answer began but did not end in time. Send a short body, or none.',
  invalid_response: 'What came back is not a valid HTTP/1.1 answer. Is this the port of a web server?',
}

/** Statuses with more to say than their class. */
const statusHints: Record<number, string> = {
  401: 'The receiver wants other credentials. If it verifies signatures, check that it has the current secret.',
  403: 'The receiver forbids this. A bot filter or an IP allow-list in front of it is the usual reason.',
  404: 'There is nothing at this path. Check the URL, and that the receiver has this route deployed.',
  405: 'The receiver does not take POST at this path.',
  410: 'The receiver says this address is gone for good. Change the URL; nothing will be retried here.',
  413: 'The event is larger than the receiver accepts. Raise its body limit (1 MiB is enough).',
  429: 'The receiver is asking for fewer requests. Its Retry-After is honoured; set a rate_limit to stay below its own.',
  503: 'The receiver says it is temporarily unavailable. Its Retry-After, when it sends one, is honoured.',
}

/** What a person should look at first. One sentence or two, for the dashboard and the Test button. */
export function hint(errorClass: ErrorClass, status: number | null): string {
  const byStatus =
    errorClass === 'http_4xx' || errorClass === 'http_5xx' ? statusHints[status ?? 0] : undefined
  return byStatus ?? hints[errorClass]
}
