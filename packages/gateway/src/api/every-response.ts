/** What every response carries and leaves behind: an id, safe headers, one line in the log. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Api } from './api.ts'

/** The caller's X-Request-Id when it is harmless in a log and a header, else a new one. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID()
}

/**
 * No page may frame, sniff, script or open these answers; no cache may keep them. There is no CORS: other origins get
 * nothing. Pages loosen the policy for what is their own, and nothing else.
 */
export const safeHeaders: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Content-Security-Policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
}

/** Done by a hook; called by hand only where Fastify answers before any hook. */
export function mark(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(safeHeaders).header('X-Request-Id', request.id)
}

/** A year, as browsers want it before they believe it; only where the operator says that it is https. */
const httpsOnly = 'max-age=31536000'

export function markEveryResponse(
  app: Api,
  { log, publicUrl }: { log: Logger; publicUrl: string | null },
): void {
  const secure = publicUrl?.startsWith('https:') ?? false
  app.addHook('onRequest', async (request, reply) => {
    mark(request, reply)
    if (secure) reply.header('Strict-Transport-Security', httpsOnly)
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? null
    // Probes ask every few seconds for ever; a line each would bury the rest.
    const level = route?.startsWith('/health') || route === '/metrics' ? 'debug' : 'info'
    // The route's pattern, not the URL: ids have their own places in the log, and a URL may be anything.
    log[level](
      {
        requestId: request.id,
        method: request.method,
        route,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        profileId: request.profileId || undefined,
      },
      'request',
    )
  })
}
