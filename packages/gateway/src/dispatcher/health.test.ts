/** Law 13: an endpoint in trouble costs nobody an attempt, is tried at a fixed pace, and comes back by itself. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Attempt } from '../delivery/attempt.ts'
import type { EndpointHealth } from '../store/webhook-health.ts'
import {
  type Change,
  disableAfterMs,
  failuresToDegrade,
  isHeld,
  matters,
  next,
  type Observation,
  trialLadderMs,
  type Verdict,
  verdictOf,
} from './health.ts'

const start = Date.parse('2026-11-23T10:00:00.000Z')
const hour = 3_600_000
const at = (ms: number) => new Date(start + ms)

const healthy: EndpointHealth = {
  state: 'healthy',
  since: at(0),
  reason: null,
  failed: [],
  denied: [],
  step: 0,
  gateAt: null,
  downSince: null,
  told: null,
  pausedAt: null,
  pausedUntil: null,
}
const degraded: EndpointHealth = {
  ...healthy,
  state: 'degraded',
  reason: '…',
  downSince: at(0),
  gateAt: at(5_000),
}
const suspended: EndpointHealth = { ...degraded, state: 'suspended', told: 'suspended', gateAt: at(4 * hour) }
const disabled: EndpointHealth = { ...suspended, state: 'disabled', told: 'disabled', gateAt: null }

let made = 0
function saw(verdict: Verdict, more: Partial<Observation> = {}): Observation {
  const failed = verdict !== 'success'
  return {
    deliveryId: `delivery-${made++}`,
    trial: false,
    verdict,
    errorClass: failed ? 'http_5xx' : null,
    responseStatus: failed ? 503 : 200,
    notBefore: null,
    startedAt: at(0),
    ...more,
  }
}
const trial = (verdict: Verdict, more: Partial<Observation> = {}) => saw(verdict, { trial: true, ...more })

/** What is left after these, one after the other, all at the same time. */
function live(health: EndpointHealth, seen: readonly Observation[], now = at(0)): Change {
  return seen.reduce<Change>((sofar, one) => next(sofar.health, one, now), { health, notice: null })
}

describe('what an attempt says about its endpoint', () => {
  const failing = (
    errorClass: NonNullable<Attempt['error']>['class'],
    status?: number,
    headers = {},
  ): Attempt => ({
    startedAt: at(0),
    durationMs: 1,
    timings: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null, bodyMs: null },
    requestHeaders: {},
    response: status === undefined ? null : { status, headers, body: '', truncated: false },
    error: { class: errorClass, message: '' },
  })
  const patience = { 'retry-after': '30' }
  const rows: readonly [string, Attempt, Verdict][] = [
    ['204', { ...failing('reset', 204), error: null }, 'success'],
    ['410', failing('http_4xx', 410), 'gone'],
    ['401', failing('http_4xx', 401), 'denied'],
    ['403', failing('http_4xx', 403), 'denied'],
    ['400', failing('http_4xx', 400), 'neutral'],
    ['404', failing('http_4xx', 404), 'neutral'],
    ['408', failing('http_4xx', 408), 'neutral'],
    ['422', failing('http_4xx', 422), 'neutral'],
    ['429', failing('http_4xx', 429), 'neutral'],
    ['429 with Retry-After', failing('http_4xx', 429, patience), 'neutral'],
    ['503 with Retry-After', failing('http_5xx', 503, patience), 'neutral'],
    ['503 with a Retry-After that is none', failing('http_5xx', 503, { 'retry-after': 'soon' }), 'transient'],
    ['503', failing('http_5xx', 503), 'transient'],
    ['500 with Retry-After', failing('http_5xx', 500, patience), 'transient'],
    ['302', failing('redirect', 302), 'transient'],
    ...(
      ['dns', 'refused', 'reset', 'tls', 'timeout', 'blocked', 'too_slow', 'invalid_response'] as const
    ).map(name => [name, failing(name), 'transient'] as [string, Attempt, Verdict]),
  ]
  for (const [name, attempt, verdict] of rows)
    test(`${name} is ${verdict}`, () => assert.equal(verdictOf(attempt), verdict))
})

