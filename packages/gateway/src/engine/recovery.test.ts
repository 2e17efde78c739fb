import './process-guards.ts'

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Leases } from '../store/leases.ts'
import type { Store } from '../store/store.ts'
import { connected, link, openRig, type Rig, type RigEngine } from './test-rig.ts'

const shop = '15550100'

/** A linked session whose contact has been answered: from then on ciphertexts can be asked for again. */
async function acquainted(rig: Rig, engine: RigEngine) {
  const { phone, session } = await link(rig, engine, shop)
  const ann = rig.whatsapp.contact({ number: '15550101', name: 'Ann' })
  await ann.say(phone, 'hello')
  await rig.published.wait('messages.received')
  const content = { type: 'text' as const, text: 'hello yourself' }
  await engine.commands.call('message.send', { sessionId: session.id, to: ann.jid, content })
  await ann.waitForMessage()
  return { phone, session, ann }
}

const bodies = (rig: Rig) => rig.published.of('messages.received').map(draft => draft.data.body)

test('300 messages that waited are all told, once, although the connection drops on the way', async t => {
  const rig = await openRig(t)
  const first = await rig.engine()
  const { phone, ann } = await acquainted(rig, first)
  await first.stop()
  const texts = Array.from({ length: 300 }, (_, index) => `message ${index}`)
  for (const text of texts) await ann.say(phone, text)

  await rig.engine({ id: 'engine-2' })
  await ann.waitForReceipt(() => ann.receipts.length > 100)
  await phone.drop()
  await rig.published.wait('messages.received', () => new Set(bodies(rig)).size === texts.length + 1)
  assert.deepEqual(bodies(rig).slice(1).sort(), [...texts].sort())
  assert.ok(rig.published.of('messages.received').at(-1)?.data.offline)
})

test('the first messages of somebody never answered survive drops between decrypting and the receipt', async t => {
  const rig = await openRig(t)
  const first = await rig.engine()
  const { phone } = await link(rig, first, shop)
  await first.stop()
  const ann = rig.whatsapp.contact({ number: '15550101', name: 'Ann' })
  const texts = Array.from({ length: 200 }, (_, index) => `message ${index}`)
  for (const text of texts) await ann.say(phone, text)
  await rig.engine({ id: 'engine-2' })
  for (const count of [60, 140]) {
    await ann.waitForReceipt(() => ann.receipts.length >= count)
    await phone.drop()
  }
  await rig.published.wait('messages.received', () => new Set(bodies(rig)).size === texts.length)
  assert.deepEqual(bodies(rig).sort(), [...texts].sort())
  await phone.whenAcknowledged()
})

test('an engine stopped amid the first messages of somebody never answered loses none to the next one', async t => {
  const rig = await openRig(t)
  const first = await rig.engine()
  const { phone } = await link(rig, first, shop)
  await first.stop()
  const ann = rig.whatsapp.contact({ number: '15550101', name: 'Ann' })
  const texts = Array.from({ length: 200 }, (_, index) => `message ${index}`)
  for (const text of texts) await ann.say(phone, text)
  // The next engine has a fresh memory: what was decrypted and not acknowledged would be gone.
  for (const [run, count] of [20, 90, 150].entries()) {
    const engine = await rig.engine({ id: `engine-${run + 2}` })
    await ann.waitForReceipt(() => ann.receipts.length >= count)
    await engine.stop()
  }
  await rig.engine({ id: 'engine-last' })
  await rig.published.wait('messages.received', () => new Set(bodies(rig)).size === texts.length)
  assert.deepEqual(bodies(rig).sort(), [...texts].sort())
  await phone.whenAcknowledged()
})

test('a connection that is cut comes back by itself', async t => {
  const rig = await openRig(t)
  const { phone, session, ann } = await acquainted(rig, await rig.engine())
  await phone.drop()
  await connected(rig, session.id, 2)
  await ann.say(phone, 'again')
  await rig.published.wait('messages.received', draft => draft.data.body === 'again')
  const lost = rig.published.of('session.status').find(draft => draft.data.status === 'reconnecting')
  assert.deepEqual([lost?.data.code, lost?.data.final, typeof lost?.data.retryAt], [428, false, 'string'])
})

test('a refused upgrade and a frame that cannot be read end in a reconnect, not in silence', async t => {
  const rig = await openRig(t)
  const { phone, session, ann } = await acquainted(rig, await rig.engine())
  rig.whatsapp.refuseUpgrade(403)
  phone.corruptNextFrame()
  await ann.say(phone, 'unreadable')
  await rig.published.wait('session.status', draft => draft.data.code === 503)
  rig.whatsapp.refuseUpgrade(null)
  await connected(rig, session.id, 2)
  await rig.published.wait('messages.received', draft => draft.data.body === 'unreadable')
})

