/**
 * `Idempotency-Key` on POST (draft-ietf-httpapi-idempotency-key-header): a client that got no answer repeats its request
 * with the same key, and what was done is not done again.
 */
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IdempotencyClaim, KeptAnswer } from '../store/idempotency.ts'
import type { Store } from '../store/store.ts'
import type { Api } from './api.ts'
import { invalid, problem } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set while a request with an Idempotency-Key is carried out. */
    idempotency: IdempotencyClaim | null
  }
}

/** The header, as the document shows it. */
export const idempotencyHeader = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  description:
    'Any text of yours, a UUID say. The same request with the same key is carried out once: within 24 hours its ' +
    'repetition gets the first answer, with `Idempotency-Replayed: true`. A refusal that changed nothing leaves the key free.',
}

/** Under authentication: keys belong to the profile. After validation: what does not fit is refused without a key. */
export function keepIdempotent(app: Api, idempotency: Store['idempotency']): void {
  app.decorateRequest('idempotency', null)

  app.addHook('preHandler', async (request, reply) => {
    const key = request.method === 'POST' ? keyOf(request) : null
    if (key === null) return
    const { profileId } = request
    const begun = await idempotency.begin({ profileId, key, fingerprint: fingerprintOf(request) })
    switch (begun.kind) {
      case 'yours':
        request.idempotency = begun.claim
        return
      case 'answered':
        return repeat(reply, begun.answer)
      case 'at_work':
        throw problem('idempotent_request_running')
      case 'another':
        throw problem('idempotency_key_reused')
    }
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const claim = request.idempotency
    if (claim === null) return payload
    request.idempotency = null
    // The answer is more important than its copy: without it the key is claimed for a minute, and then free.
    await settle(claim, reply, payload).catch(error =>
      request.log.error({ err: error }, 'the answer of an Idempotency-Key was not kept'),
    )
    return payload
  })

  async function settle(claim: IdempotencyClaim, reply: FastifyReply, payload: unknown): Promise<void> {
    const { statusCode: status } = reply
    const contentType = reply.getHeader('content-type')
    if (mayHaveHappened(status)) {
      const body = typeof payload === 'string' ? payload : ''
      await idempotency.keep(claim, { status, contentType: contentType ? String(contentType) : null, body })
      // While the database is away neither can be said, and what a handler that took too long has done is unknown.
    } else if (status !== 503) await idempotency.release(claim)
  }
}

/** A bug and an engine that did not answer leave it open; every other refusal changed nothing. */
function mayHaveHappened(status: number): boolean {
  return status < 400 || status === 500 || status === 504
}

/** The draft writes the key as a quoted string, most clients do not. */
function keyOf({ headers }: FastifyRequest): string | null {
  const given = headers['idempotency-key']
  if (given === undefined) return null
  const key = /^"(.*)"$/.exec(String(given))?.[1] ?? String(given)
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw invalid([{ pointer: 'Idempotency-Key', detail: 'Expected 1 to 255 visible ASCII characters.' }])
}

/** The body as it was understood: spaces and the order of keys in another attempt make no other request. */
function fingerprintOf({ method, url, body }: FastifyRequest): Buffer {
  const request = JSON.stringify([method, url, body ?? null], (_key, value) => sorted(value))
  return createHash('sha256').update(request).digest()
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}

function repeat(reply: FastifyReply, { status, contentType, body }: KeptAnswer): FastifyReply {
  reply.code(status).header('Idempotency-Replayed', 'true')
  if (contentType === null) return reply.send()
  return reply
    .type(contentType)
    .serializer((text: unknown) => String(text))
    .send(body)
}
