import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startWhatsApp, type WhatsApp } from '@waxwing/simulator'
import { assertProblem, pointersOf } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'

/** What linked sessions do is in test/e2e/sandbox.test.ts; here are the people, and what is refused. */
describe('the sandbox', () => {
  let api: TestApi
  let simulator: WhatsApp
  let ada: string
  before(async () => {
    simulator = await startWhatsApp()
    api = await startTestApi({ simulator })
    ada = (await api.call('GET /sandbox/contacts')).json.data[0].number
  })
  after(async () => {
    await api.stop()
    await simulator.stop()
  })

  async function session(network: 'sandbox' | 'whatsapp'): Promise<string> {
    return (await api.call('POST /sessions', { body: { name: 'a', network } })).json.id
  }

  test('each profile has people of its own, with numbers that nobody else has', async () => {
    const hers = (await api.call('GET /sandbox/contacts')).json
    const his = (await api.call('GET /sandbox/contacts', { key: api.bob.key })).json
    assert.deepEqual(
      hers.data.map(({ name }: { name: string }) => name),
      ['Ada', 'Grace', 'Linus'],
    )
    const numbers = [...hers.data, ...his.data].map(({ number }: { number: string }) => number)
    assert.equal(new Set(numbers).size, 6)
    for (const number of numbers) assert.match(number, /^1555\d{10}$/)
    assert.deepEqual(hers.pagination, { next_cursor: null, has_more: false })

    const made = await api.call('POST /sandbox/contacts', { body: { name: 'Margaret' } })
    assert.equal(made.status, 201)
    const { json } = await api.call(`GET /sandbox/contacts/${made.json.number}`)
    assert.deepEqual(json, { ...made.json, received: [] })
    assertProblem(
      await api.call(`GET /sandbox/contacts/${made.json.number}`, { key: api.bob.key }),
      'contact_not_found',
    )
  })

  test('only a session of the simulated network has a simulated phone', async () => {
    const real = await session('whatsapp')
    for (const verb of ['link', 'drop', 'unlink'])
      assertProblem(await api.call(`POST /sandbox/sessions/${real}/${verb}`), 'session_not_found')
    assertProblem(
      await api.call(`POST /sandbox/contacts/${ada}/messages`, { body: { session_id: real, text: 'x' } }),
      'session_not_found',
    )
  })

  test('before it is linked, nobody can reach it, and it has no QR to scan', async () => {
    const id = await session('sandbox')
    assertProblem(await api.call(`POST /sandbox/sessions/${id}/link`), 'qr_not_available')
    for (const [route, body] of [
      [`POST /sandbox/contacts/${ada}/messages`, { session_id: id, text: 'x' }],
      [`POST /sandbox/contacts/${ada}/calls`, { session_id: id }],
      ['POST /sandbox/groups', { subject: 'x', session_id: id, contacts: [ada] }],
      [`POST /sandbox/sessions/${id}/messages`, { to: ada, text: 'x' }],
      [`POST /sandbox/sessions/${id}/drop`, undefined],
    ] as const) {
      const answer = await api.call(route, { body })
      assertProblem(answer, 'session_not_linked')
      assert.equal(answer.json.session_status, 'created')
    }
  })

  test('a QR that no client shows is refused in the words of the network', async () => {
    const id = await session('sandbox')
    await api.sql(`update sessions set qr = 'nonsense' where id = $1`, [id])
    const answer = await api.call(`POST /sandbox/sessions/${id}/link`)
    assertProblem(answer, 'sandbox_refused')
  })

  test('a contact writes to a session or in a group, not to both and not to nobody', async () => {
    const path = `POST /sandbox/contacts/${ada}/messages` as const
    const both = { session_id: await session('sandbox'), group_id: 'x', text: 'x' }
    assert.deepEqual(pointersOf(await api.call(path, { body: both })), ['/session_id'])
    assert.deepEqual(pointersOf(await api.call(path, { body: { text: 'x' } })), ['/session_id'])
    assertProblem(await api.call(path, { body: { group_id: 'x', text: 'x' } }), 'group_not_found')
    assertProblem(await api.call('GET /sandbox/contacts/ada'), 'contact_not_found')
  })

  test('people are bounded', async () => {
    let refused = 0
    for (let i = 0; i < 210; i++) {
      const answer = await api.call('POST /sandbox/contacts', { key: api.bob.key, body: { name: `c${i}` } })
      if (answer.status !== 201) refused++
      if (answer.status !== 201) assertProblem(answer, 'sandbox_refused')
    }
    assert.equal(refused, 13)
  })
})

test('a gateway without a simulated network says so on every one of these routes', async () => {
  const api = await startTestApi({ sandbox: false })
  try {
    const { json } = await api.call('GET //openapi.json')
    const id = '019ab0b7-5c00-7d4e-9f00-112233445566'
    let asked = 0
    for (const [path, methods] of Object.entries<Record<string, { requestBody?: never }>>(json.paths)) {
      if (!path.startsWith('/api/v1/sandbox/')) continue
      for (const [method, operation] of Object.entries(methods)) {
        const body = (operation.requestBody as { content: never } | undefined)?.content['application/json']
        const url = path.replace('/api/v1', '').replace('{number}', '15550101').replace('{id}', id)
        const route = `${method.toUpperCase()} ${url}` as 'GET /'
        const sent = body && (body as { example: object }).example
        assertProblem(await api.call(route, { body: sent }), 'network_unavailable')
        asked++
      }
    }
    assert.ok(asked > 10, `only ${asked}`)
  } finally {
    await api.stop()
  }
})
