/** What a key may do, and what each route needs: the one place that says so. */
import type { Api } from './api.ts'
import { problem } from './problem.ts'

/** From the least to the most; each includes those before it. */
export const scopes = ['read', 'write', 'admin'] as const
export type Scope = (typeof scopes)[number]

/** What stands in the row of a key that may do everything, whatever scopes are added later. */
const everything = '*'

/**
 * GET reads and everything else writes, except for what is named here by its operationId: what shows or makes
 * credentials, and what only reckons. A key that leaks from a dashboard must not be able to sign, nor to make more keys.
 */
const exceptions: Readonly<Record<string, Scope>> = {
  previewRetries: 'read',
  getWebhookSecret: 'admin',
  rotateWebhookSecret: 'admin',
  listApiKeys: 'admin',
  createApiKey: 'admin',
  deleteApiKey: 'admin',
  createSignInLink: 'admin',
  listSignIns: 'admin',
  endSignIn: 'admin',
}

type Route = { method?: string | string[]; schema?: { operationId?: string } }

/** The scope that a route needs. */
export function scopeOf({ method = [], schema }: Route): Scope {
  const reads = [method].flat().every(verb => verb === 'GET' || verb === 'HEAD')
  return exceptions[schema?.operationId ?? ''] ?? (reads ? 'read' : 'write')
}

/** Whether what a key was given covers what a route needs. A word that is no scope gives nothing. */
export function covers(granted: readonly string[], needed: Scope): boolean {
  const reach = granted.map(scope => scopes.indexOf(scope as Scope))
  return granted.includes(everything) || Math.max(-1, ...reach) >= scopes.indexOf(needed)
}

/** The scopes of a row as people read them. */
export function scopesIn(granted: readonly string[]): Scope[] {
  return granted.includes(everything) ? [...scopes] : scopes.filter(scope => granted.includes(scope))
}

/** Refuses what the caller's key does not cover. Comes after authentication, and before anything is looked up. */
export function enforceScopes(app: Api): void {
  app.addHook('onRequest', async (request, reply) => {
    const needed = scopeOf(request.routeOptions)
    if (covers(request.caller.scopes, needed)) return
    // RFC 6750 section 3.1
    reply.header('WWW-Authenticate', `Bearer realm="waxwing", error="insufficient_scope", scope="${needed}"`)
    const has = scopesIn(request.caller.scopes).join(', ') || 'none'
    throw problem('insufficient_scope', `This needs the scope \`${needed}\`; the key has: ${has}.`, {
      required_scope: needed,
    })
  })
}
