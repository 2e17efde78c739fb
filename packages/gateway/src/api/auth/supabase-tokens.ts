/** Access tokens of Supabase Auth: believed when the project's own keys signed them, for us, and not too long ago. */
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'

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

const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/

/** Reads nothing before the first token comes. The address is the operator's, like that of the database. */
export function createSupabaseTokens(supabaseUrl: string): SupabaseTokens {
  const issuer = `${supabaseUrl}/auth/v1`
  const keys = createRemoteJWKSet(new URL(jwksUrlOf(supabaseUrl)), {
    cooldownDuration: cooldownMs,
    cacheMaxAge: cacheMs,
    timeoutDuration: timeoutMs,
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

/** Where a project tells its public keys. */
export function jwksUrlOf(supabaseUrl: string): string {
  return `${supabaseUrl}/auth/v1/.well-known/jwks.json`
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
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return unavailable(error)
  // jose says this one when the keys are answered with another status than 200, or with no JSON.
  if (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC') return unavailable(error)
  if (error instanceof errors.JOSEError) return invalid('is damaged, or not signed by the project')
  // What remains is the network below fetch.
  if (error instanceof TypeError) return unavailable(error)
  throw error
}

function invalid(reason: string): TokenVerdict {
  return { ok: false, code: 'token_invalid', reason }
}

function unavailable(error: Error): TokenVerdict {
  return { ok: false, code: 'identity_unavailable', reason: error.message }
}
