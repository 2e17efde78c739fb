import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createTurns, type Turns, type Waiting } from './turns.ts'

type Item = Waiting & { n: number }
let made = 0
const item = (webhookId: string, urgent = true): Item => ({ webhookId, urgent, size: 500, n: made++ })

/** Takes until nothing may start, as the dispatcher does. */
function takeAll(turns: Turns<Item>): Item[] {
  const taken: Item[] = []
  for (let next = turns.take(); next !== null; next = turns.take()) taken.push(next)
  return taken
}

test('an endpoint has at most a tenth of the slots, at least one, and never more than its own cap', () => {
  for (const [slots, perEndpoint, expected] of [
    [200, 10, 10],
    [50, 10, 5],
    [10, 10, 1],
    [3, 10, 1],
    [1000, 25, 25],
  ] as const) {
    const turns = createTurns<Item>({ slots, perEndpoint, backlog: 100 })
    for (let i = 0; i < 60; i++) turns.offer(item('a'))
    assert.equal(takeAll(turns).length, expected)
  }
})

test('an endpoint that never ends holds its share, and every other slot stays with the others', () => {
  const turns = createTurns<Item>({ slots: 20, perEndpoint: 10, backlog: 100 })
  for (let i = 0; i < 100; i++) turns.offer(item('hangs'))
  assert.equal(takeAll(turns).length, 2)
  for (let round = 0; round < 50; round++) {
    turns.offer(item('lives'))
    const [taken, ...more] = takeAll(turns)
    assert.equal(taken?.webhookId, 'lives')
    assert.deepEqual(more, [])
    if (taken) turns.done(taken)
  }
})

test('endpoints take turns, however many deliveries one of them has', () => {
  const turns = createTurns<Item>({ slots: 100, perEndpoint: 10, backlog: 100 })
  for (let i = 0; i < 5; i++) turns.offer(item('a'))
  for (const other of ['b', 'c']) for (let i = 0; i < 2; i++) turns.offer(item(other))
  const order = takeAll(turns).map(taken => taken.webhookId)
  assert.deepEqual(order, ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'a', 'a'])
})

test('retries leave a fifth of the slots to first attempts, and take turns with them in the rest', () => {
  const turns = createTurns<Item>({ slots: 10, perEndpoint: 10, backlog: 100 })
  for (let i = 0; i < 30; i++) turns.offer(item(`retries-${i}`, false))
  assert.equal(takeAll(turns).length, 8)
  for (let i = 0; i < 5; i++) turns.offer(item(`fresh-${i}`))
  assert.deepEqual(
    takeAll(turns).map(taken => taken.urgent),
    [true, true],
  )
})

test('first attempts do not starve retries either', () => {
  const turns = createTurns<Item>({ slots: 10, perEndpoint: 1, backlog: 100 })
  for (let i = 0; i < 50; i++) turns.offer(item(`fresh-${i}`))
  for (let i = 0; i < 50; i++) turns.offer(item(`retry-${i}`, false))
  const taken = takeAll(turns)
  assert.equal(taken.filter(one => !one.urgent).length, 5)
})

test('the last fifth of the slots goes to endpoints that have none, whatever the others have waiting', () => {
  const turns = createTurns<Item>({ slots: 100, perEndpoint: 10, backlog: 100 })
  for (let i = 0; i < 20; i++) for (let hook = 0; hook < 30; hook++) turns.offer(item(`hangs-${hook}`))
  const hanging = takeAll(turns)
  assert.equal(hanging.length, 80)
  for (let i = 0; i < 3; i++) for (let hook = 0; hook < 15; hook++) turns.offer(item(`lives-${hook}`))
  const living = takeAll(turns)
  assert.deepEqual(
    living.map(taken => taken.webhookId),
    Array.from({ length: 15 }, (_, hook) => `lives-${hook}`),
  )
  for (const ended of hanging.slice(0, 20)) turns.done(ended)
  assert.equal(takeAll(turns).length, 5, 'those that were passed over kept their places')
  assert.equal(turns.running(), 80)
})

