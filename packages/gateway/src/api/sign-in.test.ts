/** The laws of signing in here: by a link once, by a password that is hard to guess, and never for another site's page. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertProblem } from './problem-checks.ts'
import { type Answer, startTestApi, type TestApi } from './test-api.ts'
import { peopleOf } from './test-browser.ts'

let api: TestApi
let people: Awaited<ReturnType<typeof peopleOf>>
before(async () => {
  api = await startTestApi()
  people = await peopleOf(api)
})
after(() => api.stop())

test('a link signs in once; after that, and after its time, it is refused in the same words', async () => {
  const token = await people.tokenFor(api.alice.profileId)
  const page = people.browser()
  const first = await page.call('POST /auth/sign-in/link', { body: { token } })
  assert.equal(first.status, 200)
  assert.deepEqual(
    [first.json.profile_id, first.json.role, first.json.signed_in_by, first.json.has_password],
    [api.alice.profileId, 'owner', 'link', false],
  )
  assert.deepEqual((await page.call('GET /me')).json, first.json)
  const dead = [token, await people.tokenFor(api.alice.profileId, -1), 'no such token']
  const answers = await Promise.all(
    dead.map(one => people.browser().call('POST /auth/sign-in/link', { body: { token: one } })),
  )
  for (const answer of answers) {
    assertProblem(answer, 'sign_in_link_invalid')
    assert.equal(answer.headers.get('set-cookie'), null)
    assert.equal(answer.json.detail, answers[0]?.json.detail)
  }
})

test('the cookie is for the browser alone and for this site alone, and over https for nothing else', async () => {
  const plain = await people.browser().call('POST /auth/sign-in/link', {
    body: { token: await people.tokenFor(api.alice.profileId) },
  })
  assert.match(
    plain.headers.get('set-cookie') ?? '',
    /^waxwing=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/,
  )
  const secure = await startTestApi({ publicUrl: 'https://hooks.example.org' })
  try {
    const { profileId } = secure.alice
    await secure.store.accounts.ensureOwner(profileId)
    const { token } = await secure.store.signIns.createLink({ profileId, validMs: 60_000 })
    const answer = await secure.call('POST /auth/sign-in/link', { key: null, body: { token } })
    assert.match(
      answer.headers.get('set-cookie') ?? '',
      /^__Host-waxwing=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure; Max-Age=2592000$/,
    )
  } finally {
    await secure.stop()
  }
})

test('with a cookie, only a page of this gateway changes something', async () => {
  const cookie = (await people.signedIn()).cookie() ?? ''
  const own = new URL(api.url)
  const create = (headers: Record<string, string>) =>
    api.call('POST /sessions', { key: null, body: { name: 'Forged?' }, headers: { cookie, ...headers } })
  const refused: Record<string, string>[] = [
    {},
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: own.origin },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    // The same machine, another port: browsers send the cookie there too.
    { origin: `http://127.0.0.1:${Number(own.port) === 1 ? 2 : 1}` },
    { origin: `http://${own.host}.evil.example` },
  ]
  for (const headers of refused) assertProblem(await create(headers), 'cross_site_request')
  assert.deepEqual((await api.call('GET /sessions', { key: null, headers: { cookie } })).json.data, [])
  const allowed: Record<string, string>[] = [{ 'sec-fetch-site': 'same-origin' }, { origin: own.origin }]
  for (const headers of allowed) assert.equal((await create(headers)).status, 201)
  // What no page can send by accident is no forgery.
  assert.equal(
    (await api.call('POST /sessions', { body: { name: 'Mine' }, headers: { origin: 'https://x.example' } }))
      .status,
    201,
  )
})

test('a stranger’s page cannot sign a browser in or out', async () => {
  const token = await people.tokenFor(api.alice.profileId)
  const page = await people.signedIn()
  const elsewhere = { headers: { 'sec-fetch-site': 'cross-site' } }
  for (const [route, body] of [
    ['POST /auth/sign-in/link', { token }],
    ['POST /auth/sign-in', { email: 'a@example.org', password: 'whatever it is' }],
    ['POST /auth/sign-out', undefined],
  ] as const)
    assertProblem(await page.call(route, { ...elsewhere, body }), 'cross_site_request')
  assert.equal((await page.call('GET /me')).status, 200)
  assert.equal(
    (await people.browser().call('POST /auth/sign-in/link', { body: { token } })).status,
    200,
    'not used up',
  )
})

test('a wrong password and an unknown address are one answer', async () => {
  const ada = await people.member('ada')
  const wrong = await ada.signIn('not her password')
  const unknown = await people.browser().call('POST /auth/sign-in', {
    body: { email: 'nobody@example.org', password: ada.password },
  })
  // Invited, and never opened.
  await api.store.accounts.invite({ email: 'later@example.org', displayName: null })
  const unopened = await people.browser().call('POST /auth/sign-in', {
    body: { email: 'later@example.org', password: '' },
  })
  for (const answer of [wrong, unknown, unopened]) {
    assertProblem(answer, 'sign_in_refused')
    assert.equal(answer.headers.get('set-cookie'), null)
    const { request_id, ...said } = answer.json
    assert.deepEqual({ ...wrong.json, ...said }, { ...wrong.json, request_id: wrong.json.request_id })
  }
  assert.equal((await ada.signIn()).status, 200)
})

test('ten wrong passwords close an account for a while, to the right one too; a link still opens it', async () => {
  await api.sql('delete from sign_in_tries')
  const bea = await people.member('bea')
  const answers: Answer[] = []
  for (let guess = 0; guess < 10; guess++) answers.push(await bea.signIn(`guess number ${guess}`))
  for (const answer of answers) assertProblem(answer, 'sign_in_refused')
  const closed = await bea.signIn()
  assertProblem(closed, 'too_many_sign_ins')
  const wait = Number(closed.headers.get('retry-after'))
  assert.ok(wait > 0 && wait <= 900, `wait ${wait}`)
  assert.equal((await (await people.signedIn(bea.profileId)).call('GET /me')).json.email, bea.email)
  await api.sql(`update sign_in_tries set until = now() - interval '1 second'`)
  assert.equal((await bea.signIn()).status, 200)
})

test('thirty tries close a network, whoever they are for; others go on', async () => {
  await api.sql('delete from sign_in_tries')
  const cal = await people.member('cal')
  // Through a proxy on this machine: the last entry is the one it saw itself.
  const from = (address: string) => ({ headers: { 'x-forwarded-for': `198.51.100.77, ${address}` } })
  const guess = (name: string, address: string) =>
    people
      .browser()
      .call('POST /auth/sign-in', { body: { email: name, password: 'a guess' }, ...from(address) })
  for (const [name, address] of [
    ['one@example.org', '2001:db8:1:2::1'],
    ['two@example.org', '2001:db8:1:2::2'],
  ] as const)
    assertProblem(await guess(name, address), 'sign_in_refused')
  // Twenty-seven more are not made here, each costs a while.
  const [network] = await api.sql('update sign_in_tries set tries = 29 where tries = 2 returning tries')
  assert.ok(network, 'both were counted together')
  assertProblem(await guess('three@example.org', '2001:db8:1:2::3'), 'sign_in_refused')
  assertProblem(await guess('four@example.org', '2001:db8:1:2::4'), 'too_many_sign_ins')
  assertProblem(await cal.signIn(cal.password, from('2001:db8:1:2:ffff::1')), 'too_many_sign_ins')
  assert.equal((await cal.signIn(cal.password, from('2001:db8:1:3::1'))).status, 200)
})

test('signing out ends the sign-in of this browser, and clears its cookie', async () => {
  const page = await people.signedIn()
  const cookie = page.cookie() ?? ''
  const out = await page.call('POST /auth/sign-out')
  assert.equal(out.status, 204)
  assert.match(
    out.headers.get('set-cookie') ?? '',
    /^waxwing=; Path=\/; HttpOnly; SameSite=Strict; Max-Age=0$/,
  )
  assertProblem(await api.call('GET /me', { key: null, headers: { cookie } }), 'sign_in_ended')
  assertProblem(await page.call('GET /me'), 'api_key_missing')
  assert.equal((await page.call('POST /auth/sign-out')).status, 204, 'again is fine')
})

test('a browser has one sign-in: signing in again ends the one it came with', async () => {
  const page = await people.signedIn()
  const before = page.cookie() ?? ''
  await page.call('POST /auth/sign-in/link', { body: { token: await people.tokenFor(api.alice.profileId) } })
  assertProblem(await api.call('GET /me', { key: null, headers: { cookie: before } }), 'sign_in_ended')
  assert.equal((await page.call('GET /me')).status, 200)
})
