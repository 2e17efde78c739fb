import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { uuidv7 } from '@waxwing/events/event-id'
import { createNews } from '../news.ts'
import type { DueDelivery } from '../store/deliveries.ts'
import { outcome, textEvent } from '../store/test-stores.ts'
import { assertProblem, pointersOf } from './problem-checks.ts'
import { startTestApi, type TestApi } from './test-api.ts'
import { type Message, openStream, type StreamReader } from './test-stream.ts'

let api: TestApi
const open: StreamReader[] = []
before(async () => {
  api = await startTestApi({ limits: { live: { readers: 4, heartbeatMs: 200, queueLength: 4_000 } } })
})
after(() => api.stop())

async function watch(query = '', headers: Record<string, string> = {}, key = api.alice.key) {
  // The places of the test before are free when the server has noticed that its readers are gone.
  for (let i = 0; ; i++) {
    const stream = await openStream(`${api.url}/api/v1/live${query}`, {
      authorization: `Bearer ${key}`,
      ...headers,
    })
    open.push(stream)
    if (stream.status !== 429) return stream
    assert.ok(i < 200, 'no place became free')
    await pause(25)
  }
}

/** Each test begins without readers, whatever became of the one before. */
async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map(stream => stream.close()))
}

async function session(profileId = api.alice.profileId): Promise<{ profileId: string; sessionId: string }> {
  const { id } = await api.store.sessions.create({ profileId, name: 'Shop', network: 'sandbox' })
  return { profileId, sessionId: id }
}

let said = 0
/** A message came in; resolves with the id of its event, when it is durable. */
async function happens(owner: { profileId: string; sessionId: string }, at = new Date()): Promise<string> {
  const event = textEvent(owner, `message ${said++}`, at)
  await api.store.events.commit([event])
  return event.id
}

function deliveryOf(eventId: string, sessionId: string): DueDelivery {
  return {
    deliveryId: uuidv7(),
    claimId: uuidv7(),
    webhookId: uuidv7(),
    eventId,
    eventType: 'messages.received',
    sessionId,
    attempt: 2,
    manual: false,
    createdAt: new Date(),
    body: '{}',
  }
}

const ids = (messages: Message[]) => messages.map(({ id }) => id)

afterEach(closeAll)