test('a number unlinked on its phone is logged out for good, and its keys are forgotten', async t => {
  const rig = await openRig(t)
  const engine = await rig.engine()
  const { phone, session } = await link(rig, engine, shop)
  await phone.logOut()
  const { data } = await rig.published.wait('session.status', draft => draft.data.status === 'logged_out')
  assert.deepEqual([data.code, data.final], [401, true])
  await eventually(async () => engine.sessions().length === 0)
  const row = await rig.store.sessions.find(session.id)
  assert.deepEqual([row?.status, row?.wanted], ['logged_out', false])
  const fence = await rig.store.leases.claim({ sessionId: session.id, holder: 'test', leaseMs: 1_000 })
  assert.equal(await rig.store.authState.for(session.id, fence ?? '').loadCreds(), null)
})

test('a logout on request unlinks the device at WhatsApp, and the session can be linked again', async t => {
  const rig = await openRig(t)
  const engine = await rig.engine()
  const { phone, session } = await link(rig, engine, shop)
  const answer = await engine.commands.call('session.logout', { sessionId: session.id })
  assert.deepEqual(answer, { ok: true, result: { status: 'logged_out' } })
  assert.equal(phone.devices.length, 0)
  const codes = rig.published.of('qrcode.updated').length
  await engine.commands.call('session.connect', { sessionId: session.id })
  await rig.published.wait('qrcode.updated', () => rig.published.of('qrcode.updated').length > codes)
})

test('a session whose keys are used elsewhere waits a minute instead of fighting', async t => {
  const rig = await openRig(t)
  const { phone, session } = await link(rig, await rig.engine(), shop)
  const before = Date.now()
  await phone.replaceSession()
  const { data } = await rig.published.wait('session.status', draft => draft.data.code === 440)
  assert.equal(data.status, 'reconnecting')
  assert.ok(Date.parse(data.retryAt ?? '') - before >= 60_000)
  // The row and the event are written side by side.
  await eventually(async () => (await rig.store.sessions.find(session.id))?.status === 'reconnecting')
})

test('an engine that cannot renew its leases has cut its sockets before they run out', async t => {
  const rig = await openRig(t)
  let hanging = false
  const renew: Leases['renew'] = given => (hanging ? new Promise(() => {}) : rig.store.leases.renew(given))
  const leaseMs = 2_000
  const first = await rig.engine({ leaseMs, store: { leases: { ...rig.store.leases, renew } } })
  const { phone, session, ann } = await acquainted(rig, first)
  hanging = true
  const hungAt = Date.now()
  await phone.whenOffline()
  assert.ok(Date.now() - hungAt < leaseMs, 'the last renewal was before, so the lease would now have run out')
  await rig.engine({ id: 'engine-2' })
  await connected(rig, session.id, 2)
  await ann.say(phone, 'who is there?')
  await rig.published.wait('messages.received', draft => draft.data.body === 'who is there?')
})

test('a session given up while the database was away comes back to the same engine when the database does', async t => {
  const rig = await openRig(t)
  let away = false
  const real = rig.store.leases
  const gone = () => Promise.reject(new Error('the database is away'))
  const leases: Leases = {
    claim: given => (away ? gone() : real.claim(given)),
    claimWanted: given => (away ? gone() : real.claimWanted(given)),
    renew: given => (away ? gone() : real.renew(given)),
    release: given => (away ? gone() : real.release(given)),
    endAll: real.endAll,
  }
  const engine = await rig.engine({ leaseMs: 1_000, store: { leases } })
  const { phone, session } = await link(rig, engine, shop)
  away = true
  await phone.whenOffline()
  await eventually(async () => engine.sessions().length === 0)
  away = false
  await connected(rig, session.id, 2)
})

test('sessions that cannot be started rest, hold nobody up, and can still be removed', async t => {
  const rig = await openRig(t)
  const bad = new Set<string>()
  for (let count = 0; count < 25; count++) bad.add((await rig.session()).id)
  for (const id of bad) await rig.store.sessions.setWanted(id, true)
  const good = await rig.session()
  await rig.store.sessions.setWanted(good.id, true)
  let attempts = 0
  const authState: Store['authState'] = {
    for(sessionId, fence) {
      const real = rig.store.authState.for(sessionId, fence)
      const loadCreds = () => {
        attempts++
        return Promise.reject(new Error('the key does not fit'))
      }
      return bad.has(sessionId) ? { ...real, loadCreds } : real
    },
  }
  const { commands } = await rig.engine({ store: { authState } })
  await rig.published.wait('qrcode.updated', draft => draft.sessionId === good.id)
  await new Promise(resolve => setTimeout(resolve, 500))
  assert.equal(attempts, bad.size)

  const [sessionId = ''] = bad
  const fence = (await rig.store.leases.claim({ sessionId, holder: 'test', leaseMs: 1_000 })) ?? ''
  await rig.store.sessions.setState(sessionId, fence, { phone: '+15550100' })
  await rig.store.leases.release({ sessionId, fence })
  const refusal = await commands.call('session.connect', { sessionId })
  assert.equal(refusal.ok || refusal.code, 'internal_error')
  assert.deepEqual(await commands.call('session.remove', { sessionId }), { ok: true, result: {} })
  const row = await rig.store.sessions.find(sessionId)
  assert.deepEqual([row?.status, row?.wanted], ['logged_out', false])
})

