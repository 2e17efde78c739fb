/** The live stream over the whole river: what a phone says, what became of its delivery, where the session stands. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Message, openStream, type StreamReader } from '../../packages/gateway/src/api/test-stream.ts'
import { type Journey, startJourney } from './journey.ts'

let journey: Journey
let stream: StreamReader
before(async () => {
  journey = await startJourney()
  stream = await open()
})
after(async () => {
  await stream?.close()
  await journey?.end()
})

function open(headers: Record<string, string> = {}): Promise<StreamReader> {
  const { url, apiKey } = journey.gateway
  return openStream(`${url}/api/v1/live`, { authorization: `Bearer ${apiKey}`, ...headers })
}

/** Reads on until a message fits; what comes before it is somebody else's. */
async function seen(fits: (message: Message) => boolean): Promise<Message> {
  for (;;) {
    const message = await stream.next()
    assert.ok(message, 'the stream ended')
    if (fits(message)) return message
  }
}

const isOf = (messageId: string) => (message: Message) =>
  message.data.type === 'messages.received' && message.data.payload.data.messageId === messageId

test('a message is seen when it is durable, and its delivery when the receiver has it', async () => {
  const contact = journey.whatsapp.contact({ number: '15550199', name: 'Contact' })
  const { id } = await contact.say(journey.phone, 'Hello')
  const event = await seen(isOf(id))
  assert.equal(event.id, event.data.id)
  assert.equal(event.data.session_id, journey.sessionId)
  const delivery = await seen(
    ({ event, data }) => event === 'delivery' && data.webhook_id === journey.webhookId,
  )
  assert.equal(delivery.data.event_id, event.data.id)
  assert.deepEqual([delivery.data.status, delivery.data.attempt], ['delivered', 1])
  // It is told after it is written down: whoever asks for more finds it.
  const { body } = await journey.gateway.api('GET', `/deliveries/${delivery.data.id}`)
  assert.deepEqual([body.status, body.attempt_log.length], ['delivered', 1])
})

test('a session is seen to lose its line and to get it back', async () => {
  await journey.phone.drop()
  const ofSession = ({ event, data }: Message) => event === 'session' && data.id === journey.sessionId
  await seen(message => ofSession(message) && message.data.status !== 'connected')
  await seen(message => ofSession(message) && message.data.status === 'connected')
})

test('what happened while the gateway was killed and started again is not missed', async () => {
  const contact = journey.whatsapp.contact({ number: '15550199' })
  const before = await contact.say(journey.phone, 'before')
  const last = await seen(isOf(before.id))
  await journey.restart('kill')
  const during = await contact.say(journey.phone, 'meanwhile')
  stream = await open({ 'last-event-id': String(last.id) })
  const event = await seen(isOf(during.id))
  assert.equal(event.data.payload.data.body, 'meanwhile')
})
