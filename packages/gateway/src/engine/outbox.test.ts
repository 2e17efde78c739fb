import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EventDraft, sealEvent } from '@waxwing/events/event-id'
import pg from 'pg'
import pino from 'pino'
import type { ToldStanza } from '../store/commit.ts'
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

type Refuse = (drafts: EventDraft[], told: readonly ToldStanza[]) => void

/** `refuse` throws for what the store does not take. */
function open(refuse: Refuse, limits: { limit?: number; patienceMs?: number } = {}) {
  const committed: (string | null)[] = []
  /** For each stanza that was marked, what was committed by then. */
  const marked: Record<string, (string | null)[]> = {}
  let fullTimes = 0
  const outbox = createOutbox({
    kept: async () => {},
    sessionId: 's',
    async publish(drafts, told = []) {
      await new Promise(resolve => setImmediate(resolve))
      refuse(drafts, told)
      committed.push(...drafts.map(each => each.naturalKey))
      for (const { sessionId, delivery } of told) marked[`${sessionId} ${delivery}`] = [...committed]
    },
    log,
    random: () => 0,
    onFull: () => fullTimes++,
    ...limits,
  })
  return { outbox, committed, marked, fullTimes: () => fullTimes }
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
  const { outbox, fullTimes } = open(
    () => {
      if (away) throw new Error('away')
    },
    { limit: 10 },
  )
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

test('what was added before is stored once it is committed, though more keeps coming', async () => {
  let next = 2
  let early = false
  let storedFirst = false
  const { outbox, committed } = open(drafts => {
    if (drafts.some(each => each.naturalKey === '0')) early = storedFirst
    // An end, so that a `stored` that waits for everything fails instead of hanging.
    if (next < 1_000) outbox.add([draft(String(next++))])
  })
  await outbox.stored()
  outbox.add([draft('0')])
  const first = outbox.stored().then(() => {
    storedFirst = true
    return [...committed]
  })
  outbox.add([draft('1')])
  const second = outbox.stored().then(() => [...committed])
  assert.deepEqual([await first, early], [['0'], false])
  assert.deepEqual(await second, ['0', '1', '2'], 'what came while the first was under way joined it')
  assert.ok(outbox.size > 0, 'more is waiting')
  await outbox.idle()
  assert.equal(committed.length, 1_000)
})

test('nobody waits for ever for what a closed outbox gave up', async () => {
  const { outbox, committed } = open(() => {
    throw new Error('away')
  })
  outbox.add(numbers(3), 'stanza')
  const stored = outbox.stored()
  assert.equal(outbox.close(), 3)
  await stored
  await outbox.stored()
  outbox.add(numbers(1))
  await outbox.idle()
  assert.deepEqual(committed, [])
})

test('a stanza is marked with its last event, and not before', async () => {
  const { outbox, marked } = open(() => {})
  const keys = (count: number) => numbers(count).map(each => each.naturalKey)
  outbox.add([draft('0')])
  outbox.add(numbers(600).slice(1), 'large')
  outbox.add(numbers(602).slice(600), 'small')
  outbox.add([draft('602')])
  await outbox.idle()
  assert.deepEqual(Object.keys(marked), ['s large', 's small'])
  assert.deepEqual(marked['s large']?.slice(0, 600), keys(600))
  assert.deepEqual(marked['s small']?.slice(0, 602), keys(602))
})

test('a stanza is marked in the call that commits its last event, whatever was refused before', async () => {
  let away = 2
  const calls: [number, string[]][] = []
  const { outbox } = open((drafts, told) => {
    if (away-- > 0) throw new Error('away')
    calls.push([drafts.length, told.map(({ delivery }) => delivery)])
  })
  outbox.add(numbers(300), 'stanza')
  await outbox.idle()
  assert.deepEqual(calls, [
    [256, []],
    [44, ['stanza']],
  ])
})

test('a stanza that tells nothing, or nothing new, is marked all the same', async () => {
  const { outbox, committed, marked } = open(() => {})
  outbox.add([draft('a')])
  outbox.add([draft('a')], 'known')
  outbox.add([], 'silent')
  const stored = outbox.stored()
  await stored
  assert.deepEqual(committed, ['a'])
  assert.deepEqual(Object.keys(marked).sort(), ['s known', 's silent'])
  outbox.add([], null)
  await outbox.idle()
})

test('a stanza with an event that can never be stored is marked after its other events', async () => {
  const { outbox, marked } = open(drafts => drafts.forEach(sealEvent))
  const [zero, one, two, three] = numbers(4)
  assert.ok(zero && one && two && three)
  outbox.add([zero, { ...one, data: { attempt: 1n } } as unknown as EventDraft, two], 'stanza')
  outbox.add([three])
  await outbox.stored()
  assert.deepEqual(marked, { 's stanza': ['0', '2'] })
  assert.equal(outbox.size, 0)
})

test('a store that refuses for longer than the patience counts as full, until it takes everything', async () => {
  let refusals = 0
  let away = true
  const refuse = () => {
    refusals++
    if (away) throw new Error('away')
  }
  const { outbox, committed, fullTimes } = open(refuse, { patienceMs: 1 })
  outbox.add([draft('0')])
  assert.equal(outbox.full, false)
  for (let tries = 0; !outbox.full && tries < 6_000; tries++)
    await new Promise(resolve => setTimeout(resolve, 5))
  assert.deepEqual([outbox.full, fullTimes()], [true, 1])
  assert.ok(refusals > 1, 'a first refusal is not yet a long one')
  outbox.add([draft('1')])
  away = false
  await outbox.idle()
  assert.deepEqual([outbox.full, fullTimes(), committed], [false, 1, ['0', '1']])
})

test('a store that refuses for less than the patience does not count as full', async () => {
  let away = 3
  const refuse = () => {
    if (away-- > 0) throw new Error('away')
  }
  const { outbox, committed, fullTimes } = open(refuse, { patienceMs: 3_600_000 })
  outbox.add([draft('0')])
  await outbox.idle()
  assert.deepEqual([committed, fullTimes()], [['0'], 0])
})

test('a hiccup long after one whose events were committed one by one is a first refusal again', async () => {
  let away = 1
  const refuse = (drafts: EventDraft[]) => {
    if (away-- > 0) throw new Error('away')
    drafts.forEach(sealEvent)
  }
  const { outbox, fullTimes } = open(refuse, { patienceMs: 1 })
  outbox.add([{ ...draft('bad'), data: { attempt: 1n } } as unknown as EventDraft])
  await outbox.idle()
  await new Promise(resolve => setTimeout(resolve, 5))
  away = 1
  outbox.add([draft('0')])
  await outbox.idle()
  assert.equal(fullTimes(), 0)
})

test('a stanza that can never be marked holds up nobody', async () => {
  const { outbox, committed } = open((_drafts, told) => {
    if (told.length > 0) throw Object.assign(new pg.DatabaseError('bad', 3, 'error'), { code: '22021' })
  })
  outbox.add([draft('0')], 'bad')
  outbox.add([draft('1')])
  await outbox.idle()
  assert.deepEqual(committed, ['0', '1'])
})