test('a key written after another engine took the session cuts the socket, and nothing is acknowledged', async t => {
  const rig = await openRig(t)
  const first = await rig.engine()
  const { phone, session, ann } = await acquainted(rig, first)
  // The holder itself may always claim again; its earlier fence ends as it would by any other claim.
  await rig.store.leases.claim({ sessionId: session.id, holder: 'engine-1', leaseMs: 60_000 })
  const { id } = await ann.say(phone, 'for the next engine')
  await phone.whenOffline()
  assert.equal(
    ann.receipts.find(receipt => receipt.id === id),
    undefined,
  )
  assert.ok(phone.pending > 0)
  await eventually(async () => first.sessions().length === 0)
})

test('keys that cannot be stored cut the socket, and the message comes again when the store is back', async t => {
  const rig = await openRig(t)
  let away = false
  const authState: Store['authState'] = {
    for(sessionId, fence) {
      const real = rig.store.authState.for(sessionId, fence)
      const set: typeof real.set = data =>
        away ? Promise.reject(new Error('the database is away')) : real.set(data)
      return { ...real, set }
    },
  }
  const engine = await rig.engine({ storeBudgetMs: 300, store: { authState } })
  const { phone, session, ann } = await acquainted(rig, engine)
  away = true
  const { id } = await ann.say(phone, 'while the database is away')
  await phone.whenOffline()
  assert.deepEqual(
    ann.receipts.filter(receipt => receipt.id === id),
    [],
  )
  away = false
  await connected(rig, session.id, 2)
  const { data } = await rig.published.wait('messages.received', draft => draft.data.messageId === id)
  assert.equal(data.body, 'while the database is away')
})

test('events that cannot be stored close the socket, and nothing is lost when they can be again', async t => {
  const rig = await openRig(t)
  const engine = await rig.engine({ outboxLimit: 30 })
  const { phone, session, ann } = await acquainted(rig, engine)
  rig.breakPublishing(true)
  const count = 50
  for (let index = 0; index < count; index++) await ann.say(phone, `kept ${index}`)
  await phone.whenOffline()
  await eventually(async () => (await rig.store.sessions.find(session.id))?.status === 'reconnecting')
  rig.breakPublishing(false)
  await rig.published.wait('messages.received', () => new Set(bodies(rig)).size === count + 1)
  assert.equal(bodies(rig).length, count + 1)
})

test('stopping commits what was received and leaves the session wanted', async t => {
  const rig = await openRig(t)
  const engine = await rig.engine()
  const { phone, session, ann } = await acquainted(rig, engine)
  const count = 40
  for (let index = 0; index < count; index++) await ann.say(phone, `last ${index}`)
  await ann.waitForReceipt(() => ann.receipts.length > count / 2)
  await engine.stop()
  const told = bodies(rig).length - 1
  assert.ok(told >= count / 2, `${told} of ${count}`)
  const acknowledged = new Set(ann.receipts.map(receipt => receipt.id))
  const published = new Set(rig.published.of('messages.received').map(draft => draft.data.messageId))
  assert.deepEqual(
    [...acknowledged].filter(id => !published.has(id)),
    [],
  )
  const row = await rig.store.sessions.find(session.id)
  assert.deepEqual([row?.status, row?.wanted, row?.final], ['reconnecting', true, false])
})

test('a server that says nothing is given up after a while, not waited for', async t => {
  const rig = await openRig(t)
  const engine = await rig.engine({ connectingMs: 2_000 })
  const { phone, session } = await link(rig, engine, shop)
  rig.whatsapp.hang(true)
  await engine.commands.call('session.restart', { sessionId: session.id })
  await rig.published.wait('session.status', draft => draft.data.code === 408)
  rig.whatsapp.hang(false)
  await phone.whenOnline()
})

const refusals = [
  [403, 'banned', true],
  [405, 'failed', true],
  [402, 'banned', false],
  [503, 'reconnecting', false],
] as const
for (const [code, status, final] of refusals) {
  test(`a login refused with ${code} leaves the session ${status}, ${final ? 'for good' : 'for a while'}`, async t => {
    const rig = await openRig(t)
    const engine = await rig.engine()
    const { phone, session } = await link(rig, engine, shop)
    phone.failNext(code, code === 402 ? { expire: '600' } : {})
    await phone.drop()
    const { data } = await rig.published.wait('session.status', draft => draft.data.code === code)
    assert.deepEqual([data.status, data.final], [status, final])
    assert.match(data.reason ?? '', /[.?]$/)
    if (!final) return
    await eventually(async () => engine.sessions().length === 0)
    const row = await rig.store.sessions.find(session.id)
    assert.deepEqual([row?.status, row?.wanted, row?.final], [status, false, true])
  })
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await holds()) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error(`never came true: ${holds}`)
}
