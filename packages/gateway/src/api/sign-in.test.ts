/** The laws of signing in here: by a link once, by a password that is hard to guess, and never for another site's page. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertProblem, pointersOf } from './problem-checks.ts'
import { type Answer, type Call, startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
  await api.store.accounts.ensureOwner(api.alice.profileId)
})
after(() => api.stop())

/** A browser: keeps the cookie, and says of its requests what a page of ours would. */
function browser(headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }) {
  let cookie: string | null = null
  return {
    cookie: () => cookie,
    async call(route: `${string} /${string}`, call: Call = {}): Promise<Answer> {
      const sent = { ...headers, ...(cookie === null ? {} : { cookie }), ...call.headers }
      const answer = await api.call(route, { key: null, ...call, headers: sent })
      const set = answer.headers.get('set-cookie')
      if (set !== null) cookie = /Max-Age=0/.test(set) ? null : (set.split(';')[0] ?? null)
      return answer
    },
  }
}

type Browser = ReturnType<typeof browser>

const tokenFor = async (profileId: string, validMs = 60_000) =>
  (await api.store.signIns.createLink({ profileId, validMs })).token

/** Somebody who came through a link of this profile. */
async function signedIn(profileId = api.alice.profileId): Promise<Browser> {
  const page = browser()
  const answer = await page.call('POST /auth/sign-in/link', { body: { token: await tokenFor(profileId) } })
  assert.equal(answer.status, 200, answer.text)
  return page
}

/** A member with a password, and a way to sign in with it. */
async function member(name: string) {
  const email = `${name}@example.org`
  const password = `${name} likes long words`
  const account = await api.store.accounts.invite({ email, displayName: name })
  assert.ok(account !== 'email_taken')
  const page = await signedIn(account.profileId)
  const set = await page.call('PUT /auth/password', { body: { new_password: password } })
  assert.equal(set.status, 200, set.text)
  const signIn = (given = password, call: Call = {}) =>
    browser().call('POST /auth/sign-in', { ...call, body: { email, password: given } })
  return { profileId: account.profileId, email, password, page, signIn }
}

/** The time is not waited for: what was counted until now is forgotten. */
const forgiveEverybody = () => api.sql('delete from sign_in_tries')

test('a link signs in once; after that, and after its time, it is refused in the same words', async () => {
  const token = await tokenFor(api.alice.profileId)
  const page = browser()
  const first = await page.call('POST /auth/sign-in/link', { body: { token } })
  assert.equal(first.status, 200)
  assert.deepEqual(
    [first.json.profile_id, first.json.role, first.json.signed_in_by, first.json.has_password],
    [api.alice.profileId, 'owner', 'link', false],
  )
  assert.deepEqual((await page.call('GET /me')).json, first.json)
  const dead = [token, await tokenFor(api.alice.profileId, -1), 'no such token']
  const answers = await Promise.all(
    dead.map(one => browser().call('POST /auth/sign-in/link', { body: { token: one } })),
  )
  for (const answer of answers) {
    assertProblem(answer, 'sign_in_link_invalid')
    assert.equal(answer.headers.get('set-cookie'), null)
    assert.equal(answer.json.detail, answers[0]?.json.detail)
  }
})

