/** The laws of a new password: only who may set it does, and nobody who came by the old one stays. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertProblem, pointersOf } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'
import { peopleOf } from './test-browser.ts'

let api: TestApi
let people: Awaited<ReturnType<typeof peopleOf>>
before(async () => {
  api = await startTestApi()
  people = await peopleOf(api)
})
after(() => api.stop())

test('the first password needs an address, and both are worth having', async () => {
  const page = await people.signedIn()
  const set = (body: object) => page.call('PUT /auth/password', { body })
  assert.deepEqual(pointersOf(await set({ new_password: 'a perfectly good one' })), ['/email'])
  for (const bad of ['short', 'aaaaaaaaaaaaaaaa', 'owner@example.org'])
    assert.deepEqual(pointersOf(await set({ email: 'owner@example.org', new_password: bad })), [
      '/new_password',
    ])
  const { status, json } = await set({ email: 'Owner@Example.org', new_password: 'a perfectly good one' })
  assert.deepEqual([status, json.email, json.has_password], [200, 'owner@example.org', true])
  const signIn = await people.browser().call('POST /auth/sign-in', {
    body: { email: ' OWNER@example.org', password: 'a perfectly good one' },
  })
  assert.deepEqual([signIn.status, signIn.json.signed_in_by], [200, 'password'])
})

test('a new password needs the current one, ends every other sign-in and link, and keeps this browser', async () => {
  const dan = await people.member('dan')
  const page = people.browser()
  const body = { email: dan.email, password: dan.password }
  assert.equal((await page.call('POST /auth/sign-in', { body })).status, 200)
  const other = people.browser()
  await other.call('POST /auth/sign-in', { body })
  const token = await people.tokenFor(dan.profileId)

  const set = (more: object) =>
    page.call('PUT /auth/password', { body: { new_password: 'another set of words', ...more } })
  assert.deepEqual(pointersOf(await set({})), ['/current_password'])
  assert.deepEqual(pointersOf(await set({ current_password: 'wrong' })), ['/current_password'])
  assert.equal((await other.call('GET /me')).status, 200, 'nothing has changed')
  assert.equal((await set({ current_password: dan.password })).status, 200)

  assert.equal((await page.call('GET /me')).status, 200)
  for (const ended of [other, dan.page]) assertProblem(await ended.call('GET /me'), 'sign_in_ended')
  assertProblem(
    await people.browser().call('POST /auth/sign-in/link', { body: { token } }),
    'sign_in_link_invalid',
  )
  assertProblem(await dan.signIn(), 'sign_in_refused')
  assert.equal((await dan.signIn('another set of words')).status, 200)
})

test('a link does for a forgotten password, for a quarter of an hour', async () => {
  const eve = await people.member('eve')
  const page = await people.signedIn(eve.profileId)
  const set = (text: string) => page.call('PUT /auth/password', { body: { new_password: text } })
  assert.equal((await set('what I remember now')).status, 200)
  await api.sql(`update sign_ins set created_at = now() - interval '15 minutes' where user_id = $1`, [
    eve.profileId,
  ])
  assert.deepEqual(pointersOf(await set('and what I do not')), ['/current_password'])
})

test('current passwords are not to be guessed either', async () => {
  const fay = await people.member('fay')
  const page = people.browser()
  await page.call('POST /auth/sign-in', { body: { email: fay.email, password: fay.password } })
  const set = (current_password: string) =>
    page.call('PUT /auth/password', { body: { new_password: 'another set of words', current_password } })
  for (let guess = 0; guess < 10; guess++)
    assert.deepEqual(pointersOf(await set(`guess ${guess}`)), ['/current_password'])
  assertProblem(await set(fay.password), 'too_many_sign_ins')
})
