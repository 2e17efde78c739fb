import type { ErrorClass } from '@waxwing/events'
import type { Attempt } from './attempt.ts'
import { BlockedAddress } from './guard.ts'

export type Failure = NonNullable<Attempt['error']>

/** Codes of Node, libuv, OpenSSL, llhttp and undici, in the order they are tried. */
const classes: readonly (readonly [RegExp, ErrorClass])[] = [
  [/^(ENOTFOUND|ENODATA|ESERVFAIL|EAI_)/, 'dns'],
  [/^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL|EACCES|EPERM)$/, 'refused'],
  [/^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, 'timeout'],
  [/^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET|UND_ERR_INFO)$/, 'reset'],
  [/CERT|^(ERR_TLS_|ERR_SSL_|EPROTO|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|CRL_|UNSUPPORTED_)/, 'tls'],
]

/** What went wrong below HTTP, as a class and a message for the attempt's row. */
export function failureOf(error: unknown): Failure {
  const cause = firstCause(error)
  if (cause instanceof BlockedAddress) return { class: 'blocked', message: cause.message }
  const code = String((cause as NodeJS.ErrnoException).code ?? '')
  const known = classes.find(([pattern]) => pattern.test(code))
  const message = cause instanceof Error ? cause.message : String(cause)
  return { class: known?.[1] ?? 'invalid_response', message: message || code }
}

/** Trying several addresses of a name fails with all their errors at once; the first speaks for them. */
function firstCause(error: unknown): unknown {
  return error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error
}

/** What a complete answer means: null for 2xx, which alone is success. Redirects are never followed. */
export function failureOfStatus(status: number, location: string | undefined): Failure | null {
  if (status >= 200 && status < 300) return null
  if (status >= 500) return { class: 'http_5xx', message: `HTTP ${status}` }
  if (status >= 400) return { class: 'http_4xx', message: `HTTP ${status}` }
  return { class: 'redirect', message: location ? `HTTP ${status} to ${location}` : `HTTP ${status}` }
}
