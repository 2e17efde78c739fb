/**
 * Law 12 as facts: what an endpoint that hangs, fails or retries can take from the others, whatever the speed of the machine.
 * Hanging receivers never answer here, so what arrives meanwhile arrives in spite of them. The figures: `npm run bench:isolation`.
 */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { type Receiver, startReceiver } from '../delivery/test-receiver.ts'
import { textEvent } from '../store/test-stores.ts'
import type { Dispatcher } from './dispatcher.ts'
import { dispatchOn, openStage, type Test, until } from './test-stage.ts'

/** With the longest deadline there is, nobody who hangs is given up while a test runs. */
const attemptMs = 30_000
const leaseMs = 120_000
/** As a gateway has; and as many connections to one host (app.ts). */
const slots = 256

const stage = await openStage({ attemptMs, leaseMs, maxConnections: slots })
const { store, sender, profileId } = stage
after(() => stage.close())

describe('an endpoint in trouble', () => {
  test('keeps its own slots and no others: seventy get everything while twenty hang and ten fail', async t => {
    const hanging = await endpoints(t, 20, () => 'hang')
    const failing = await endpoints(t, 10, () => 500)
    const living = await endpoints(t, 70, () => 200)
    const { dispatcher, commit } = dispatching(t, { slots })
    // The bad first: by the time the others have work, every slot that can be lost is lost.
    await commit(hanging, 15)
    await until(() => dispatcher.stats().inFlight === 200)
    await commit(failing, 5)
    await commit(living, 5)
    await until(() => living.every(({ receiver }) => receiver.received.length === 5))
    await until(() => dispatcher.stats().inFlight === 200)
    assert.deepEqual(
      hanging.map(({ receiver }) => receiver.received.length),
      hanging.map(() => 10),
      'ten slots each, and not one more, although five others wait for each',
    )
    assert.ok(failing.every(({ receiver }) => receiver.received.length >= 5))
  })

  test('leaves slots to the others however many hang: thirty get everything while forty hang', async t => {
    const hanging = await endpoints(t, 40, () => 'hang')
    const living = await endpoints(t, 30, () => 200)
    const { dispatcher, commit } = dispatching(t, { slots })
    await commit(hanging, 15)
    // Four fifths of the slots, and nobody gets a second one of the last fifth.
    await until(() => dispatcher.stats().inFlight === 204)
    await commit(living, 5)
    await until(() => living.every(({ receiver }) => receiver.received.length === 5))
    await until(() => dispatcher.stats().inFlight === 204)
    assert.equal(dispatcher.stats().waiting, 40 * 15 - 204)
  })

  test('leaves memory to the others however much it has waiting', async t => {
    const hanging = await endpoints(t, 10, () => 'hang')
    const living = await endpoints(t, 5, () => 200)
    const { dispatcher, commit } = dispatching(t, { slots, backlog: 20 })
    await commit(hanging, 40)
    await until(() => dispatcher.stats().inFlight === 100 && dispatcher.stats().waiting === 200)
    await commit(living, 5)
    await until(() => living.every(({ receiver }) => receiver.received.length === 5))
    assert.equal(dispatcher.stats().waiting, 200)
  })

  test('keeps no connection from another at the same host', async t => {
    const receiver = await startReceiver(({ url }, _, response) => void (url !== '/hang' && response.end()))
    t.after(() => receiver.stop())
    const at = (path: string) => receiver.received.filter(({ url }) => url === path).length
    const hanging = await Promise.all(Array.from({ length: 20 }, () => subscribe(t, receiver, '/hang')))
    const living = await subscribe(t, receiver, '/live')
    const { commit } = dispatching(t, { slots })
    await commit(hanging, 10)
    await until(() => at('/hang') === 200)
    await commit([living], 20)
    await until(() => at('/live') === 20)
    assert.ok(receiver.connections() <= slots)
  })

  test('of ten keeps nothing from the other nine', async t => {
    const [bad] = await endpoints(t, 1, () => 'hang')
    const living = await endpoints(t, 9, () => 200)
    const { dispatcher, commit } = dispatching(t, { slots })
    assert.ok(bad)
    await commit([bad], 100)
    await until(() => bad.receiver.received.length === 10)
    await commit(living, 50)
    await until(() => living.every(({ receiver }) => receiver.received.length === 50))
    await until(() => dispatcher.stats().inFlight === 10)
    assert.equal(bad.receiver.received.length, 10)
    assert.equal(dispatcher.stats().waiting, 90)
  })

  test('in a storm of retries that hang keeps no first attempt waiting', async t => {
    const stormy = await endpoints(t, 20, attempt => (attempt === 1 ? 500 : 'hang'))
    const living = await endpoints(t, 5, () => 200)
    const { dispatcher, commit } = dispatching(t, { slots: 20 })
    await commit(stormy, 2)
    // Forty retries want to go out; a fifth of the slots is not theirs.
    await until(() => dispatcher.stats().inFlight === 16 && dispatcher.stats().waiting === 24)
    await commit(living, 10)
    await until(() => living.every(({ receiver }) => receiver.received.length === 10))
    await until(() => dispatcher.stats().inFlight === 16)
    assert.equal(dispatcher.stats().waiting, 24, 'the storm is still there')
  })
})

type Endpoint = { receiver: Receiver; sessionId: string }

/** So many receivers, each with a webhook. */
function endpoints(
  t: Test,
  count: number,
  answer: (attempt: number) => number | 'hang',
): Promise<Endpoint[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const receiver = await startReceiver(({ headers }, _, response) => {
        const status = answer(Number(headers['x-delivery-attempt']))
        if (status !== 'hang') response.writeHead(status).end()
      })
      t.after(() => receiver.stop())
      return subscribe(t, receiver)
    }),
  )
}

/** A webhook there that wants the events of one session of its own. */
async function subscribe(t: Test, receiver: Receiver, path = '/'): Promise<Endpoint> {
  const { id: sessionId } = await store.sessions.create({ profileId, name: 'test', network: 'sandbox' })
  const webhook = await store.webhooks.create({
    profileId,
    name: 'test',
    webhookUrl: new URL(path, receiver.url).href,
    subscribedEvents: ['messages.received'],
    sessionIds: [sessionId],
    retryConfig: { maxAttempts: 3, backoffMs: 100 },
  })
  t.after(() => store.webhooks.remove(profileId, webhook.id))
  return { receiver, sessionId }
}

let serial = 0

function dispatching(
  t: Test,
  { slots, backlog = 1_000 }: { slots: number; backlog?: number },
): { dispatcher: Dispatcher; commit(to: readonly Endpoint[], each: number): Promise<void> } {
  const { lane, dispatcher } = dispatchOn({
    store,
    sender,
    options: { slots, backlog, leaseMs, scanMs: 200, drainMs: 50 },
  })
  t.after(() => dispatcher.stop())
  return {
    dispatcher,
    async commit(to, each) {
      for (let i = 0; i < each; i++) {
        const events = to.map(({ sessionId }) => textEvent({ profileId, sessionId }, `isolation ${serial++}`))
        lane.announce(await store.events.commit(events))
      }
    },
  }
}
