import type { ErrorClass } from '@waxwing/events'

/** Milliseconds. Null where the attempt did not get there, or did not need it (a kept-alive connection). */
export type Timings = {
  dnsMs: number | null
  connectMs: number | null
  tlsMs: number | null
  /** From the request leaving to the status line arriving. */
  firstByteMs: number | null
  bodyMs: number | null
}

/** What one request came to. `error` is null exactly when a complete 2xx answer arrived in time. */
export type Attempt = {
  startedAt: Date
  durationMs: number
  timings: Timings
  /** As sent, except that the values of the user's own headers are hidden: they are often credentials. */
  requestHeaders: Record<string, string>
  response: {
    status: number
    headers: Record<string, string>
    /** Decoded text, at most 16 KiB of it. */
    body: string
    truncated: boolean
  } | null
  error: { class: ErrorClass; message: string } | null
}
