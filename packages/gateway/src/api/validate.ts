/** Requests are checked against the zod schema of their route; every fault is named with its place. */
import type { FastifySchemaCompiler } from 'fastify'
import { z } from 'zod'
import { type FieldError, invalid, isProblemCode, problem } from './problem.ts'

/** More faults than this are not read by anyone, and a body can have a million. */
const MAX_ERRORS = 20
/** Keys and values come from the caller; an answer does not repeat a megabyte of them. */
const MAX_TEXT = 200

/**
 * The `:id` of a path. A text that is not a UUID names nothing, so it is answered as an unknown id is:
 * 404, with the code of the resource, which travels here as the message of the schema.
 */
export function pathId(
  missing:
    | 'session_not_found'
    | 'webhook_not_found'
    | 'event_not_found'
    | 'delivery_not_found'
    | 'replay_not_found'
    | 'api_key_not_found'
    | 'account_not_found'
    | 'sign_in_not_found',
) {
  return z.strictObject({ id: z.uuid({ error: missing }) })
}

/** What a route without parameters takes: a misspelt filter must not look like an unfiltered answer. */
export const noQuery = z.strictObject({})

/** The answer 204 has no body. */
export const noContent = z.undefined().describe('Done.')

export const validate: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  data => {
    const result = schema.safeParse(data)
    if (result.success) return { value: result.data }
    if (httpPart === 'params') return { error: unknownId(result.error.issues) }
    return { error: invalid(faultsOf(result.error.issues, httpPart === 'querystring')) }
  }

function unknownId([issue]: z.core.$ZodIssue[]) {
  const code = issue?.message ?? ''
  return problem(isProblemCode(code) ? code : 'route_not_found')
}

/** Issues of zod as faults for people; `inQuery` writes places as `?name` instead of a JSON Pointer. */
export function faultsOf(issues: z.core.$ZodIssue[], inQuery = false): FieldError[] {
  const place = inQuery ? (path: PropertyKey[]) => `?${path.join('.')}` : pointerOf
  return issues
    .flatMap(issue => faultsOfOne(issue, place))
    .slice(0, MAX_ERRORS)
    .map(bounded)
}

function faultsOfOne(issue: z.core.$ZodIssue, place: (path: PropertyKey[]) => string): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({
      pointer: place([...issue.path, key]),
      detail: `"${cut(key)}" is not known here.`,
    }))
  }
  return [{ pointer: place(issue.path), detail: sentence(issue) }]
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_type') return issue.message
  if (issue.path.length === 0 && issue.message.endsWith('null'))
    return 'A JSON object is required as the body.'
  return issue.message.endsWith('undefined') ? 'This is required.' : issue.message
}

/** RFC 6901. */
export function pointerOf(path: PropertyKey[]): string {
  return path.map(part => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function bounded(fault: FieldError): FieldError {
  return { pointer: cut(fault.pointer), detail: cut(fault.detail) }
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).toWellFormed()}…` : text
}
