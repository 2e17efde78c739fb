import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestApi, type TestApi } from '../api/test-api.ts'
import { textEvent } from '../store/test-stores.ts'
import { createEventTail, type EventTail } from './listen-tail.ts'
import type { Gateway, Json } from './running-gateway.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(() => api.stop())

/** A connection that the test can cut, as a proxy or a gateway that restarts does. */
function cuttable(): { gateway: Pick<Gateway, 'open'>; cut(): void } {
  let line = new AbortController()
  return {
    cut: () => line.abort(),
    gateway: {
      async open(path, { headers = {}, signal }) {
        line = new AbortController()
        const response = await fetch(`${api.url}/api/v1${path}`, {
          headers: { 'x-api-key': api.alice.key, ...headers },
          signal: AbortSignal.any([signal, line.signal]),
        })
        assert.equal(response.status, 200)
        const body = response.body ?? new ReadableStream<Uint8Array<ArrayBuffer>>()
        return {
          at: new Date(String(response.headers.get('date'))),
          text: body.pipeThrough(new TextDecoderStream()),
        }
      },
    },
  }
}

let said = 0
async function happens(sessionId: string, at = new Date()): Promise<string> {
  const event = textEvent({ profileId: api.alice.profileId, sessionId }, `said ${said++}`, at)
  await api.store.events.commit([event])
  return event.id
}

async function take(tail: EventTail, count: number): Promise<string[]> {
  const taken: Json[] = []
  while (taken.length < count) taken.push(...(await tail.next()))
  return taken.map(event => event.id)
}

test('a tail tells what happens from now on, once, over lost connections, late events too', async () => {
  const { profileId } = api.alice
  const { id } = await api.store.sessions.create({ profileId, name: 'a', network: 'sandbox' })
  await happens(id)
  // The overlap of a resumed stream reaches back before a tail that began in the same seconds.
  await new Promise(resolve => setTimeout(resolve, 1_100))
  const stop = new AbortController()
  const { gateway, cut } = cuttable()
  const tail = await createEventTail(gateway, { patterns: ['messages.*'], signal: stop.signal })

  cut()
  const missed = [await happens(id), await happens(id, new Date(Date.now() - 86_400_000))]
  assert.deepEqual(await take(tail, 2), missed)
  const live = await happens(id)
  assert.deepEqual(await take(tail, 1), [live])

  cut()
  const again = [await happens(id), await happens(id)]
  assert.deepEqual(await take(tail, 2), again)
  const last = await happens(id)
  assert.deepEqual(await take(tail, 1), [last])

  stop.abort()
  assert.deepEqual(await tail.next(), [])
})
