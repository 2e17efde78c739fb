import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import type { DueDelivery, HeldDelivery } from '../store/deliveries.ts'
import { createHolding } from './holding.ts'

const log = pino({ level: 'silent' })

test('a delivery claimed again while its attempt is under way goes on under the new claim, as one attempt', t => {
  const holding = start(t)
  const held = holding.take(due('claim-1', 1), 1_000)
  assert.ok(held)
  assert.equal(holding.take(due('claim-2', 1), 5_000), null)
  assert.equal(held.delivery.claimId, 'claim-2')
  assert.deepEqual([holding.size(), holding.covers(held, 60_000)], [1, true])
})

test('a later attempt heard of before the earlier is let go is held by itself', t => {
  const holding = start(t)
  const first = holding.take(due('claim-1', 1), 0)
  const second = holding.take(due('claim-2', 2), 0)
  assert.ok(first && second)
  holding.forget(first)
  assert.equal(holding.size(), 1)
  holding.forget(second)
  assert.equal(holding.size(), 0)
})

test('first attempts and those a person asked for are urgent', t => {
  const holding = start(t)
  assert.equal(holding.take({ ...due('c', 1), deliveryId: 'a' }, 0)?.urgent, true)
  assert.equal(holding.take({ ...due('c', 2), deliveryId: 'b' }, 0)?.urgent, false)
  assert.equal(holding.take({ ...due('c', 4), deliveryId: 'c', manual: true }, 0)?.urgent, true)
})

test('a lease is extended before it ends, again after a heartbeat that failed, and not once it is let go', async t => {
  const beats: string[][] = []
  const holding = createHolding({
    leaseMs: 120,
    now: () => new Date(),
    log,
    heartbeat: async (held: readonly HeldDelivery[]) => {
      beats.push(held.map(one => one.claimId))
      if (beats.length === 1) throw new Error('the database is away')
      return held.map(one => one.deliveryId)
    },
  })
  t.after(() => holding.stop())
  const held = holding.take(due('claim-1', 1), Date.now())
  assert.ok(held)
  for (let i = 0; i < 500 && beats.length < 3; i++) await pause(5)
  holding.forget(held)
  const [first, second, third] = beats
  assert.deepEqual([first, second, third], [['claim-1'], ['claim-1'], ['claim-1']])
  const sofar = beats.length
  await pause(100)
  assert.equal(beats.length, sofar)
})

test('of two holders only the one whose claim stands keeps its lease; the other may begin nothing', async t => {
  const leaseMs = 120
  let beats = 0
  const heartbeat = async (held: readonly HeldDelivery[]) => {
    beats++
    return held.filter(one => one.claimId === 'claim-2').map(one => one.deliveryId)
  }
  const [paused, successor] = [0, 1].map(() =>
    createHolding({ leaseMs, now: () => new Date(), log, heartbeat }),
  )
  assert.ok(paused && successor)
  t.after(() => [paused, successor].forEach(one => void one.stop()))
  const lost = paused.take(due('claim-1', 1), Date.now() - leaseMs)
  const kept = successor.take(due('claim-2', 1), Date.now() - leaseMs)
  assert.ok(lost && kept)
  for (let i = 0; i < 500 && (lost.leaseUntil !== 0 || beats < 4); i++) await pause(5)
  assert.equal(paused.covers(lost, 0), false)
  assert.equal(successor.covers(kept, 1), true)
})

function start(t: { after(fn: () => void): void }) {
  const now = () => new Date(10_000)
  const holding = createHolding({ leaseMs: 120_000, now, log, heartbeat: async () => [] })
  t.after(() => holding.stop())
  return holding
}

function due(claimId: string, attempt: number): DueDelivery {
  return {
    deliveryId: 'd1',
    claimId,
    webhookId: 'w1',
    eventId: 'e1',
    eventType: 'messages.received',
    sessionId: null,
    attempt,
    manual: false,
    createdAt: new Date(0),
    body: '{}',
  }
}