test('what is committed, attempted and changed is seen as it happens', async () => {
  const stream = await watch()
  assert.equal(stream.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  const owner = await session()
  const id = await happens(owner)
  const delivery = deliveryOf(id, owner.sessionId)
  const retryAt = new Date('2030-01-01T00:00:00Z')
  createNews(api.feed).recorded(owner.profileId, delivery, outcome(delivery, { kind: 'retry', at: retryAt }))
  await api.store.sessions.remove(owner.profileId, owner.sessionId)

  const [created, event, attempt, removed] = await stream.take(4)
  assert.deepEqual(
    [created?.event, created?.data.id, created?.data.status],
    ['session', owner.sessionId, 'created'],
  )
  assert.equal(event?.id, id)
  const { json } = await api.call(`GET /events/${id}`)
  assert.deepEqual(event?.data, json)
  assert.equal(attempt?.event, 'delivery')
  assert.deepEqual(
    [attempt?.data.id, attempt?.data.webhook_id, attempt?.data.status, attempt?.data.attempt],
    [delivery.deliveryId, delivery.webhookId, 'pending', 2],
  )
  assert.deepEqual(
    [attempt?.data.next_attempt_at, attempt?.data.error_class],
    [retryAt.toISOString(), 'http_5xx'],
  )
  assert.deepEqual([removed?.event, removed?.data.removed], ['session', true])
  // Only what is resumed has an id, or a browser would resume from what nobody can find.
  assert.deepEqual([created?.id, attempt?.id, removed?.id], [null, null, null])
  assert.equal(stream.retryMs, 2_000)
})

test('an event told twice is seen once', async () => {
  const owner = await session()
  const stream = await watch('?kinds=event')
  const event = textEvent(owner, 'told twice')
  await api.store.events.commit([event])
  await api.store.events.commit([event])
  const last = await happens(owner)
  assert.deepEqual(ids(await stream.take(2)), [event.id, last])
})

test('a profile sees its own only', async () => {
  const hers = await session()
  const his = await session(api.bob.profileId)
  const [alice, bob] = [await watch('?kinds=event'), await watch('?kinds=event', {}, api.bob.key)]
  const a = await happens(hers)
  const b = await happens(his)
  assert.deepEqual(ids(await bob.take(1)), [b])
  const after = await happens(hers)
  assert.deepEqual(ids(await alice.take(2)), [a, after])
  // Nor by an id of the other: what came after it is his own.
  const resumed = await watch('?kinds=event', { 'last-event-id': a }, api.bob.key)
  assert.deepEqual(ids(await resumed.take(1)), [b])
})

test('filters narrow the stream to types, a session, a webhook, a kind', async () => {
  const [one, other] = [await session(), await session()]
  const webhookId = uuidv7()
  const streams = {
    types: await watch('?types=session.*,call'),
    session: await watch(`?session_id=${other.sessionId}&types=messages.*`),
    webhook: await watch(`?webhook_id=${webhookId}`),
    kind: await watch('?kinds=session'),
  }
  await happens(one)
  const seen = await happens(other)
  await api.store.sessions.update(other.profileId, other.sessionId, { name: 'Renamed' })
  const news = createNews(api.feed)
  for (const id of [uuidv7(), webhookId]) {
    const delivery = { ...deliveryOf(seen, other.sessionId), webhookId: id }
    news.recorded(other.profileId, delivery, outcome(delivery, { kind: 'delivered' }))
  }
  const [event, changed, attempt] = await streams.session.take(3)
  assert.deepEqual([event?.id, changed?.data.name, attempt?.event], [seen, 'Renamed', 'delivery'])
  assert.equal((await streams.types.take(1))[0]?.data.name, 'Renamed')
  assert.equal((await streams.kind.take(1))[0]?.data.name, 'Renamed')
  assert.equal((await streams.webhook.take(1))[0]?.data.webhook_id, webhookId)
})

test('a reader that comes back with the last id gets what it missed, late events of old days included', async () => {
  const owner = await session()
  const first = await watch('?kinds=event')
  const seen = await happens(owner)
  assert.deepEqual(ids(await first.take(1)), [seen])
  await closeAll()
  // A phone that was off tells old things late: their ids lie before those that were seen.
  const missed = [
    await happens(owner, new Date(Date.now() - 3 * 86_400_000)),
    await happens(owner),
    await happens(owner, new Date(Date.now() - 60_000)),
  ]
  for (const resume of [
    { query: '?kinds=event', headers: { 'last-event-id': seen } },
    { query: `?kinds=event&last_event_id=${seen}`, headers: {} as Record<string, string> },
  ]) {
    const stream = await watch(resume.query, resume.headers)
    const got: string[] = []
    while (!missed.every(id => got.includes(id))) got.push(String((await stream.take(1))[0]?.id))
    const now = await happens(owner)
    missed.push(now)
    assert.deepEqual(ids(await stream.take(1)), [now])
    // What others of this file committed within the overlap may come too; nothing comes twice.
    assert.equal(new Set(got).size, got.length)
    assert.deepEqual(
      got.filter(id => missed.includes(id)),
      missed.slice(0, -1),
    )
    assert.ok(!got.includes(seen))
    await closeAll()
  }
})

test('a resumed reader has every event once, or hears of it, however many are committed meanwhile', async () => {
  const owner = await session()
  const seen = await happens(owner)
  const committed: string[] = []
  let committing = true
  const writing = (async () => {
    for (let i = 0; i < 40; i++) {
      const events = Array.from({ length: 20 }, () => textEvent(owner, `busy ${said++}`))
      await api.store.events.commit(events)
      committed.push(...events.map(event => event.id))
    }
    committing = false
  })()
  while (committed.length < 200) await pause(5)
  const stream = await watch(`?kinds=event&session_id=${owner.sessionId}`, { 'last-event-id': seen })
  const got = new Set<string>()
  let dropped = 0
  while (committing || got.size + dropped < committed.length) {
    const message = await stream.next()
    if (message?.event === 'dropped') dropped += message.data.events
    else assert.ok(!got.has(String(message?.id)), 'came twice')
    if (message?.event === 'event') got.add(String(message.id))
  }
  await writing
  assert.equal(got.size + dropped, committed.length)
  assert.ok(got.size >= 200, `${got.size} came, ${dropped} were left out`)
})

test('an id that is none is refused, and one of an event that is gone resumes by its time', async () => {
  assert.deepEqual(pointersOf(await api.call('GET /live?last_event_id=7')), ['?last_event_id'])
  const random = { 'last-event-id': '0b6f6a0e-6c0e-4c0e-9c0e-0b6f6a0e6c0e' }
  assert.deepEqual(pointersOf(await api.call('GET /live', { headers: random })), ['Last-Event-ID'])
  assert.deepEqual(pointersOf(await api.call('GET /live', { headers: { 'last-event-id': 'x' } })), [
    'Last-Event-ID',
  ])
  assert.deepEqual(pointersOf(await api.call('GET /live?types=mesages.received')), ['?types'])
  assert.deepEqual(pointersOf(await api.call('GET /live?kinds=all')), ['?kinds.0'])
  const owner = await session()
  const lost = uuidv7(new Date())
  const next = await happens(owner)
  // An invented id may be of any time there is.
  for (const invented of ['ffffffff-ffff-7fff-bfff-ffffffffffff', '00000000-0000-7000-8000-000000000000']) {
    const odd = await watch(`?session_id=${owner.sessionId}&kinds=session`, { 'last-event-id': invented })
    await api.store.sessions.update(owner.profileId, owner.sessionId, { name: invented })
    assert.equal((await odd.take(1))[0]?.data.name, invented)
    await odd.close()
  }
  const stream = await watch(`?session_id=${owner.sessionId}&kinds=event`, { 'last-event-id': lost })
  assert.deepEqual(ids(await stream.take(1)), [next])
})

test('a reader that does not read costs no memory, and hears how much it missed and where to go on', async () => {
  const owner = await session()
  const { hostname, port } = new URL(api.url)
  const socket = connect(Number(port), hostname)
  socket.write(
    `GET /api/v1/live?kinds=event&session_id=${owner.sessionId} HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${api.alice.key}\r\n\r\n`,
  )
  await new Promise(resolve => socket.once('data', resolve))
  socket.pause()
  const news = createNews(api.feed)
  const count = 400
  const body = JSON.stringify({ text: 'x'.repeat(50_000) })
  for (let i = 0; i < count; i++) {
    news.committed({ ...textEvent(owner, `big ${i}`), body }, new Date())
    if (i % 20 === 0) await pause(1)
  }
  let text = ''
  socket.on('data', chunk => {
    text += chunk
  })
  socket.resume()
  const leftOut = () =>
    [...text.matchAll(/event: dropped\s+data: (.*)/g)].map(([, data]) => JSON.parse(data ?? ''))
  const got = () => [...text.matchAll(/^event: event\r?$/gm)].length
  const total = () => leftOut().reduce((sum, { events }) => sum + events, 0)
  for (let i = 0; i < 1_000 && got() + total() < count; i++) await pause(10)
  assert.equal(got() + total(), count)
  assert.ok(total() > count / 2, `${got()} of ${count} were kept for a reader that did not read`)
  const sent = [...text.matchAll(/^id: (\S+)/gm)].map(([, id]) => id)
  assert.ok(sent.includes(leftOut()[0].last_event_id))
  socket.destroy()
})

test('a profile has so many readers and no more, and a place is free when one leaves', async () => {
  const readers = await Promise.all(Array.from({ length: 4 }, () => watch()))
  assertProblem(await api.call('GET /live'), 'too_many_streams')
  assert.equal((await watch('', {}, api.bob.key)).status, 200)
  await readers[0]?.close()
  assert.equal((await watch()).status, 200)
  assertProblem(await api.call('GET /live'), 'too_many_streams')
})

test('a quiet stream says that it is alive, and ends when its key does', async () => {
  await pause(300)
  const { json } = await api.call('POST /api-keys', { body: { name: 'short', scopes: ['read'] } })
  const stream = await watch('', {}, json.key)
  const ended = endOf(stream)
  for (let i = 0; i < 400 && stream.comments < 2; i++) await pause(50)
  assert.ok(stream.comments >= 2, `${stream.comments} comments`)
  await api.call(`DELETE /api-keys/${json.id}`)
  assert.equal(await ended, null)
})

describe('stopping', () => {
  test('ends the streams at once instead of waiting for them', async () => {
    const own = await startTestApi()
    const stream = await openStream(`${own.url}/api/v1/live`, { 'x-api-key': own.alice.key })
    const before = performance.now()
    await own.stop()
    assert.equal(await endOf(stream), null)
    assert.ok(performance.now() - before < 20_000)
  })
})

/** Null when the stream ends without another message. */
async function endOf(stream: StreamReader): Promise<Message | null> {
  for (;;) {
    const message = await stream.next()
    if (message === null || message.event !== 'session') return message
  }
}