describe('a backlog', () => {
  test('takes its limit for one endpoint and refuses more, without harm to others', () => {
    const turns = createTurns<Item>({ slots: 10, perEndpoint: 1, backlog: 3 })
    const offers = [1, 2, 3, 4, 5].map(() => turns.offer(item('a')))
    assert.deepEqual(offers, [true, true, true, false, false])
    assert.deepEqual(turns.full(), ['a'])
    assert.ok(turns.offer(item('b')))
  })

  test('takes ten full backlogs in all', () => {
    const turns = createTurns<Item>({ slots: 10, perEndpoint: 1, backlog: 2 })
    const taken = Array.from({ length: 30 }, (_, i) => turns.offer(item(`w${i % 15}`))).filter(Boolean)
    assert.equal(taken.length, 20)
    assert.equal(turns.room(), 0)
  })

  test('has room for what an endpoint can attempt at once, however much the others hold', () => {
    const turns = createTurns<Item>({ slots: 20, perEndpoint: 2, backlog: 3 })
    for (let i = 0; i < 30; i++) turns.offer(item(`full-${i % 10}`))
    assert.equal(turns.room(), 0)
    const offers = ['full-0', 'empty', 'empty', 'empty'].map(webhookId => turns.offer(item(webhookId)))
    assert.deepEqual(offers, [false, true, true, false])
  })

  test('also ends where its bodies would take too much memory', () => {
    const turns = createTurns<Item>({ slots: 10, perEndpoint: 1, backlog: 1000 })
    const huge = () => ({ ...item('a'), size: 1024 * 1024 })
    const taken = Array.from({ length: 100 }, () => turns.offer(huge())).filter(Boolean)
    assert.equal(taken.length, 64)
    assert.equal(turns.room(), 0)
    for (let i = 0; i < 64; i++) {
      const next = turns.take()
      if (next) turns.done(next)
    }
    assert.equal(turns.room(), 10_000)
  })

  test('that was full says so once it is half empty, and only then', () => {
    let said = 0
    const turns = createTurns<Item>({ slots: 100, perEndpoint: 10, backlog: 8, onRoom: () => said++ })
    for (let i = 0; i < 8; i++) turns.offer(item('a'))
    for (let i = 0; i < 3; i++) turns.take()
    assert.deepEqual([said, turns.full()], [0, ['a']])
    turns.take()
    assert.deepEqual([said, turns.full()], [1, []])
    turns.take()
    assert.equal(said, 1)
  })

  test('is given back whole by drain, without what is running', () => {
    const turns = createTurns<Item>({ slots: 10, perEndpoint: 1, backlog: 9 })
    const items = [item('a'), item('a', false), item('b'), item('a')]
    for (const one of items) turns.offer(one)
    const running = takeAll(turns)
    assert.equal(running.length, 2)
    const left = turns.drain()
    assert.deepEqual([...running, ...left].map(one => one.n).toSorted(), items.map(one => one.n).toSorted())
    for (const one of running) turns.done(one)
    assert.deepEqual([turns.waiting(), turns.running(), turns.take()], [0, 0, null])
  })
})

test('whatever happens in whatever order: caps hold, nothing is taken twice, and everything ends taken', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('offer' as const), webhook: fc.nat(6), urgent: fc.boolean() }),
    fc.record({ do: fc.constant('take' as const) }),
    fc.record({ do: fc.constant('rest' as const), webhook: fc.nat(6) }),
    fc.record({ do: fc.constant('resume' as const), webhook: fc.nat(6) }),
    fc.record({ do: fc.constant('done' as const), which: fc.nat(50) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 1, max: 40 }), (steps, slots) => {
      const resting = new Set<string>()
      const mayBegin = (webhookId: string) => !resting.has(webhookId)
      const turns = createTurns<Item>({ slots, perEndpoint: 3, backlog: 5, mayBegin })
      const cap = Math.max(1, Math.min(3, Math.floor(slots / 10)))
      const accepted = new Set<Item>()
      const taken = new Set<Item>()
      const running: Item[] = []
      const takeOne = () => {
        const next = turns.take()
        if (next === null) return
        assert.ok(accepted.has(next) && !taken.has(next))
        assert.ok(!resting.has(next.webhookId))
        taken.add(next)
        running.push(next)
        assert.ok(running.length <= slots)
        assert.ok(running.filter(one => one.webhookId === next.webhookId).length <= cap)
        assert.ok(running.filter(one => !one.urgent).length <= Math.max(1, slots - Math.ceil(slots * 0.2)))
      }
      const endOne = (which: number) => {
        const [ended] = running.splice(which % Math.max(1, running.length), 1)
        if (ended) turns.done(ended)
      }
      const goOn = (webhookId: string) => {
        resting.delete(webhookId)
        turns.resume(webhookId)
      }
      for (const one of steps) {
        if (one.do === 'take') takeOne()
        else if (one.do === 'done') endOne(one.which)
        else if (one.do === 'rest') resting.add(`w${one.webhook}`)
        else if (one.do === 'resume') goOn(`w${one.webhook}`)
        else {
          const offered = item(`w${one.webhook}`, one.urgent)
          if (turns.offer(offered)) accepted.add(offered)
        }
      }
      for (const webhookId of [...resting]) goOn(webhookId)
      for (let i = 0; i < 1000 && (turns.waiting() > 0 || running.length > 0); i++) {
        takeOne()
        endOne(i)
      }
      assert.equal(taken.size, accepted.size)
      assert.equal(turns.running(), 0)
    }),
  )
})

