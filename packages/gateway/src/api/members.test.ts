/** The laws of many people in one gateway: each sees what is theirs, and the owner says who is there. */
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

test('two people never see each other’s rows', async () => {
  const [ann, ben] = [await people.member('ann'), await people.member('ben')]
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
  const owner = await people.signedIn()
  const invited = await owner.call('POST /auth/members', {
    body: { email: 'Hal@example.org', display_name: 'Hal' },
  })
  assert.equal(invited.status, 201, invited.text)
  assert.deepEqual([invited.json.member.email, invited.json.member.role], ['hal@example.org', 'member'])
  assertProblem(await owner.call('POST /auth/members', { body: { email: 'hal@example.org' } }), 'email_taken')
  const token = invited.json.url.split('#sign-in=')[1]
  const hal = people.browser()
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
