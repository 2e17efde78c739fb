/** What becomes of a delivery when the receiver or the gateway fails. */
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { eventually, type Journey, startJourney } from './journey.ts'

let journey: Journey
before(async () => {
  // The lease is three times the longest attempt, so a short time-out makes recovery after a kill quick; a busy
  // machine must still answer within it.
  journey = await startJourney({
    env: { WEBHOOK_TIMEOUT_MS: '3000' },
    webhook: { retry_config: { max_attempts: 3, backoff_ms: 400 } },
  })
})
after(() => journey?.end())
afterEach(() => {
  journey.receiver.answer = () => 200
  journey.receiver.requests.length = 0
})

async function retrying(retry_config: { max_attempts: number; backoff_ms: number }): Promise<void> {
  const { status } = await journey.gateway.api('PATCH', `/webhooks/${journey.webhookId}`, { retry_config })
  assert.equal(status, 200)
}

const contact = () => journey.whatsapp.contact({ number: '15550123', name: 'Contact' })
const deliveryOf = (status: string) =>
  eventually(`a delivery that is ${status}`, async () => {
    const [request] = journey.receiver.requests
    const answer = await journey.gateway.api(
      'GET',
      `/deliveries?event_id=${request?.event?.id}&status=${status}`,
    )
    return (
      answer.body.data?.[0] &&
      (await journey.gateway.api('GET', `/deliveries/${answer.body.data[0].id}`)).body
    )
  })

test('a receiver that fails twice gets the same bytes a third time and then it is delivered', async () => {
  journey.receiver.answer = (_request, index) => (index < 2 ? 503 : 200)
  await contact().say(journey.phone, 'third time lucky')
  await journey.receiver.until(requests => requests.length === 3)

  const { requests } = journey.receiver
  assert.deepEqual(
    requests.map(r => r.headers.get('x-delivery-attempt')),
    ['1', '2', '3'],
  )
  assert.equal(new Set(requests.map(r => r.body)).size, 1)
  assert.equal(new Set(requests.map(r => r.headers.get('webhook-id'))).size, 1)
  assert.ok(
    requests.every(r => r.event),
    'every attempt is signed afresh and verifies',
  )
  const delivery = await deliveryOf('delivered')
  assert.equal(delivery.attempt_log.length, 3)
})

test('a receiver that never accepts makes a dead letter after three attempts, spaced as configured', async () => {
  journey.receiver.answer = () => 500
  await contact().say(journey.phone, 'never')
  await journey.receiver.until(requests => requests.length === 3)
  const delivery = await deliveryOf('failed')
  assert.equal(delivery.error_class, 'http_5xx')
  assert.equal(delivery.response_status, 500)

  const [first = 0, second = 0, third = 0] = journey.receiver.requests.map(r => r.at)
  assert.ok(second - first >= 400, `second after ${second - first} ms, never before 400`)
  assert.ok(third - second >= 800, `third after ${third - second} ms, never before 800`)
  const dead = await journey.gateway.api('GET', '/dead-letters')
  assert.ok(dead.body.data.some((d: { id: string }) => d.id === delivery.id))
})

test('pending retries survive a restart of the gateway', async () => {
  await retrying({ max_attempts: 3, backoff_ms: 8_000 })
  journey.receiver.answer = () => 500
  await contact().say(journey.phone, 'patience')
  await journey.receiver.until(requests => requests.length === 1)
  await journey.gateway.stop()
  assert.equal(journey.receiver.requests.length, 1, 'the retry was pending when the gateway stopped')
  journey.receiver.answer = () => 200
  await journey.restart('stop')
  await journey.receiver.until(requests => requests.length === 2)
  assert.equal(journey.receiver.requests[1]?.headers.get('x-delivery-attempt'), '2')
  await deliveryOf('delivered')
})

test('what was committed but not attempted when the gateway was killed arrives after its restart', async () => {
  // Ten attempts hang (the cap of one endpoint), so the rest are committed and wait; then the process is killed.
  // Attempts enough that none is given up meanwhile, however long the forty take to arrive.
  await retrying({ max_attempts: 20, backoff_ms: 400 })
  journey.receiver.answer = () => 'hang'
  for (let i = 0; i < 40; i++) await contact().say(journey.phone, `message ${i}`)
  await eventually('40 committed deliveries', async () => {
    const answer = await journey.gateway.api('GET', '/deliveries?status=pending&limit=250')
    return answer.body.data?.length >= 40
  })
  await journey.gateway.kill()
  const attempted = new Set(journey.receiver.requests.map(r => r.event?.id))
  assert.ok(attempted.size < 40, 'some were not attempted before the kill')

  journey.receiver.answer = () => 200
  await journey.restart('kill')
  const arrived = () =>
    new Set(
      journey.receiver.requests.map(r => (r.event?.type === 'messages.received' ? r.event.data.body : '')),
    )
  await journey.receiver.until(() => arrived().size === 40)
  await eventually('nothing pending', async () => {
    const answer = await journey.gateway.api('GET', '/deliveries?status=pending&limit=250')
    return answer.body.data?.length === 0
  })
})
