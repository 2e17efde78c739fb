/** What every refusal must look like, for the tests of this room. */
import assert from 'node:assert/strict'
import { isProblemCode, problems } from './problem.ts'
import type { Answer } from './test-api.ts'

/** Asserts a complete problem document whose code, status and title agree with the table; returns its errors. */
export function assertProblem(answer: Answer, code?: string): { pointer: string; detail: string }[] {
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
export function pointersOf(answer: Answer): string[] {
  return assertProblem(answer, 'validation_failed').map(error => error.pointer)
}
