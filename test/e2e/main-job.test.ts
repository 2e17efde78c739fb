/** The main job, end to end on real parts: a simulated phone writes, a signed webhook arrives, once. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { connected, eventually, type Journey, startJourney } from './journey.ts'

let journey: Journey
before(async () => {
  journey = await startJourney({
    webhook: { subscribed_events: ['messages.received', 'message.sent', 'messages.update'] },
  })
})
after(() => journey?.end())

const received = (type: string) => journey.receiver.requests.filter(r => r.event?.type === type)

test('a message from a simulated phone arrives once, signed, at the receiver', async () => {
  const contact = journey.whatsapp.contact({ number: '15550123', name: 'Contact' })
  const { id } = await contact.say(journey.phone, 'Hello from far away')
  await journey.receiver.until(() => received('messages.received').length === 1)

  const [request] = received('messages.received')
  assert.equal(request?.refusal, null)
  const event = request?.event
  assert.ok(event?.type === 'messages.received')
  assert.equal(event.sessionId, journey.sessionId)
  assert.equal(event.data.body, 'Hello from far away')
  assert.equal(event.data.type, 'text')
  assert.equal(event.data.from, '15550123@s.whatsapp.net')
  assert.equal(event.data.messageId, id)
  assert.equal(request?.headers.get('x-event-type'), 'messages.received')
  assert.equal(request?.headers.get('webhook-id'), event.id)
  assert.equal(request?.headers.get('x-delivery-attempt'), '1')

  const list = await eventually('a delivered delivery', async () => {
    const answer = await journey.gateway.api('GET', `/deliveries?event_id=${event.id}&status=delivered`)
    return answer.body.data?.length && answer.body
  })
  const delivery = await journey.gateway.api('GET', `/deliveries/${list.data[0].id}`)
  assert.equal(delivery.body.attempt_log.length, 1, 'one attempt is on record')
  assert.equal(journey.receiver.requests.filter(r => r.event?.id === event.id).length, 1)
})

test('a message sent through the API reaches the other side and yields message.sent', async () => {
  const contact = journey.whatsapp.contact({ number: '15550124', name: 'Other' })
  const sent = await journey.gateway.api('POST', `/sessions/${journey.sessionId}/messages`, {
    to: '15550124',
    type: 'text',
    text: 'Your order is on its way',
  })
  assert.ok(sent.status < 300, JSON.stringify(sent.body))
  const arrived = await contact.waitForMessage()
  assert.equal(arrived.text, 'Your order is on its way')

  await journey.receiver.until(() => received('message.sent').length === 1)
  const event = received('message.sent')[0]?.event
  assert.ok(event?.type === 'message.sent')
  assert.equal(event.data.messageId, arrived.id)

  await contact.read(arrived.id)
  await journey.receiver.until(() => received('messages.update').length > 0)
})

test('500 messages arrive once each while the connection drops three times', async () => {
  const seed = randomBytes(4).toString('hex')
  const contacts = Array.from({ length: 5 }, (_, i) =>
    journey.whatsapp.contact({ number: `1555020${i}`, name: `Contact ${i}` }),
  )
  const wanted = new Map<string, string>()
  const before = received('messages.received').length
  for (let i = 0; i < 500; i++) {
    const contact = contacts[i % contacts.length]
    if (!contact) continue
    const text = `${seed} ${i}`
    wanted.set((await contact.say(journey.phone, text)).id, text)
    if (i === 120 || i === 250 || i === 380) await journey.phone.drop()
  }
  await journey.receiver.until(() => received('messages.received').length - before >= 500, 120_000)
  await connected(journey.gateway, journey.sessionId)

  const arrived = received('messages.received')
    .slice(before)
    .map(r => r.event)
  const ids = arrived.map(e => (e?.type === 'messages.received' ? e.data.messageId : ''))
  assert.equal(new Set(ids).size, 500, `seed ${seed}: each message once`)
  assert.equal(ids.length, 500, `seed ${seed}: none twice`)
  for (const event of arrived) {
    if (event?.type === 'messages.received') assert.equal(event.data.body, wanted.get(event.data.messageId))
  }
})
