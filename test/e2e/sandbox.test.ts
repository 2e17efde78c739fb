/** The sandbox, end to end through the API alone: link, write, answer, call, share a group, part. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { dataFolder, type Gateway, startGateway } from './gateway.ts'
import { eventually } from './journey.ts'

let folder: Awaited<ReturnType<typeof dataFolder>>
let gateway: Gateway
let sessionId: string
let phone: string
let ada: string
let grace: string

before(async () => {
  folder = await dataFolder()
  gateway = await startGateway({ dataDir: folder.path, env: { SANDBOX: 'true' } })
})
after(async () => {
  await gateway?.stop()
  await folder?.remove()
})

async function call(method: string, path: string, body?: object) {
  const answer = await gateway.api(method, path, body)
  assert.ok(
    answer.status < 300,
    `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}\n${gateway.log()}`,
  )
  return answer.body
}

/** The payload of the newest event of a type that fits. */
function event(type: string, fits: (data: Record<string, unknown>) => boolean = () => true) {
  return eventually(`an event ${type}`, async () => {
    const { data } = await call('GET', `/events?type=${type}&session_id=${sessionId}`)
    return data
      .map((row: { payload: object }) => row.payload)
      .find((payload: { data: never }) => fits(payload.data))
  })
}

const status = async () => (await call('GET', `/sessions/${sessionId}`)).status
const connected = () => eventually('a connected session', async () => (await status()) === 'connected')

test('a session is linked by its own simulated phone', async () => {
  const session = await call('POST', '/sessions', { name: 'Shop', network: 'sandbox' })
  sessionId = session.id
  const early = await gateway.api('POST', `/sandbox/sessions/${sessionId}/link`)
  assert.equal(early.body.code, 'qr_not_available')
  await call('POST', `/sessions/${sessionId}/connect`)
  await eventually('a QR code', async () => (await status()) === 'qr')
  phone = (await call('POST', `/sandbox/sessions/${sessionId}/link`)).number
  await connected()
  assert.equal((await call('GET', `/sessions/${sessionId}`)).phone, `+${phone}`)
})

test('a contact writes, and reads what it is sent', async () => {
  const { data } = await call('GET', '/sandbox/contacts')
  ;[ada, grace] = data.map(({ number }: { number: string }) => number)
  const said = await call('POST', `/sandbox/contacts/${ada}/messages`, {
    session_id: sessionId,
    text: 'Hello?',
  })
  const received = await event('messages.received', ({ messageId }) => messageId === said.message_id)
  assert.deepEqual([received.data.body, received.data.from.split('@')[0]], ['Hello?', ada])

  const sent = await call('POST', `/sessions/${sessionId}/messages`, { to: ada, text: 'Hello!' })
  const contact = await eventually('the answer to arrive', async () => {
    const answer = await call('GET', `/sandbox/contacts/${ada}`)
    return answer.received.length > 0 && answer
  })
  assert.deepEqual(
    contact.received.map((one: { text: string; message_id: string; from: string }) => [
      one.text,
      one.message_id,
      one.from,
    ]),
    [['Hello!', sent.message_id, phone]],
  )
  await call('POST', `/sandbox/contacts/${ada}/receipts`, { message_id: sent.message_id, type: 'read' })
  await event('messages.update', data => JSON.stringify(data).includes(sent.message_id))
  const never = await gateway.api('POST', `/sandbox/contacts/${ada}/receipts`, {
    message_id: 'X',
    type: 'read',
  })
  assert.equal(never.body.code, 'sandbox_refused')
})

test('a contact calls and hangs up, once', async () => {
  const { call_id } = await call('POST', `/sandbox/contacts/${grace}/calls`, {
    session_id: sessionId,
    video: true,
  })
  await event('call', data => JSON.stringify(data).includes(call_id))
  await call('POST', `/sandbox/calls/${call_id}/hang-up`)
  assert.equal((await gateway.api('POST', `/sandbox/calls/${call_id}/hang-up`)).body.code, 'call_not_found')
})

test('a group of contacts and the session hears its members', async () => {
  const group = await call('POST', '/sandbox/groups', {
    subject: 'Team',
    session_id: sessionId,
    contacts: [ada, grace],
  })
  assert.deepEqual(group.members, [ada, grace, phone])
  const said = await call('POST', `/sandbox/contacts/${grace}/messages`, {
    group_id: group.id,
    text: 'Hi all',
  })
  const received = await event('messages.received', ({ messageId }) => messageId === said.message_id)
  assert.ok(JSON.stringify(received.data).includes(group.id))
  const changed = await call('PATCH', `/sandbox/groups/${group.id}`, {
    by: ada,
    subject: 'Crew',
    remove: [grace],
  })
  assert.deepEqual([changed.subject, changed.members], ['Crew', [ada, phone]])
  await event('groups.update', data => JSON.stringify(data).includes('Crew'))
  const outsider = await gateway.api('PATCH', `/sandbox/groups/${group.id}`, { by: grace, subject: 'Mine' })
  assert.equal(outsider.body.code, 'sandbox_refused')
})

test('the phone writes by itself, drops the line, and takes the link away', async () => {
  const said = await call('POST', `/sandbox/sessions/${sessionId}/messages`, {
    to: ada,
    text: 'From my pocket',
  })
  await event('message.sent', data => JSON.stringify(data).includes(said.message_id))
  await call('POST', `/sandbox/sessions/${sessionId}/drop`)
  await eventually('a line to unlink on', async () => {
    const { status } = await gateway.api('POST', `/sandbox/sessions/${sessionId}/unlink`)
    return status === 204
  })
  await eventually('a session that is logged out', async () => (await status()) === 'logged_out')
  const later = await gateway.api('POST', `/sandbox/contacts/${ada}/messages`, {
    session_id: sessionId,
    text: 'x',
  })
  assert.equal(later.body.code, 'session_not_linked')
})
