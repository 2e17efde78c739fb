/** Who is asking: an API key, by either header. Everything under /api/v1 passes here before its body is read. */
import type { FastifyRequest } from 'fastify'
import type { Store } from '../store/store.ts'
import type { Api } from './api.ts'
import { problem } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose rows this request may see. Empty on routes without authentication. */
    profileId: string
    /** The key that was shown: what it may do (`scopes.ts`), and whose requests are counted together. */
    caller: Caller
  }
}

export type Caller = { id: string; scopes: readonly string[] }

export function authenticate(app: Api, apiKeys: Pick<Store['apiKeys'], 'verify'>): void {
  app.addHook('onRequest', async request => {
    const key = keyOf(request)
    if (key === null) throw problem('api_key_missing')
    // The store compares hashes, so nothing about a wrong key can be learned from the time this takes.
    const owner = isPlausible(key) ? await apiKeys.verify(key) : null
    if (owner === null) throw problem('api_key_invalid')
    request.profileId = owner.profileId
    request.caller = { id: owner.id, scopes: owner.scopes }
  })
}

function keyOf({ headers }: FastifyRequest): string | null {
  const bearer = /^Bearer +(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1]
  const plain = headers['x-api-key']
  return bearer ?? (typeof plain === 'string' && plain !== '' ? plain : null)
}

/** Hashing and a query are not spent on what no key looks like. */
function isPlausible(key: string): boolean {
  return key.length <= 256 && /^[\x21-\x7e]+$/.test(key)
}
