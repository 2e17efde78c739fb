import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EventDraft, sealEvent } from '@waxwing/events/event-id'
import pino from 'pino'
import { createOutbox } from './outbox.ts'

const log = pino({ level: 'silent' })
const draft = (key: string | null): EventDraft => ({
  type: 'qrcode.updated',
  at: new Date(0),
  sessionId: null,
  profileId: 'p',
  chat: null,
  naturalKey: key,
  data: { qr: key ?? '', expiresAt: '2026-11-23T12:00:00.000Z', attempt: 1 },
})
const numbers = (count: number) => Array.from({ length: count }, (_, index) => draft(String(index)))

function open(publish: (drafts: EventDraft[]) => void, limit?: number) {
  const committed: (string | null)[] = []
  let fullTimes = 0
  const outbox = createOutbox({
    sessionId: 's',
    async publish(drafts) {
      await new Promise(resolve => setImmediate(resolve))
      publish(drafts)
      committed.push(...drafts.map(each => each.naturalKey))
    },
    log,
    random: () => 0,
    onFull: () => fullTimes++,
    limit,
  })
  return { outbox, committed, fullTimes: () => fullTimes }
}

test('events are committed in the order in which they were added, in batches', async () => {
  const sizes: number[] = []
  const { outbox, committed } = open(drafts => sizes.push(drafts.length))
  const all = numbers(600)
  outbox.add(all.slice(0, 1))
  outbox.add(all.slice(1))
  await outbox.idle()
  assert.deepEqual(
    committed,
    all.map(each => each.naturalKey),
  )
  assert.ok(Math.max(...sizes) <= 256 && sizes.length <= 4, sizes.join())
})

test('a fact told twice is told once; what has no natural key is always news', async () => {
  const { outbox, committed } = open(() => {})
  outbox.add([draft('a'), draft(null), draft('a')])
  await outbox.idle()
  outbox.add([draft('a'), draft(null)])
  await outbox.idle()
  assert.deepEqual(committed, ['a', null, null])
})

test('a store that is away delays events and loses none', async () => {
  let away = 3
  const { outbox, committed } = open(() => {
    if (away-- > 0) throw new Error('away')
  })
  outbox.add(numbers(5))
  await outbox.idle()
  assert.deepEqual(committed, ['0', '1', '2', '3', '4'])
})

test('too many waiting events are reported once, until all of them are committed', async () => {
  let away = true
  const { outbox, fullTimes } = open(() => {
    if (away) throw new Error('away')
  }, 10)
  outbox.add(numbers(11))
  outbox.add([draft('one more')])
  assert.deepEqual([outbox.full, fullTimes(), outbox.size], [true, 1, 12])
  away = false
  await outbox.idle()
  assert.deepEqual([outbox.full, outbox.size], [false, 0])
})

test('an event that can never be stored is dropped alone', async () => {
  const { outbox, committed } = open(drafts => drafts.forEach(sealEvent))
  const [zero, one, two, three] = numbers(4)
  assert.ok(zero && one && two && three)
  outbox.add([zero, one, { ...two, data: { attempt: 1n } } as unknown as EventDraft, three])
  await outbox.idle()
  assert.deepEqual(committed, ['0', '1', '3'])
})

test('a bug on the way to the store delays events that are sound, and costs none', async () => {
  let wrong = 2
  const { outbox, committed } = open(() => {
    if (wrong-- > 0) throw new TypeError('undefined is not a function')
  })
  outbox.add(numbers(3))
  await outbox.idle()
  assert.deepEqual(committed, ['0', '1', '2'])
})

test('closing gives up what waits and says how much', async () => {
  const { outbox } = open(() => {
    throw new Error('away')
  })
  outbox.add(numbers(3))
  await new Promise(resolve => setTimeout(resolve, 20))
  assert.equal(outbox.close(), 3)
  await outbox.idle()
})
