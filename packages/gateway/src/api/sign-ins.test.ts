/** The laws of browsers that are signed in: their person sees and ends them, and a key is not a person. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertProblem } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'
import { peopleOf } from './test-browser.ts'

let api: TestApi
let people: Awaited<ReturnType<typeof peopleOf>>
before(async () => {
  api = await startTestApi()
  people = await peopleOf(api)
})
after(() => api.stop())

test('sign-ins are listed and revoked, one or all others, and each person’s only by them', async () => {
  const gus = await people.member('gus')
  const [page, phone, tablet] = [
    await people.signedIn(gus.profileId),
    await people.signedIn(gus.profileId),
    await people.signedIn(gus.profileId),
  ]
  const { json } = await page.call('GET /auth/sign-ins')
  assert.equal(json.data.length, 4)
  assert.equal(json.data.filter((row: { current: boolean }) => row.current).length, 1)
  assert.deepEqual([json.data[0].method, json.data[0].address], ['link', '127.0.0.1'])

  const phoneId = (await phone.call('GET /me')).json.sign_in_id
  assertProblem(await (await people.signedIn()).call(`DELETE /auth/sign-ins/${phoneId}`), 'sign_in_not_found')
  assert.equal((await page.call(`DELETE /auth/sign-ins/${phoneId}`)).status, 204)
  assertProblem(await phone.call('GET /me'), 'sign_in_ended')
  assert.equal((await tablet.call('GET /me')).status, 200)
  assert.equal((await page.call('DELETE /auth/sign-ins')).status, 204)
  for (const ended of [tablet, gus.page]) assertProblem(await ended.call('GET /me'), 'sign_in_ended')
  assert.equal((await page.call('GET /auth/sign-ins')).json.data.length, 1)
})

test('a key is not a person, and a wrong header is not made good by a cookie', async () => {
  for (const [route, body] of [
    ['PUT /auth/password', { new_password: 'a perfectly good one' }],
    ['DELETE /auth/sign-ins', undefined],
    ['GET /auth/members', undefined],
    ['POST /auth/members', { email: 'x@example.org' }],
  ] as const)
    assertProblem(await api.call(route, { body }), 'person_required')
  const { json } = await api.call('GET /me')
  assert.deepEqual([json.profile_id, json.signed_in_by, json.sign_in_id], [api.alice.profileId, 'key', null])
  const page = await people.signedIn()
  assertProblem(await page.call('GET /me', { key: 'wx_wrong' }), 'api_key_invalid')
  assertProblem(await page.call('GET /me', { key: 'a.b.c' }), 'api_key_invalid')
})

test('the key of the installation makes a link for its own profile; no key made here and no person does', async () => {
  const made = await api.call('POST /auth/links')
  assert.equal(made.status, 201)
  const [, base, token] = /^(.+)\/#sign-in=([\w-]{43})$/.exec(made.json.url) ?? []
  assert.equal(base, api.url)
  const page = people.browser()
  assert.equal(
    (await page.call('POST /auth/sign-in/link', { body: { token } })).json.profile_id,
    api.alice.profileId,
  )
  const weak = await api.store.apiKeys.create({
    profileId: api.alice.profileId,
    name: 'w',
    scopes: ['write'],
  })
  assertProblem(await api.call('POST /auth/links', { key: weak.key }), 'insufficient_scope')
  // Else a browser that was left alone for a minute would be a way to a new password.
  assertProblem(await page.call('POST /auth/links'), 'operator_required')
  const strong = await page.call('POST /api-keys', { body: { name: 's', scopes: ['admin'] } })
  assertProblem(await api.call('POST /auth/links', { key: strong.json.key }), 'operator_required')
  assertProblem(await api.call('POST /auth/links', { key: api.bob.key }), 'account_not_found')
})
