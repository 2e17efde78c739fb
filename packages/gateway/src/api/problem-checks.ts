/** What every refusal must look like, for the tests of this room. */
import assert from 'node:assert/strict'
import { isProblemCode, problems } from './problem.ts'

type Refusal = { status: number; headers: Headers; text: string; json: ReturnType<typeof JSON.parse> }
type Paths = Record<string, Record<string, { responses: Record<string, { description: string }> }>>

/** Asserts a complete problem document whose code, status and title agree with the table; returns its errors. */
export function assertProblem(answer: Refusal, code?: string): { pointer: string; detail: string }[] {
  const { json } = answer
  assert.equal(answer.headers.get('content-type'), 'application/problem+json', answer.text.slice(0, 200))
  assert.ok(isProblemCode(json.code), `unknown code ${json.code}`)
  if (code) assert.equal(json.code, code, answer.text.slice(0, 300))
  const row = problems[json.code as keyof typeof problems]
  assert.equal(answer.status, row.status)
  assert.equal(json.status, row.status)
  assert.equal(json.title, row.title)
  assert.equal(json.type, `urn:waxwing:problem:${json.code}`)
  assert.ok(json.detail.length > 0 && answer.text.length < 10_000, 'says something, and not too much')
  assert.equal(json.request_id, answer.headers.get('x-request-id'))
  return json.errors ?? []
}

/** The places that the errors of an answer name. */
export function pointersOf(answer: Refusal): string[] {
  return assertProblem(answer, 'validation_failed').map(error => error.pointer)
}

/** What is refused before a route is known, or by links to files, which are no part of the API; no route tells it. */
export const routeless = [
  'malformed_request',
  'route_not_found',
  'method_not_allowed',
  'request_timeout',
  'headers_too_large',
  'media_link_invalid',
  'media_link_expired',
  'media_not_found',
  'range_not_satisfiable',
]

/** Asserts that every refusal the API gave during a test is one that its document announces for that route. */
export function assertDocumented(document: { paths: Paths }, told: { route: string; code: string }[]): void {
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => ({
      pattern: new RegExp(
        `^${method.toUpperCase()} ${path.replace('/api/v1', '').replaceAll(/\{\w+\}/g, '[^/]*')}$`,
      ),
      announced: Object.values(responses)
        .map(response => response.description)
        .join(' '),
    })),
  )
  for (const { route, code } of told.filter(refusal => !routeless.includes(refusal.code))) {
    // A literal path (/events/catalog) is listed beside the pattern that also fits it (/events/{id}).
    const fitting = routes.filter(({ pattern }) => pattern.test(route.split('?')[0] ?? ''))
    assert.ok(
      fitting.some(({ announced }) => announced.includes(`\`${code}\`:`)),
      `${route} answered ${code}, which its document does not announce`,
    )
  }
}