describe('a healthy endpoint', () => {
  const four = Array.from({ length: 4 }, () => saw('transient'))

  test('is degraded by five deliveries in a row, and its first trial is five seconds later', () => {
    assert.equal(live(healthy, four).health.state, 'healthy')
    const { health, notice } = live(healthy, [
      ...four,
      saw('transient', { errorClass: 'refused', responseStatus: null }),
    ])
    assert.deepEqual(health, {
      ...healthy,
      state: 'degraded',
      reason: '5 deliveries in a row failed: nothing answers at its address.',
      gateAt: at(5_000),
      downSince: at(0),
    })
    assert.equal(notice, null)
  })

  test('is not degraded by one delivery that fails again and again', () => {
    const one = saw('transient')
    const { health } = live(healthy, Array(20).fill(one))
    assert.deepEqual(health, { ...healthy, failed: [one.deliveryId] })
  })

  test('counts from nought after a success', () => {
    assert.equal(live(healthy, [...four, saw('success'), ...four]).health.state, 'healthy')
  })

  test('is not hurt by any number of other 4xx and of 429 and 503 with Retry-After, nor healed by them', () => {
    assert.equal(live(healthy, Array(50).fill(saw('neutral'))).health, healthy)
    assert.equal(live(healthy, [...four, saw('neutral'), saw('transient')]).health.state, 'degraded')
  })

  test('is suspended at once by 410, and others are told', () => {
    const { health, notice } = next(
      healthy,
      saw('gone', { errorClass: 'http_4xx', responseStatus: 410 }),
      at(7),
    )
    assert.deepEqual([health.state, health.gateAt, health.told], ['suspended', at(7 + 4 * hour), 'suspended'])
    assert.deepEqual(notice, {
      kind: 'disabled',
      at: at(7).toISOString(),
      downSince: at(7).toISOString(),
      state: 'suspended',
      reason: 'It answered 410 Gone.',
      errorClass: 'http_4xx',
      responseStatus: 410,
    })
  })

  test('is suspended by 401 or 403 for three deliveries in a row, not for two, nor with a success between', () => {
    const denied = () => saw('denied')
    assert.equal(live(healthy, [denied(), denied()]).health.state, 'healthy')
    assert.equal(
      live(healthy, [denied(), denied(), saw('success'), denied(), denied()]).health.state,
      'healthy',
    )
    const { health, notice } = live(healthy, [denied(), denied(), denied()])
    assert.deepEqual([health.state, notice?.kind], ['suspended', 'disabled'])
    const same = denied()
    assert.equal(live(healthy, [same, same, same]).health.state, 'healthy')
  })
})

describe('a degraded endpoint', () => {
  test('is tried after 5 s, 30 s, 2 m, 5 m, 10 m, 20 m, 40 m, 1 h and 4 h, and is suspended when all failed', () => {
    const waits: number[] = []
    let now = at(0)
    let change: Change = { health: healthy, notice: null }
    for (let i = 0; i < failuresToDegrade; i++) change = next(change.health, saw('transient'), now)
    while (change.health.state === 'degraded') {
      assert.ok(change.health.gateAt)
      waits.push(change.health.gateAt.getTime() - now.getTime())
      now = change.health.gateAt
      change = next(change.health, trial('transient'), now)
    }
    assert.deepEqual(
      waits.map(ms => ms / 1000),
      [5, 30, 120, 300, 600, 1200, 2400, 3600, 14400],
    )
    assert.deepEqual(waits, trialLadderMs)
    assert.equal(change.health.state, 'suspended')
    assert.match(change.health.reason ?? '', /^9 trials failed/)
    assert.deepEqual(change.health.downSince, at(0))
    assert.equal(change.notice?.kind, 'disabled')
  })

  test('is not sunk by attempts that began before it was held, nor by those a person asked for', () => {
    for (const verdict of ['transient', 'denied', 'neutral'] as const)
      assert.equal(
        live(
          degraded,
          Array.from({ length: 20 }, () => saw(verdict)),
        ).health,
        degraded,
      )
  })

  test('is healthy after one success, quietly, and its backlog drains from now on, one at first', () => {
    for (const success of [saw('success'), trial('success')]) {
      const { health, notice } = next({ ...degraded, step: 4 }, success, at(9))
      assert.deepEqual(health, { ...healthy, since: at(9), gateAt: at(9) })
      assert.equal(notice, null)
    }
  })

  test('is suspended at once by 410, and by three trials that were denied', () => {
    assert.equal(next(degraded, saw('gone'), at(1)).health.state, 'suspended')
    const denied = live(degraded, [trial('denied'), trial('denied')]).health
    assert.deepEqual([denied.state, denied.step], ['degraded', 2])
    assert.equal(next(denied, trial('denied'), at(1)).health.state, 'suspended')
  })

  test('is tried again after the same wait when the trial said nothing about it, or later if it asked', () => {
    const third = { ...degraded, step: 2 }
    const { health } = next(third, trial('neutral'), at(1))
    assert.deepEqual(health, { ...third, gateAt: at(1 + 120_000) })
    const later = next(third, trial('neutral', { notBefore: at(600_000) }), at(1))
    assert.deepEqual(later.health.gateAt, at(600_000))
    const sooner = next(third, trial('neutral', { notBefore: at(2) }), at(1))
    assert.deepEqual(sooner.health.gateAt, at(1 + 120_000))
  })
})

