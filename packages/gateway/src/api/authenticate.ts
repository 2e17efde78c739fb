/**
 * Who is asking: a program with an API key, or a person with the cookie of a sign-in or a token of Supabase. Everything
 * under /api/v1 that needs to know passes here before its body is read.
 */
import type { FastifyRequest } from 'fastify'
import type { SignIn } from '../store/sign-ins.ts'
import type { Store } from '../store/store.ts'
import type { Api } from './api.ts'
import type { Cookie } from './auth/cookie.ts'
import { isFromOurPage } from './auth/same-origin.ts'
import type { SupabaseTokens } from './auth/supabase-tokens.ts'
import { problem } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose rows this request may see. Empty on routes without authentication. */
    profileId: string
    /** Who is asking: what they may do (`scopes.ts`), and whose requests are counted together. */
    caller: Caller
  }
}

export type Caller = {
  profileId: string
  /** Of the key; of the profile, when a person asks. */
  id: string
  by: 'key' | 'token' | 'cookie'
  scopes: readonly string[]
  /** The browser that asks; null unless it is by cookie. */
  signIn: SignIn | null
  /** Whether what was shown would still be believed: for what outlives its request. */
  holds(): Promise<boolean>
}

/** What is believed. People are known either by cookies of ours or by tokens of Supabase; the other one is null. */
export type Doors = {
  apiKeys: Pick<Store['apiKeys'], 'verify'>
  profiles: Pick<Store['profiles'], 'seen'>
  signIns: Pick<Store['signIns'], 'verify'>
  cookie: Cookie | null
  tokens: SupabaseTokens | null
  publicUrl: string | null
}

/** A person may do everything in the profile, whatever scopes are added later. */
const everything = ['*']

export function authenticate(app: Api, doors: Doors): void {
  app.addHook('onRequest', async request => {
    const shown = shownBy(request)
    const caller = shown === null ? await byCookie(request, doors) : await byHeader(shown, doors)
    request.profileId = caller.profileId
    request.caller = caller
  })
}

function shownBy({ headers }: FastifyRequest): string | null {
  const bearer = /^Bearer +(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1]
  const plain = headers['x-api-key']
  return bearer ?? (typeof plain === 'string' && plain !== '' ? plain : null)
}

async function byHeader(shown: string, doors: Doors): Promise<Caller> {
  if (doors.tokens !== null && isToken(shown)) return byToken(shown, { ...doors, tokens: doors.tokens })
  // The store compares hashes, so nothing about a wrong key can be learned from the time this takes.
  const owner = isPlausibleKey(shown) ? await doors.apiKeys.verify(shown) : null
  if (owner === null) throw problem('api_key_invalid')
  const { id, profileId, scopes } = owner
  const holds = async () => (await doors.apiKeys.verify(shown)) !== null
  return { profileId, id, by: 'key', scopes, signIn: null, holds }
}

async function byToken(token: string, doors: Doors & { tokens: SupabaseTokens }): Promise<Caller> {
  const verdict = await doors.tokens.verify(token)
  if (!verdict.ok)
    throw problem(verdict.code, verdict.code === 'token_invalid' ? `The token ${verdict.reason}.` : undefined)
  await doors.profiles.seen(verdict.user)
  const { id } = verdict.user
  const holds = async () => (await doors.tokens.verify(token)).ok
  return { profileId: id, id, by: 'token', scopes: everything, signIn: null, holds }
}

async function byCookie(request: FastifyRequest, { cookie, signIns, publicUrl }: Doors): Promise<Caller> {
  const token = cookie?.read(request) ?? null
  if (token === null) throw problem('api_key_missing')
  // A browser sends the cookie whoever made it ask: what changes something must come from a page of ours.
  if (!isReading(request) && !isFromOurPage(request, publicUrl)) throw problem('cross_site_request')
  const signIn = await signIns.verify(token)
  if (signIn === null) throw problem('sign_in_ended')
  const { profileId } = signIn
  const holds = async () => (await signIns.verify(token)) !== null
  return { profileId, id: profileId, by: 'cookie', scopes: everything, signIn, holds }
}

function isReading({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** Three parts of base64url. No key of ours has a dot. */
function isToken(shown: string): boolean {
  return shown.length <= 8192 && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(shown)
}

/** Hashing and a query are not spent on what no key looks like. */
function isPlausibleKey(shown: string): boolean {
  return shown.length <= 256 && /^[\x21-\x7e]+$/.test(shown)
}