describe('an endpoint that may not begin', () => {
  test('is passed over, however much it has waiting, and takes its turn again once it is resumed', () => {
    const tokens = new Map([['slow', 2]])
    const asked: string[] = []
    const mayBegin = (webhookId: string) => {
      asked.push(webhookId)
      const left = tokens.get(webhookId)
      if (left === undefined) return true
      tokens.set(webhookId, left - 1)
      return left > 0
    }
    const turns = createTurns<Item>({ slots: 100, perEndpoint: 10, backlog: 100, mayBegin })
    for (let i = 0; i < 3; i++) for (const urgent of [true, false]) turns.offer(item('slow', urgent))
    turns.offer(item('quick'))
    const names = () => takeAll(turns).map(taken => taken.webhookId)
    assert.deepEqual(names().sort(), ['quick', 'slow', 'slow'])
    turns.offer(item('slow'))
    turns.offer(item('quick'))
    assert.deepEqual(names(), ['quick'])
    assert.equal(asked.filter(one => one === 'slow').length, 3, 'while it rests it is not asked again')
    tokens.set('slow', 1)
    turns.resume('slow')
    turns.resume('nobody')
    assert.deepEqual(names(), ['slow'])
    tokens.delete('slow')
    turns.resume('slow')
    assert.deepEqual(names(), ['slow', 'slow', 'slow', 'slow'])
    assert.equal(turns.waiting(), 0)
  })

  test('has the backlog it is given, and says when half of that is empty', () => {
    let said = 0
    const backlogOf = (webhookId: string) => (webhookId === 'slow' ? 4 : null)
    const turns = createTurns<Item>({
      slots: 100,
      perEndpoint: 10,
      backlog: 6,
      backlogOf,
      onRoom: () => said++,
    })
    const offers = (webhookId: string) => Array.from({ length: 8 }, () => turns.offer(item(webhookId)))
    assert.equal(offers('slow').filter(Boolean).length, 4)
    assert.equal(offers('usual').filter(Boolean).length, 6)
    assert.deepEqual(turns.full(), ['slow', 'usual'])
    assert.deepEqual([turns.roomOf('slow'), turns.roomOf('other')], [0, 6])
    for (let i = 0; i < 4; i++) turns.take()
    assert.deepEqual([said, turns.full(), turns.roomOf('slow')], [1, ['usual'], 2])
  })
})

test('what is withdrawn of one endpoint is gone from here, and the rest goes on', () => {
  const turns = createTurns<Item>({ slots: 100, perEndpoint: 1, backlog: 3 })
  const [stays, ...others] = [item('a', false), item('a'), item('a')]
  const other = item('b')
  for (const one of [stays, ...others, other]) assert.ok(one && turns.offer(one))
  assert.deepEqual(turns.full(), ['a'])
  assert.deepEqual(
    turns.withdraw('a', one => one.urgent),
    others,
  )
  assert.deepEqual([turns.full(), turns.waiting(), turns.withdraw('c', () => true)], [[], 2, []])
  assert.deepEqual(new Set(takeAll(turns)), new Set([stays, other]))
})
