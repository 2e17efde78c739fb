/** What answers carry in their headers, written once and referred to by each of them. */

/** For `components.headers`. */
export const answerHeaders = {
  'X-Request-Id': header('Yours when you sent one; the log has it.'),
  'RateLimit-Policy': header('`"default";q=6000;w=60`: so many requests in so many seconds.'),
  RateLimit: header(
    '`"default";r=5999;t=60`: so many are left, and in so many seconds they are all there again.',
  ),
  'Retry-After': header('Seconds to wait.'),
  'Idempotency-Replayed': header(
    '`true`: this is the answer of an earlier request with the same Idempotency-Key.',
  ),
}

function header(description: string) {
  return { description, schema: { type: 'string' as const } }
}

type Response = { headers?: Record<string, { $ref: string }> }
type Document = {
  paths?: Record<
    string,
    Record<string, { 'x-required-scope'?: string; responses?: Record<string, Response> }>
  >
}

/** The document with the headers of the answers that a client looks into: it did what was asked, or is asked to wait. */
export function withHeaders<T extends object>(document: T): T {
  for (const methods of Object.values((document as Document).paths ?? {}))
    for (const [method, operation] of Object.entries(methods)) {
      if (operation['x-required-scope'] === undefined) continue
      for (const [status, response] of Object.entries(operation.responses ?? {}))
        if (status < '300' || status === '429') response.headers = refer(headersOf(method, status))
    }
  return document
}

function headersOf(method: string, status: string): (keyof typeof answerHeaders)[] {
  const always = ['X-Request-Id', 'RateLimit', 'RateLimit-Policy'] as const
  if (status === '429') return [...always, 'Retry-After']
  return method === 'post' ? [...always, 'Idempotency-Replayed'] : [...always]
}

function refer(names: string[]): Record<string, { $ref: string }> {
  return Object.fromEntries(names.map(name => [name, { $ref: `#/components/headers/${name}` }]))
}