describe('a suspended endpoint', () => {
  test('is tried every four hours, and disabled by the first failure after seven days', () => {
    let change: Change = { health: suspended, notice: null }
    let trials = 0
    while (change.health.state === 'suspended') {
      assert.ok(change.health.gateAt && trials < 100)
      trials++
      change = next(change.health, trial('transient'), change.health.gateAt)
    }
    assert.equal(trials, (7 * 24) / 4)
    const { health, notice } = change
    assert.deepEqual([health.state, health.since, health.gateAt], ['disabled', at(disableAfterMs), null])
    assert.deepEqual(notice?.kind === 'disabled' && [notice.state, notice.downSince], [
      'disabled',
      at(0).toISOString(),
    ])
  })

  test('has its last trial on the seventh day, not hours later', () => {
    const late = next(suspended, trial('transient'), at(disableAfterMs - hour))
    assert.deepEqual([late.health.state, late.health.gateAt], ['suspended', at(disableAfterMs)])
  })

  test('climbs to degraded with a success, is tried again at once, and a second one ends the episode', () => {
    const first = next(suspended, trial('success'), at(3))
    assert.deepEqual([first.health.state, first.health.gateAt, first.notice], ['degraded', at(3), null])
    const second = next(first.health, trial('success'), at(4))
    assert.deepEqual(second.health, { ...healthy, since: at(4), gateAt: at(4) })
    assert.deepEqual(second.notice, {
      kind: 'recovered',
      at: at(4).toISOString(),
      downSince: at(0).toISOString(),
    })
  })

  test('that climbs and falls again is told of once', () => {
    const climbed = next(suspended, trial('success'), at(3)).health
    const again = next(climbed, saw('gone'), at(4))
    assert.deepEqual([again.health.state, again.health.downSince, again.notice], ['suspended', at(0), null])
  })
})

describe('a disabled endpoint', () => {
  test('is left alone by every failure', () => {
    for (const verdict of ['transient', 'denied', 'gone', 'neutral'] as const)
      for (const one of [saw(verdict), trial(verdict)])
        assert.equal(next(disabled, one, at(1)).health, disabled)
  })

  test('climbs by what a person had sent there, one state at a time', () => {
    const states: string[] = []
    let health = disabled
    for (let i = 0; i < 3; i++) {
      health = next(health, saw('success'), at(i)).health
      states.push(health.state)
    }
    assert.deepEqual(states, ['suspended', 'degraded', 'healthy'])
  })
})

