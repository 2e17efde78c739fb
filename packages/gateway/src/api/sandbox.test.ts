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

  /** A session that looks linked; its phone is real, and has no device. */
  async function linked(key: string, digits: string): Promise<string> {
    const { id } = (await api.call('POST /sessions', { key, body: { name: 'a', network: 'sandbox' } })).json
    await api.sql(`update sessions set phone = $2, status = 'connected' where id = $1`, [id, `+${digits}`])
    return id
  }

  test('people do with messages what people do, of the messages they have', async () => {
    const session_id = await linked(api.alice.key, '15550100')
    const contact = async (body: object) => {
      const sent = await api.call(`POST /sandbox/contacts/${ada}/messages`, { body: { session_id, ...body } })
      assert.equal(sent.status, 201, sent.text)
      return sent.json.message_id
    }
    const phone = async (body: object) => {
      const sent = await api.call(`POST /sandbox/sessions/${session_id}/messages`, {
        body: { to: ada, ...body },
      })
      assert.equal(sent.status, 201, sent.text)
      return sent.json.message_id
    }
    const asked = await phone({ text: 'Lunch?' })
    const { received } = (await api.call(`GET /sandbox/contacts/${ada}`)).json
    assert.deepEqual([received[0].message_id, received[0].text], [asked, 'Lunch?'])
    await contact({ type: 'reaction', message_id: asked, emoji: '👍' })
    const answered = await contact({ text: 'Yes', quote: asked })
    await contact({ type: 'edit', message_id: answered, text: 'Yes!' })
    await contact({ type: 'delete', message_id: answered })
    const poll = await contact({ type: 'poll', question: 'Where?', options: ['Here', 'There'] })
    await phone({ type: 'vote', message_id: poll, options: ['There'] })
    await contact({ type: 'location', latitude: 52.5, longitude: 13.4, name: 'There' })
    await contact({ type: 'contact', name: 'Grace', number: '15550102' })
  })

  test('nobody can quote, edit or vote on what another profile has said, or on what was never said', async () => {
    const [hers, his] = [await linked(api.alice.key, '15550100'), await linked(api.bob.key, '15550109')]
    const said = await api.call(`POST /sandbox/contacts/${ada}/messages`, {
      body: { session_id: hers, text: 'x' },
    })
    const contacts = (await api.call('GET /sandbox/contacts', { key: api.bob.key })).json.data
    for (const message_id of [said.json.message_id, '3EB0NEVER'])
      for (const deed of [
        { text: 'x', quote: message_id },
        { type: 'edit', message_id, text: 'x' },
        { type: 'delete', message_id },
        { type: 'reaction', message_id, emoji: '👍' },
        { type: 'vote', message_id, options: [] },
      ])
        assertProblem(
          await api.call(`POST /sandbox/contacts/${contacts[0].number}/messages`, {
            key: api.bob.key,
            body: { session_id: his, ...deed },
          }),
          'sandbox_refused',
        )
  })

  test('a deed that is none is refused by its type, and one that lacks something by that', async () => {
    const session_id = await linked(api.alice.key, '15550100')
    const route = `POST /sandbox/contacts/${ada}/messages` as const
    for (const [body, pointer] of [
      [{ type: 'dance' }, '/type'],
      [{ type: 7 }, '/type'],
      [{ type: 'poll', question: 'Where?', options: ['Here'] }, '/options'],
      [{ type: 'location', latitude: 91, longitude: 0 }, '/latitude'],
      [{}, '/text'],
    ] as const)
      assert.deepEqual(pointersOf(await api.call(route, { body: { session_id, ...body } })), [pointer])
  })

  test('a contact is seen typing, recording, coming and going', async () => {
    const session_id = await linked(api.alice.key, '15550100')
    const route = `POST /sandbox/contacts/${ada}/presence` as const
    for (const doing of ['typing', 'recording', 'paused', 'online', 'offline'])
      assert.equal((await api.call(route, { body: { session_id, doing } })).status, 204, doing)
    assert.deepEqual(pointersOf(await api.call(route, { body: { session_id, doing: 'dancing' } })), [
      '/doing',
    ])
    const group = await api.call('POST /sandbox/groups', {
      body: { subject: 'x', session_id, contacts: [ada] },
    })
    const group_id = group.json.id
    assert.equal((await api.call(route, { body: { group_id, doing: 'typing' } })).status, 204)
    assertProblem(await api.call(route, { body: { group_id, doing: 'online' } }), 'sandbox_refused')
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
