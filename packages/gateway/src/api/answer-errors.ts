/** Whatever goes wrong leaves as a problem document: our refusals, Fastify's, a broken HTTP message, and bugs. */

import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { learnMethods } from './allowed-methods.ts'
import type { Api } from './api.ts'
import { mark, safeHeaders } from './every-response.ts'
import { Problem, type ProblemCode, problem, problemDocument, problems } from './problem.ts'

const MEDIA_TYPE = 'application/problem+json'

/** What Fastify itself refuses, in our words. */
const fastifyRefusals: Record<string, ProblemCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_request',
  FST_ERR_BAD_URL: 'malformed_request',
  // Only a database that hangs keeps a handler that long; see HANDLER_TIMEOUT_MS.
  FST_ERR_HANDLER_TIMEOUT: 'store_unavailable',
  // A path segment longer than any id: it names nothing.
  FST_ERR_MAX_PARAM_LENGTH: 'route_not_found',
}

export function answerErrors(app: Api): void {
  app.setErrorHandler<FastifyError>(answer)
  const methodsOf = learnMethods(app)
  // Not in a not-found handler: that would run after a body nobody asked for has been read and judged.
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return
    const path = request.url.split('?', 1)[0] ?? ''
    const code = allow(reply, methodsOf(path)) ? 'method_not_allowed' : 'route_not_found'
    const shown = `${request.method} ${path.slice(0, 200)}`
    throw problem(code, `There is no ${shown} here. ${problems[code].action}`)
  })
}

/** The header that a 405 must have (RFC 9110 section 15.5.6), if there is anything to put into it. */
function allow(reply: FastifyReply, methods: string[]): boolean {
  if (methods.length > 0) reply.header('Allow', methods.join(', '))
  return methods.length > 0
}

/** For `frameworkErrors`: a URL that cannot be decoded or routed. No hook has run. */
export function answerBrokenUrl(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  mark(request, reply)
  answer(error, request, reply)
}

function answer(error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalOf(error)
  if (problems[refusal.code].status >= 500)
    request.log.error({ err: error, code: refusal.code }, 'request failed')
  const { status } = problems[refusal.code]
  if (status === 401) reply.header('WWW-Authenticate', 'Bearer realm="waxwing"')
  // The rest of an oversized body is not worth reading; without this it would be read to its end.
  if (status === 413) reply.header('Connection', 'close')
  reply
    .code(status)
    .type(MEDIA_TYPE)
    .serializer((document: unknown) => JSON.stringify(document))
    .send(problemDocument(refusal, request.id))
}

function refusalOf(error: FastifyError | Problem): Problem {
  if (error instanceof Problem) return error
  const known = fastifyRefusals[error.code]
  if (known) return problem(known)
  if (isDatabaseAway(error)) return problem('store_unavailable')
  return problem('internal_error')
}

/** Errors of the connection, not of a statement: SQLSTATE classes 08 and 57P, pool waits, and the sockets below. */
function isDatabaseAway(error: Error & { code?: unknown }): boolean {
  if (/^(08...|57P0.|53300|ECONN(REFUSED|RESET)|EPIPE|ENOENT|ETIMEDOUT)$/.test(String(error.code)))
    return true
  return /connection terminated|timeout exceeded when trying to connect|pool (has been|after calling) end/i.test(
    error.message,
  )
}

/** The message was no HTTP request, or came too slowly: no request object exists, so the bytes are written here. */
export function answerBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const code = brokenHttpCode(error.code)
  const { status } = problems[code]
  const id = randomUUID()
  const body = JSON.stringify(problemDocument(problem(code), id))
  const headers = {
    'Content-Type': MEDIA_TYPE,
    'Content-Length': Buffer.byteLength(body),
    'X-Request-Id': id,
    Connection: 'close',
    ...safeHeaders,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
}

function brokenHttpCode(code: string | undefined): ProblemCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'malformed_request'
}