describe('an endpoint that asked for patience', () => {
  const asks = (until: number, more: Partial<Observation> = {}) =>
    saw('neutral', { notBefore: at(until), responseStatus: 429, ...more })
  const paused = next(healthy, asks(60_000), at(100)).health

  test('is paused until then, says why, and drains slowly afterwards', () => {
    assert.deepEqual(paused, {
      ...healthy,
      reason: 'It answered 429 and asked for patience.',
      pausedAt: at(100),
      pausedUntil: at(60_000),
      gateAt: at(60_000),
    })
    assert.deepEqual([isHeld(paused, at(59_999)), isHeld(paused, at(60_000))], [true, false])
  })

  test('is paused longer by whoever asks for longer, and not shorter by anybody who asks for less', () => {
    const longer = next(paused, asks(90_000), at(200)).health
    assert.deepEqual([longer.pausedUntil, longer.gateAt, longer.pausedAt], [at(90_000), at(90_000), at(200)])
    assert.equal(next(paused, asks(30_000), at(200)).health, paused)
  })

  test('is taken at its word again when it answers well to what began later, and not to what began before', () => {
    assert.equal(next(paused, saw('success', { startedAt: at(99) }), at(300)).health, paused)
    const { health, notice } = next(paused, saw('success', { startedAt: at(101) }), at(300))
    assert.deepEqual([health, notice], [{ ...healthy, gateAt: at(300) }, null])
  })

  test('keeps the pace of its drain when the pause is over by itself', () => {
    const draining = { ...paused, gateAt: at(62_000), step: 2 }
    const { health } = next(draining, saw('success', { startedAt: at(61_000) }), at(61_500))
    assert.deepEqual(health, { ...healthy, gateAt: at(62_000), step: 2 })
    const drained = { ...paused, gateAt: null }
    assert.deepEqual(next(drained, saw('success', { startedAt: at(61_000) }), at(61_500)).health, healthy)
  })

  test('may ask again after its pause', () => {
    const again = next({ ...paused, gateAt: null }, asks(120_000), at(70_000)).health
    assert.deepEqual([again.pausedUntil, again.gateAt, again.step], [at(120_000), at(120_000), 0])
  })

  test('is not opened before its time by what becomes of its health, and not healed by its patience', () => {
    const sick = live(
      paused,
      [1, 2, 3, 4, 5].map(() => saw('transient')),
    ).health
    assert.deepEqual([sick.state, sick.gateAt, sick.pausedUntil], ['degraded', at(60_000), at(60_000)])
    const climbed = next(sick, saw('success', { startedAt: at(50) }), at(400)).health
    assert.deepEqual([climbed.state, climbed.gateAt], ['healthy', at(60_000)])
    const early = next(sick, saw('success', { startedAt: at(400) }), at(500)).health
    assert.deepEqual(early, { ...healthy, since: at(500), gateAt: at(500) })
    const { health } = next(degraded, asks(60_000), at(100))
    assert.deepEqual([health.state, health.reason, health.gateAt], ['degraded', '…', at(60_000)])
    const off = next(disabled, asks(60_000), at(100)).health
    assert.deepEqual([off.state, off.gateAt, off.pausedUntil], ['disabled', null, at(60_000)])
  })

  test('is written down, and so is the end of it', () => {
    assert.equal(matters(null, asks(60_000)), true)
    assert.equal(matters(healthy, asks(60_000)), true)
    assert.equal(matters(paused, asks(30_000)), false)
    assert.equal(matters(paused, saw('success', { startedAt: at(99) })), false)
    assert.equal(matters(paused, saw('success', { startedAt: at(101) })), true)
  })
})

test('a success costs the database nothing while there is nothing to take back, nor does a known failure', () => {
  const [first, second] = [saw('transient'), saw('transient')]
  const counted = { ...healthy, failed: [first.deliveryId] }
  const rows: readonly [EndpointHealth | null, Observation, boolean][] = [
    [null, saw('success'), false],
    [null, saw('neutral'), false],
    [null, saw('transient'), true],
    [null, saw('denied'), true],
    [null, saw('gone'), true],
    [counted, first, false],
    [counted, second, true],
    [counted, saw('success'), true],
    [{ ...healthy, gateAt: at(1) }, saw('success'), false],
    [degraded, saw('transient'), false],
    [degraded, saw('success'), true],
    [degraded, trial('transient'), true],
    [disabled, saw('transient'), false],
  ]
  for (const [health, seen, expected] of rows)
    assert.equal(matters(health, seen), expected, `${health?.state} ${seen.verdict}`)
})
