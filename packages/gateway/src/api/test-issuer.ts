/** For tests: a Supabase project as the gateway sees it, with keys of its own and a count of who asked for them. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

type Key = { kid: string; alg: 'ES256' | 'RS256'; privateKey: CryptoKey; publicKey: CryptoKey }
export type Claims = JWTPayload & { email?: string; is_anonymous?: boolean }

export type TestIssuer = {
  /** SUPABASE_URL. */
  url: string
  /** How often the keys were asked for. */
  asked(): number
  /** A token as the project gives it to a user, with what is wrong about it. `exp` in seconds from now, 3600 otherwise. */
  token(claims?: Claims & { expiresInS?: number }, key?: Key): Promise<string>
  newKey(alg?: Key['alg']): Promise<Key>
  /** What the project tells from now on. */
  publish(...keys: Key[]): void
  /** The key it signs with, published at the start. */
  key: Key
  /** 200, or how the project answers while it is in trouble. */
  answerWith(status: number): void
  stop(): Promise<void>
}

export async function startTestIssuer(): Promise<TestIssuer> {
  let asked = 0
  let status = 200
  const key = await newKey()
  let published: Key[] = [key]
  const server = createServer(async (request, response) => {
    if (request.url !== '/auth/v1/.well-known/jwks.json') return void response.writeHead(404).end()
    asked += 1
    const keys = await Promise.all(
      published.map(async ({ kid, alg, publicKey }) => ({
        ...(await exportJWK(publicKey)),
        kid,
        alg,
        use: 'sig',
      })),
    )
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    key,
    asked: () => asked,
    newKey,
    publish: (...keys) => {
      published = keys
    },
    answerWith: code => {
      status = code
    },
    token({ expiresInS = 3600, ...claims } = {}, { kid, alg, privateKey } = key) {
      const nowS = Math.floor(Date.now() / 1000)
      const usual = {
        iss: `${url}/auth/v1`,
        aud: 'authenticated',
        role: 'authenticated',
        iat: nowS,
        exp: nowS + expiresInS,
      }
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg, kid, typ: 'JWT' })
        .sign(privateKey)
    },
    stop: () => new Promise(resolve => server.close(() => resolve())),
  }
}

async function newKey(alg: Key['alg'] = 'ES256'): Promise<Key> {
  return { kid: crypto.randomUUID(), alg, ...(await generateKeyPair(alg, { extractable: true })) }
}