test('the cookie is for the browser alone and for this site alone, and over https for nothing else', async () => {
  const plain = await browser().call('POST /auth/sign-in/link', {
    body: { token: await tokenFor(api.alice.profileId) },
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
  const cookie = (await signedIn()).cookie() ?? ''
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
  const token = await tokenFor(api.alice.profileId)
  const page = await signedIn()
  const elsewhere = { headers: { 'sec-fetch-site': 'cross-site' } }
  for (const [route, body] of [
    ['POST /auth/sign-in/link', { token }],
    ['POST /auth/sign-in', { email: 'a@example.org', password: 'whatever it is' }],
    ['POST /auth/sign-out', undefined],
  ] as const)
    assertProblem(await page.call(route, { ...elsewhere, body }), 'cross_site_request')
  assert.equal((await page.call('GET /me')).status, 200)
  assert.equal(
    (await browser().call('POST /auth/sign-in/link', { body: { token } })).status,
    200,
    'not used up',
  )
})

test('the first password needs an address, and both are worth having', async () => {
  const page = await signedIn()
  const set = (body: object) => page.call('PUT /auth/password', { body })
  assert.deepEqual(pointersOf(await set({ new_password: 'a perfectly good one' })), ['/email'])
  for (const bad of ['short', 'aaaaaaaaaaaaaaaa', 'owner@example.org'])
    assert.deepEqual(pointersOf(await set({ email: 'owner@example.org', new_password: bad })), [
      '/new_password',
    ])
  const { status, json } = await set({ email: 'Owner@Example.org', new_password: 'a perfectly good one' })
  assert.deepEqual([status, json.email, json.has_password], [200, 'owner@example.org', true])
  const signIn = await browser().call('POST /auth/sign-in', {
    body: { email: ' OWNER@example.org', password: 'a perfectly good one' },
  })
  assert.deepEqual([signIn.status, signIn.json.signed_in_by], [200, 'password'])
})

test('a wrong password and an unknown address are one answer', async () => {
  const ada = await member('ada')
  const wrong = await ada.signIn('not her password')
  const unknown = await browser().call('POST /auth/sign-in', {
    body: { email: 'nobody@example.org', password: ada.password },
  })
  // Invited, and never opened.
  await api.store.accounts.invite({ email: 'later@example.org', displayName: null })
  const unopened = await browser().call('POST /auth/sign-in', {
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
  await forgiveEverybody()
  const bea = await member('bea')
  const answers: Answer[] = []
  for (let guess = 0; guess < 10; guess++) answers.push(await bea.signIn(`guess number ${guess}`))
  for (const answer of answers) assertProblem(answer, 'sign_in_refused')
  const closed = await bea.signIn()
  assertProblem(closed, 'too_many_sign_ins')
  const wait = Number(closed.headers.get('retry-after'))
  assert.ok(wait > 0 && wait <= 900, `wait ${wait}`)
  assert.equal((await (await signedIn(bea.profileId)).call('GET /me')).json.email, bea.email)
  await api.sql(`update sign_in_tries set until = now() - interval '1 second'`)
  assert.equal((await bea.signIn()).status, 200)
})

test('thirty tries close a network, whoever they are for; others go on', async () => {
  await forgiveEverybody()
  const cal = await member('cal')
  // Through a proxy on this machine: the last entry is the one it saw itself.
  const from = (address: string) => ({ headers: { 'x-forwarded-for': `198.51.100.77, ${address}` } })
  const guess = (name: string, address: string) =>
    browser().call('POST /auth/sign-in', { body: { email: name, password: 'a guess' }, ...from(address) })
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

test('a new password needs the current one, ends every other sign-in and link, and keeps this browser', async () => {
  await forgiveEverybody()
  const dan = await member('dan')
  const page = browser()
  const body = { email: dan.email, password: dan.password }
  assert.equal((await page.call('POST /auth/sign-in', { body })).status, 200)
  const other = browser()
  await other.call('POST /auth/sign-in', { body })
  const token = await tokenFor(dan.profileId)

  const set = (more: object) =>
    page.call('PUT /auth/password', { body: { new_password: 'another set of words', ...more } })
  assert.deepEqual(pointersOf(await set({})), ['/current_password'])
  assert.deepEqual(pointersOf(await set({ current_password: 'wrong' })), ['/current_password'])
  assert.equal((await other.call('GET /me')).status, 200, 'nothing has changed')
  assert.equal((await set({ current_password: dan.password })).status, 200)

  assert.equal((await page.call('GET /me')).status, 200)
  for (const ended of [other, dan.page]) assertProblem(await ended.call('GET /me'), 'sign_in_ended')
  assertProblem(await browser().call('POST /auth/sign-in/link', { body: { token } }), 'sign_in_link_invalid')
  assertProblem(await dan.signIn(), 'sign_in_refused')
  assert.equal((await dan.signIn('another set of words')).status, 200)
})

test('a link does for a forgotten password, for a quarter of an hour', async () => {
  const eve = await member('eve')
  const page = await signedIn(eve.profileId)
  const set = (text: string) => page.call('PUT /auth/password', { body: { new_password: text } })
  assert.equal((await set('what I remember now')).status, 200)
  await api.sql(`update sign_ins set created_at = now() - interval '15 minutes' where user_id = $1`, [
    eve.profileId,
  ])
  assert.deepEqual(pointersOf(await set('and what I do not')), ['/current_password'])
})

test('current passwords are not to be guessed either', async () => {
  const fay = await member('fay')
  const page = browser()
  await page.call('POST /auth/sign-in', { body: { email: fay.email, password: fay.password } })
  const set = (current_password: string) =>
    page.call('PUT /auth/password', { body: { new_password: 'another set of words', current_password } })
  for (let guess = 0; guess < 10; guess++)
    assert.deepEqual(pointersOf(await set(`guess ${guess}`)), ['/current_password'])
  assertProblem(await set(fay.password), 'too_many_sign_ins')
})

test('signing out ends the sign-in of this browser, and clears its cookie', async () => {
  const page = await signedIn()
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
  const page = await signedIn()
  const before = page.cookie() ?? ''
  await page.call('POST /auth/sign-in/link', { body: { token: await tokenFor(api.alice.profileId) } })
  assertProblem(await api.call('GET /me', { key: null, headers: { cookie: before } }), 'sign_in_ended')
  assert.equal((await page.call('GET /me')).status, 200)
})

test('sign-ins are listed and revoked, one or all others, and each person’s only by them', async () => {
  const gus = await member('gus')
  const [page, phone, tablet] = [
    await signedIn(gus.profileId),
    await signedIn(gus.profileId),
    await signedIn(gus.profileId),
  ]
  const { json } = await page.call('GET /auth/sign-ins')
  assert.equal(json.data.length, 4)
  assert.equal(json.data.filter((row: { current: boolean }) => row.current).length, 1)
  assert.deepEqual([json.data[0].method, json.data[0].address], ['link', '127.0.0.1'])

  const phoneId = (await phone.call('GET /me')).json.sign_in_id
  assertProblem(await (await signedIn()).call(`DELETE /auth/sign-ins/${phoneId}`), 'sign_in_not_found')
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
  const page = await signedIn()
  assertProblem(await page.call('GET /me', { key: 'wx_wrong' }), 'api_key_invalid')
  assertProblem(await page.call('GET /me', { key: 'a.b.c' }), 'api_key_invalid')
})

test('the key of the installation makes a link for its own profile; no key made here and no person does', async () => {
  const made = await api.call('POST /auth/links')
  assert.equal(made.status, 201)
  const [, base, token] = /^(.+)\/#sign-in=([\w-]{43})$/.exec(made.json.url) ?? []
  assert.equal(base, api.url)
  const page = browser()
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

test('two people never see each other’s rows', async () => {
  const [ann, ben] = [await member('ann'), await member('ben')]
  const session = await ann.page.call('POST /sessions', { body: { name: 'Ann’s' } })
  const webhook = await ann.page.call('POST /webhooks', {
    body: { webhook_url: 'http://127.0.0.1:9/hook', subscribed_events: ['*'] },
  })
  const key = await ann.page.call('POST /api-keys', { body: { name: 'k', scopes: ['read'] } })
  assert.deepEqual([session.status, webhook.status, key.status], [201, 201, 201], webhook.text)
  for (const list of ['/sessions', '/webhooks', '/api-keys', '/events', '/deliveries'] as const)
    assert.deepEqual((await ben.page.call(`GET ${list}`)).json.data, [], list)
  for (const [route, code] of [
    [`GET /sessions/${session.json.id}`, 'session_not_found'],
    [`DELETE /sessions/${session.json.id}`, 'session_not_found'],
    [`GET /webhooks/${webhook.json.id}`, 'webhook_not_found'],
    [`GET /webhooks/${webhook.json.id}/secret`, 'webhook_not_found'],
    [`DELETE /api-keys/${key.json.id}`, 'api_key_not_found'],
  ] as const)
    assertProblem(await ben.page.call(route), code)
  assert.equal((await ann.page.call(`GET /sessions/${session.json.id}`)).status, 200)
})

test('the owner invites, a member does not; who is removed goes with everything', async () => {
  const owner = await signedIn()
  const invited = await owner.call('POST /auth/members', {
    body: { email: 'Hal@example.org', display_name: 'Hal' },
  })
  assert.equal(invited.status, 201, invited.text)
  assert.deepEqual([invited.json.member.email, invited.json.member.role], ['hal@example.org', 'member'])
  assertProblem(await owner.call('POST /auth/members', { body: { email: 'hal@example.org' } }), 'email_taken')
  const token = invited.json.url.split('#sign-in=')[1]
  const hal = browser()
  assert.equal((await hal.call('POST /auth/sign-in/link', { body: { token } })).json.display_name, 'Hal')
  assertProblem(await hal.call('GET /auth/members'), 'owner_required')
  assertProblem(
    await hal.call('POST /auth/members', { body: { email: 'ivy@example.org' } }),
    'owner_required',
  )
  await hal.call('PUT /auth/password', { body: { new_password: 'Hal has one too' } })
  assert.equal(
    (await hal.call('PATCH /me', { body: { display_name: 'Harold' } })).json.display_name,
    'Harold',
  )

  const id = invited.json.member.profile_id
  const { json: session } = await hal.call('POST /sessions', { body: { name: 'Hal’s' } })
  await api.call('POST /sessions', { body: { name: 'the owner’s stays' } })
  await hal.call('POST /webhooks', { body: { webhook_url: 'http://127.0.0.1:9/', subscribed_events: ['*'] } })
  const { json: key } = await hal.call('POST /api-keys', { body: { name: 'k', scopes: ['read'] } })
  assert.equal((await owner.call(`POST /auth/members/${id}/link`)).status, 201)
  await hal.call(`POST /sessions/${session.id}/connect`)
  await api.sql(`update sessions set status = 'connected', wanted = true where id = $1`, [session.id])
  const before = api.heard.length
  assert.equal((await owner.call(`DELETE /auth/members/${id}`)).status, 204)
  assert.deepEqual(api.heard.slice(before), [{ name: 'session.remove', args: { sessionId: session.id } }])
  assertProblem(await hal.call('GET /me'), 'sign_in_ended')
  const left = await api.sql(
    `select 1 from sessions where user_id = $1 union all select 1 from webhook_configs where user_id = $1
     union all select 1 from api_keys where user_id = $1 union all select 1 from profiles where id = $1`,
    [id],
  )
  assert.deepEqual(left, [])
  assert.ok(key.key)
  assertProblem(await owner.call(`DELETE /auth/members/${id}`), 'account_not_found')
  assertProblem(await owner.call(`DELETE /auth/members/${api.alice.profileId}`), 'account_not_found')
  assert.ok((await api.call('GET /sessions')).json.data.length > 0)
})
