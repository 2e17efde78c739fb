import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertProblem, pointersOf } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
let id: string
before(async () => {
  api = await startTestApi()
  id = (await api.call('POST /sessions', { body: { name: 'Shop' } })).json.id
})
after(() => api.stop())

const ann = '15550100@s.whatsapp.net'
const group = '120363000000000001@g.us'
const send = (body: object) => api.call(`POST /sessions/${id}/messages`, { body })
/** What the engine is asked to send for this body. */
async function asked(body: { to: string }) {
  const answer = await send(body)
  assert.equal(answer.status, 201, answer.text)
  const { name, args } = api.heard.at(-1) as { name: string; args: { to: string; content: object } }
  assert.deepEqual([name, args.to], ['message.send', body.to])
  return args.content
}

test('a text is handed to the engine and answered with the message id', async () => {
  const answer = await api.call(`POST /sessions/${id}/messages`, {
    body: { to: '15550100', type: 'text', text: 'Hello' },
  })
  assert.equal(answer.status, 201)
  assert.deepEqual(answer.json, {
    message_id: '3EB0',
    session_id: id,
    to: 'jid of 15550100',
    timestamp: '2030-01-01T00:00:00.000Z',
  })
  const args = { sessionId: id, to: '15550100', content: { type: 'text', text: 'Hello' } }
  assert.deepEqual(api.heard.at(-1), { name: 'message.send', args })
})

test('types that cannot be sent yet are refused with the list of those that can', async () => {
  for (const type of ['template', 'hologram', 'x'.repeat(1_000)]) {
    const answer = await api.call(`POST /sessions/${id}/messages`, {
      body: { to: '15550100', type, image: {} },
    })
    assertProblem(answer, 'message_type_not_supported')
    assert.ok(answer.json.supported_types.includes('poll'))
  }
  const faults = { text: 'a', to: '' }
  assert.deepEqual(pointersOf(await api.call(`POST /sessions/${id}/messages`, { body: faults })), ['/to'])
  const long = { to: '15550100', text: 'x'.repeat(70_000) }
  assert.deepEqual(pointersOf(await api.call(`POST /sessions/${id}/messages`, { body: long })), ['/text'])
})

test('every type is handed to the engine with what belongs to it and nothing else', async () => {
  const quoted = { message_id: 'Q1', body: 'first' }
  assert.deepEqual(await asked({ to: ann, text: 'hi', mentions: [ann], quoted } as never), {
    type: 'text',
    text: 'hi',
    mentions: [ann],
    quoted: { messageId: 'Q1', fromMe: false, body: 'first' },
  })
  const place = { type: 'location', latitude: -90, longitude: 180, name: 'The pole' }
  assert.deepEqual(await asked({ to: ann, ...place }), place)
  const card = { type: 'contact', contacts: [{ name: 'Ben', phones: ['+1 555 0102'] }] }
  assert.deepEqual(await asked({ to: ann, ...card }), card)
  const poll = { type: 'poll', question: 'Which?', options: ['Red', 'Blue'] }
  assert.deepEqual(await asked({ to: ann, ...poll }), { ...poll, selectableCount: 1 })
  const target = { message_id: 'M1', participant: ann }
  const named = { messageId: 'M1', participant: ann }
  assert.deepEqual(await asked({ to: group, type: 'reaction', ...target, emoji: '👨‍👩‍👧' } as never), {
    type: 'reaction',
    target: { ...named, fromMe: false },
    emoji: '👨‍👩‍👧',
  })
  const edit = { type: 'edit', text: 'hello' }
  assert.deepEqual(await asked({ to: ann, ...edit, message_id: 'M1' } as never), { ...edit, messageId: 'M1' })
  assert.deepEqual(await asked({ to: ann, type: 'delete', message_id: 'M1' } as never), {
    type: 'delete',
    target: { messageId: 'M1', fromMe: true },
  })
})

test('a fault is named with its place in the body of its type', async () => {
  const faults: [object, string[]][] = [
    [{ type: 'location', latitude: 91, longitude: 0 }, ['/latitude']],
    [{ type: 'location', text: 'here', latitude: 1, longitude: 1 }, ['/text']],
    [{ type: 'contact', contacts: [] }, ['/contacts']],
    [{ type: 'contact', contacts: [{ name: 'Ben', phones: [] }] }, ['/contacts/0/phones']],
    [{ type: 'poll', question: 'Which?', options: ['Red'] }, ['/options']],
    [{ type: 'poll', question: 'Which?', options: ['Red', 'Red'] }, ['/options']],
    [
      { type: 'poll', question: 'Which?', options: ['Red', 'Blue'], selectable_count: 3 },
      ['/selectable_count'],
    ],
    [{ type: 'reaction', message_id: 'M1', emoji: 'ok' }, ['/emoji']],
    [{ type: 'edit', text: 'x' }, ['/message_id']],
    [{ type: 'edit', message_id: 'M1', text: '' }, ['/text']],
    [{ type: 'delete', message_id: 'M1', emoji: '👍' }, ['/emoji']],
    [{ type: 7 }, ['/type']],
  ]
  for (const [body, pointers] of faults)
    assert.deepEqual(pointersOf(await send({ to: ann, ...body })), pointers, JSON.stringify(body))
})

test('in a group it must be said who wrote what is reacted to or deleted, unless this account did', async () => {
  const target = { to: group, message_id: 'M1' }
  for (const body of [
    { ...target, type: 'reaction', emoji: '👍' },
    { ...target, type: 'delete', from_me: false },
  ])
    assert.deepEqual(pointersOf(await send(body)), ['/participant'])
  await asked({ ...target, type: 'reaction', emoji: '👍', from_me: true } as never)
})
