/** The law: after a kill, sessions of an embedded database come back with the gateway, not when their leases run out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startJourney } from './journey.ts'

test('a killed gateway holds its sessions again the moment it is back, and tells what arrived meanwhile', async t => {
  const journey = await startJourney()
  t.after(() => journey.end())
  await journey.gateway.kill()
  const contact = journey.whatsapp.contact({ number: '15550123', name: 'Contact' })
  await contact.say(journey.phone, 'while you were dead')
  await journey.restart('kill')

  // The engine looks for sessions once before it says this, and a lease that ran would have kept it from finding one.
  const started = journey.gateway
    .log()
    .split('\n')
    .find(line => line.includes('"engine started"'))
  assert.equal(JSON.parse(started ?? '{}').sessions, 1, journey.gateway.log())
  await journey.receiver.until(requests =>
    requests.some(
      ({ event }) => event?.type === 'messages.received' && event.data.body === 'while you were dead',
    ),
  )
})
