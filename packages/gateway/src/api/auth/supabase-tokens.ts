/** Access tokens of Supabase Auth: believed when the project's own keys signed them, for us, and not too long ago. */
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose'
import { jwksUrlOf } from '../supabase-keys.ts'

export type TokenVerdict =
  | { ok: true; user: { id: string; email: string | null } }
  /** The reason completes the sentence "The token …". */
  | { ok: false; code: 'token_invalid'; reason: string }
  | { ok: false; code: 'identity_unavailable'; reason: string }

export type SupabaseTokens = { verify(token: string): Promise<TokenVerdict> }

/** Signatures with public keys only: a shared secret (HS256) would let whoever checks tokens make them too. */
const algorithms = ['ES256', 'RS256', 'EdDSA']
/** Clocks of two machines that are kept by NTP differ by less. */
const clockToleranceS = 10
/** An unknown key makes us look again, this often at most: rotations are noticed, invented keys are not passed on. */
const cooldownMs = 30_000
/** A key that the project has taken back is believed no longer than this. */
const cacheMs = 10 * 60_000
const timeoutMs = 5_000
/** After a failure nobody asks again for this long: a project in trouble is not helped by a queue at its door. */
const restMs = 5_000

/** The keys could not be read. */
class KeysAway extends Error {}

const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/

/** Reads nothing before the first token comes. The address is the operator's, like that of the database. */
export function createSupabaseTokens(supabaseUrl: string, now: () => number = Date.now): SupabaseTokens {
  const issuer = `${supabaseUrl}/auth/v1`
  const keys = createRemoteJWKSet(new URL(jwksUrlOf(supabaseUrl)), {
    cooldownDuration: cooldownMs,
    cacheMaxAge: cacheMs,
    timeoutDuration: timeoutMs,
    [customFetch]: restingFetch(now),
  })
  return {
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience: 'authenticated',
          algorithms,
          clockTolerance: clockToleranceS,
          requiredClaims: ['exp', 'sub'],
        })
        return userOf(payload)
      } catch (error) {
        return verdictOn(error)
      }
    },
  }
}

/** As fetch, which jose does with; but a failure is told again for a while, without asking. */
function restingFetch(now: () => number): typeof fetch {
  let failure: { until: number; error: KeysAway } | null = null
  return async (url, init) => {
    if (failure !== null && now() < failure.until) throw failure.error
    try {
      const response = await fetch(url, init)
      if (response.status !== 200) throw new Error(`the keys were answered with ${response.status}`)
      failure = null
      return response
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      failure = { until: now() + restMs, error: new KeysAway(reason) }
      throw failure.error
    }
  }
}

function userOf({ sub = '', email, is_anonymous: anonymous }: JWTPayload): TokenVerdict {
  if (!uuid.test(sub)) return invalid('names no user')
  // Anybody is one of these who asks the project for it.
  if (anonymous === true) return invalid('is of an anonymous user')
  return { ok: true, user: { id: sub, email: typeof email === 'string' && email !== '' ? email : null } }
}

function verdictOn(error: unknown): TokenVerdict {
  if (error instanceof errors.JWTExpired) return invalid('has expired')
  if (error instanceof errors.JWTClaimValidationFailed)
    return invalid(`is not for this gateway: its "${error.claim}" is not the expected one`)
  if (error instanceof errors.JOSEAlgNotAllowed)
    return invalid(`is not signed with one of ${algorithms.join(', ')}`)
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return invalid('is signed with a key that the project does not have')
  if (error instanceof KeysAway || isAboutKeys(error)) return unavailable(error)
  if (error instanceof errors.JOSEError) return invalid('is damaged, or not signed by the project')
  throw error
}

function isAboutKeys(error: unknown): error is Error {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true
  // The plain one is for an answer that is no JSON.
  return error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC'
}

function invalid(reason: string): TokenVerdict {
  return { ok: false, code: 'token_invalid', reason }
}

function unavailable(error: Error): TokenVerdict {
  return { ok: false, code: 'identity_unavailable', reason: error.message }
}
