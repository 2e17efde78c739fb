/** The law: with AUTH_MODE=supabase a person is whom the project's keys say, for us and now; and nobody else. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { exportSPKI, SignJWT, UnsecuredJWT } from 'jose'
import { createSupabaseTokens } from './auth/supabase-tokens.ts'
import { assertProblem } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'
import { startTestIssuer, type TestIssuer } from './test-issuer.ts'

let issuer: TestIssuer
let api: TestApi
before(async () => {
  issuer = await startTestIssuer()
  api = await startTestApi({ supabaseUrl: issuer.url })
})
after(async () => {
  await api.stop()
  await issuer.stop()
})

const ada = { sub: '7b0a3f0e-6a1c-4c55-9f0e-0d8c3a6f1e11', email: 'Ada@example.org' }
const bob = { sub: '1c2d3e4f-0000-4000-8000-123456789abc', email: 'bob@example.org' }

test('a person comes with a token, and has a profile of their own from then on', async () => {
  const [adas, bobs] = [await issuer.token(ada), await issuer.token(bob)]
  const me = await api.call('GET /me', { key: adas })
  assert.equal(me.status, 200, me.text)
  assert.deepEqual(
    [me.json.profile_id, me.json.email, me.json.signed_in_by, me.json.scopes.at(-1)],
    [ada.sub, 'ada@example.org', 'token', 'admin'],
  )
  const created = await api.call('POST /sessions', { key: adas, body: { name: 'Ada’s' } })
  assert.equal(created.status, 201, created.text)
  assertProblem(await api.call(`GET /sessions/${created.json.id}`, { key: bobs }), 'session_not_found')
  assert.deepEqual((await api.call('GET /sessions', { key: bobs })).json.data, [])
  assert.equal((await api.call(`GET /sessions/${created.json.id}`, { key: adas })).status, 200)
})

test('an address that another profile has keeps nobody out', async () => {
  const sub = 'aaaaaaaa-0000-4000-8000-123456789abc'
  const me = await api.call('GET /me', { key: await issuer.token({ sub, email: ada.email }) })
  assert.deepEqual([me.status, me.json.profile_id, me.json.email], [200, sub, null])
})

test('a token that is old, for others, by others, or signed with nothing is refused, with the reason', async () => {
  const nowS = Math.floor(Date.now() / 1000)
  const usual = { ...ada, iss: `${issuer.url}/auth/v1`, aud: 'authenticated', exp: nowS + 3600 }
  const stranger = await issuer.newKey()
  const asSecret = new TextEncoder().encode(await exportSPKI(issuer.key.publicKey))
  const good = await issuer.token(ada)
  const [head, , signature] = good.split('.')
  const forged = Buffer.from(JSON.stringify({ ...usual, sub: bob.sub })).toString('base64url')
  const wrong: [string, RegExp][] = [
    [await issuer.token({ ...ada, expiresInS: -60 }), /has expired/],
    [await issuer.token({ ...ada, iss: 'https://other.supabase.co/auth/v1' }), /"iss"/],
    [await issuer.token({ ...ada, aud: 'anon' }), /"aud"/],
    [await issuer.token({ ...ada, exp: undefined }), /"exp"/],
    [await issuer.token({ ...ada, nbf: nowS + 600 }), /"nbf"/],
    [await issuer.token({ email: ada.email }), /"sub"/],
    [await issuer.token({ ...ada, sub: 'somebody' }), /names no user/],
    [await issuer.token({ ...ada, is_anonymous: true }), /anonymous/],
    [new UnsecuredJWT(usual).encode(), /not signed with one of|damaged/],
    [await new SignJWT(usual).setProtectedHeader({ alg: 'HS256' }).sign(asSecret), /not signed with one of/],
    // The key of the project by name, the signature of somebody else.
    [await issuer.token(ada, { ...stranger, kid: issuer.key.kid }), /not signed by the project/],
    [`${head}.${forged}.${signature}`, /not signed by the project/],
    ['aaaa.bbbb.cccc', /damaged/],
  ]
  for (const [token, reason] of wrong) {
    const answer = await api.call('GET /me', { key: token })
    assertProblem(answer, 'token_invalid')
    assert.match(answer.json.detail, reason)
  }
  assert.equal((await api.call('GET /me', { key: good })).status, 200)
})

test('a flood of invented keys is not passed on to the project', async () => {
  await api.call('GET /me', { key: await issuer.token(ada) })
  const before = issuer.asked()
  const stranger = await issuer.newKey()
  for (let i = 0; i < 40; i++) {
    const token = await issuer.token(ada, { ...stranger, kid: `invented-${i}` })
    assertProblem(await api.call('GET /me', { key: token }), 'token_invalid')
  }
  assert.ok(issuer.asked() - before <= 1, `asked ${issuer.asked() - before} times`)
})

test('a new key is noticed after a while, one that was taken back ends, and trouble is not hammered', async t => {
  const project = await startTestIssuer()
  t.after(() => project.stop())
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const tokens = createSupabaseTokens(project.url)
  const okFor = async (token: string) => (await tokens.verify(token)).ok
  const old = await project.token(ada)
  assert.equal(await okFor(old), true)

  const next = await project.newKey('RS256')
  project.publish(project.key, next)
  const fresh = await project.token(ada, next)
  assert.equal(await okFor(fresh), false, 'it looked a moment ago')
  t.mock.timers.tick(30_001)
  assert.equal(await okFor(fresh), true)
  assert.equal(await okFor(old), true)
  assert.equal(project.asked(), 2)

  project.publish(next)
  t.mock.timers.tick(10 * 60_000 + 1)
  assert.equal(await okFor(old), false)
  assert.equal(await okFor(fresh), true)
  assert.equal(project.asked(), 3)

  project.answerWith(500)
  t.mock.timers.tick(10 * 60_000 + 1)
  for (let i = 0; i < 10; i++)
    assert.deepEqual(await tokens.verify(fresh), {
      ok: false,
      code: 'identity_unavailable',
      reason: 'the keys were answered with 500',
    })
  assert.equal(project.asked(), 4)
  project.answerWith(200)
  t.mock.timers.tick(5_001)
  assert.equal(await okFor(fresh), true)
})

test('while the keys cannot be read tokens wait and API keys work', async () => {
  const project = await startTestIssuer()
  const other = await startTestApi({ supabaseUrl: project.url })
  try {
    const token = await project.token(ada)
    await project.stop()
    assertProblem(await other.call('GET /me', { key: token }), 'identity_unavailable')
    assert.equal((await other.call('GET /me')).status, 200)
  } finally {
    await other.stop()
  }
})

test('here nobody signs in at the gateway, and its cookies are nothing', async () => {
  const mode = await api.call('GET /auth', { key: null })
  assert.deepEqual(mode.json, { mode: 'supabase', supabase_url: issuer.url })
  for (const route of ['POST /auth/sign-in', 'POST /auth/links', 'PUT /auth/password'] as const)
    assertProblem(await api.call(route, { body: {} }), 'route_not_found')
  await api.store.accounts.ensureOwner(api.alice.profileId)
  const { token } = await api.store.signIns.createLink({ profileId: api.alice.profileId, validMs: 60_000 })
  const signIn = await api.store.signIns.byLink({ link: token, address: null, userAgent: null })
  const headers = { cookie: `waxwing=${signIn?.token}` }
  assertProblem(await api.call('GET /me', { key: null, headers }), 'api_key_missing')
})
