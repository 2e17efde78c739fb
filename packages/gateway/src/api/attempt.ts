/** How one HTTP attempt is shown, in the history of a delivery and by the Test button. */

import { errorClasses } from '@waxwing/events'
import { z } from 'zod'
import { hint } from '../delivery/outcome.ts'
import type { AttemptRow } from '../store/deliveries.ts'
import { moment } from './page.ts'

const part = z.number().nullable()

/** Milliseconds; null where the attempt did not get there or did not need it. */
export const timings = z.object({
  dns_ms: part,
  connect_ms: part,
  tls_ms: part,
  first_byte_ms: part,
  body_ms: part,
})

export function showTimings(t: Readonly<Record<string, number | null>> | null): z.output<typeof timings> {
  return {
    dns_ms: t?.dnsMs ?? null,
    connect_ms: t?.connectMs ?? null,
    tls_ms: t?.tlsMs ?? null,
    first_byte_ms: t?.firstByteMs ?? null,
    body_ms: t?.bodyMs ?? null,
  }
}

export const attempt = z
  .object({
    id: z.string(),
    attempt: z.int().describe('From 1.'),
    started_at: moment,
    duration_ms: z.number(),
    timings,
    request_headers: z.record(z.string(), z.string()),
    response_status: z.int().nullable(),
    response_headers: z.record(z.string(), z.string()).nullable(),
    response_body: z.string().nullable().describe('The beginning, at most 16 KiB.'),
    error_class: z.string().nullable(),
    error_message: z.string().nullable(),
    hint: z.string().nullable().describe('What to look at, when it failed.'),
  })
  .meta({ id: 'Attempt', description: 'One HTTP request.' })

export function showAttempt(row: AttemptRow): z.output<typeof attempt> {
  const known = errorClasses.find(name => name === row.errorClass)
  return {
    id: row.id,
    attempt: row.attempt,
    started_at: row.startedAt.toISOString(),
    duration_ms: row.durationMs,
    timings: showTimings(row.timings),
    request_headers: row.requestHeaders,
    response_status: row.responseStatus,
    response_headers: row.responseHeaders,
    response_body: row.responseBody,
    error_class: row.errorClass,
    error_message: row.errorMessage,
    hint: known ? hint(known, row.responseStatus) : null,
  }
}
