import './process-guards.ts'

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Phone } from '@waxwing/simulator'
import { LeaseLost } from '../store/auth-state.ts'
import type { InboxPart } from '../store/inbox.ts'
import type { Leases } from '../store/leases.ts'
import type { Store } from '../store/store.ts'
import type { Publish } from './engine.ts'
import { link, openRig, type Rig, type RigEngine } from './test-rig.ts'

/** The number that is linked, and the one that writes to it. */
const shop = '15550100'
const writer = { number: '15550101', name: 'Ann' }

/** What is said the moment before the engine dies. Everything that has to come before it has happened. */
type Saying = { phone: Phone; say: () => Promise<{ id: string }> }

/** The rows of research/persist-before-ack.md, 1.3: kinds of stanzas, by what their parts are sealed with. */
const kinds = {
  'a message of somebody who was answered (msg)': async (rig, engine) => {
    const { phone, session } = await linked(rig, engine)
    const ann = rig.whatsapp.contact(writer)
    await settled(rig, phone, await ann.say(phone, 'hello'))
    const content = { type: 'text' as const, text: 'hello yourself' }
    const answer = await engine.commands.call('message.send', { sessionId: session.id, to: ann.jid, content })
    assert.ok(answer.ok, JSON.stringify(answer))
    await ann.waitForMessage()
    return { phone, say: () => ann.say(phone, 'the last words') }
  },
  'the first message of a stranger (pkmsg)': async (rig, engine) => {
    const { phone } = await linked(rig, engine)
    return { phone, say: () => rig.whatsapp.contact(writer).say(phone, 'the last words') }
  },
  'another message of somebody never answered (pkmsg)': async (rig, engine) => {
    const { phone } = await linked(rig, engine)
    const ann = rig.whatsapp.contact(writer)
    await settled(rig, phone, await ann.say(phone, 'hello'))
    return { phone, say: () => ann.say(phone, 'the last words') }
  },
  'another message in a group (skmsg)': async (rig, engine) => {
    const { phone } = await linked(rig, engine)
    const ann = rig.whatsapp.contact(writer)
    const group = rig.whatsapp.group({ subject: 'Choir', members: [ann, phone] })
    await settled(rig, phone, await ann.sayIn(group, 'hello'))
    return { phone, say: () => ann.sayIn(group, 'the last words') }
  },
  "somebody's first message in a group (pkmsg with the key, and skmsg)": async (rig, engine) => {
    const { phone } = await linked(rig, engine)
    const ann = rig.whatsapp.contact(writer)
    const group = rig.whatsapp.group({ subject: 'Choir', members: [ann, phone] })
    return { phone, say: () => ann.sayIn(group, 'the last words') }
  },
} satisfies Record<string, (rig: Rig, engine: RigEngine) => Promise<Saying>>

type Point =
  | { at: 'before the commit' | 'after the commit'; part: number }
  | { at: 'before the events' | 'after the events' }

const points: { sentence: string; point: Point; twoParts?: true }[] = [
  { sentence: 'before its ratchet step was kept', point: { at: 'before the commit', part: 0 } },
  { sentence: 'after its ratchet step was kept', point: { at: 'after the commit', part: 0 } },
  {
    sentence: 'before its second part was kept',
    point: { at: 'before the commit', part: 1 },
    twoParts: true,
  },
  { sentence: 'after its second part was kept', point: { at: 'after the commit', part: 1 }, twoParts: true },
  { sentence: 'before its events were kept', point: { at: 'before the events' } },
  { sentence: 'after its events were kept', point: { at: 'after the events' } },
]

for (const [kind, prepare] of Object.entries(kinds)) {
  for (const { sentence, point, twoParts } of points) {
    if (twoParts && !kind.includes('with the key')) continue
    test(`${kind} is told once by the next engine when this one dies ${sentence}`, async t => {
      const rig = await openRig(t)
      const { engine, mortal } = await engineThatDies(t, rig)
      const { phone, say } = await prepare(rig, engine)
      mortal.dieAt(point)
      const { id } = await say()
      await mortal.died
      assert.equal(phone.hasReceipt(id), false, 'nothing was acknowledged by the engine that died')
      await phone.whenOffline()
      await mortal.buried()

      const next = await rig.engine({ id: 'engine-2' })
      const told = await rig.published.wait('messages.received', draft => draft.data.messageId === id)
      assert.equal(told.data.body, 'the last words')
      await phone.whenAcknowledged()
      assert.ok(phone.hasReceipt(id))
      await emptied(rig, mortal.arrived())
      const copies = rig.published.of('messages.received').filter(draft => draft.data.messageId === id)
      assert.equal(copies.length, 1, 'twice means two different event ids')
      assert.deepEqual([rig.whatsapp.retryReceipts, rig.whatsapp.nacks], [0, 0])
      const [session] = next.sessions()
      assert.deepEqual(
        [session?.figures.remembered, session?.figures.uncorrelated, session?.figures.undecryptable],
        [partsKept(point, twoPartsOf(kind)), 0, 0],
      )
    })
  }
}

const twoPartsOf = (kind: string) => (kind.includes('with the key') ? 2 : 1)

/** How many parts of the stanza the engine that died has left behind, and WhatsApp gives again. */
function partsKept(point: Point, parts: number): number {
  if (point.at === 'before the commit') return point.part
  return point.at === 'after the commit' ? point.part + 1 : parts
}

test('what was read and not told is told although the number was unlinked before anybody connected again', async t => {
  const rig = await openRig(t)
  const { engine, mortal } = await engineThatDies(t, rig)
  const { phone, say } = await kinds['the first message of a stranger (pkmsg)'](rig, engine)
  mortal.dieAt({ at: 'after the commit', part: 0 })
  const { id } = await say()
  await mortal.died
  await phone.whenOffline()
  await mortal.buried()
  // WhatsApp will not give it again: what is in the inbox is all there is.
  await phone.logOut()
  await rig.engine({ id: 'engine-2' })
  const told = await rig.published.wait('messages.received', draft => draft.data.messageId === id)
  assert.equal(told.data.body, 'the last words')
  await rig.published.wait('session.status', draft => draft.data.status === 'logged_out')
  assert.equal(rig.published.of('messages.received').length, 1)
})

for (const outage of ['set', 'get', 'publish'] as const) {
  test(`five messages that come while the store does not take a ${outage} are all told when it does again`, async t => {
    const rig = await openRig(t)
    let away = false
    const { promise: met, resolve: meet } = Promise.withResolvers<void>()
    const failing = <A extends unknown[], R>(real: (...given: A) => Promise<R>) => {
      return (...given: A): Promise<R> => {
        if (!away) return real(...given)
        meet()
        return Promise.reject(new Error('the database is away'))
      }
    }
    const authState: Store['authState'] = {
      for(sessionId, fence) {
        const real = rig.store.authState.for(sessionId, fence)
        return outage === 'publish'
          ? real
          : { ...real, [outage]: failing<never[], never>(real[outage] as never) }
      },
    }
    const engine = await rig.engine({
      storeBudgetMs: 300,
      store: { authState },
      publish: real => (outage === 'publish' ? failing(real) : real),
    })
    const { phone } = await linked(rig, engine)
    await phone.whenAcknowledged()
    away = true
    // Five strangers: of people who are known the keys would be in memory, and nothing would be read.
    const said: { id: string }[] = []
    for (const digit of [1, 2, 3, 4, 5])
      said.push(await rig.whatsapp.contact({ number: `1555020${digit}` }).say(phone, `message ${digit}`))
    await met
    if (outage !== 'publish') await phone.whenOffline()
    assert.deepEqual(
      said.map(({ id }) => phone.hasReceipt(id)),
      [false, false, false, false, false],
    )
    away = false
    for (const { id } of said)
      await rig.published.wait('messages.received', draft => draft.data.messageId === id)
    await phone.whenAcknowledged()
    const bodies = rig.published.of('messages.received').map(draft => draft.data.body)
    assert.deepEqual(bodies.sort(), ['message 1', 'message 2', 'message 3', 'message 4', 'message 5'])
    assert.deepEqual([rig.whatsapp.retryReceipts, rig.whatsapp.nacks, phone.nacked.size], [0, 0, 0])
  })
}

/**
 * An engine that can be made to die at a point: what the point commits is committed, nobody hears that it was, not one
 * more byte leaves, and what this engine tells from then on goes nowhere. Its lease is free at once, as after its end.
 */
async function engineThatDies(t: TestContext, rig: Rig) {
  let point: Point | null = null
  let dead = false
  const parts: (InboxPart & { sessionId: string })[] = []
  const death = Promise.withResolvers<void>()
  const cut = Promise.withResolvers<void>()
  t.after(() => cut.resolve())

  function die(sessionId: string): LeaseLost {
    dead = true
    death.resolve()
    return new LeaseLost(sessionId)
  }
  const authState: Store['authState'] = {
    for(sessionId, fence) {
      const real = rig.store.authState.for(sessionId, fence)
      return {
        ...real,
        async set(data, arrived = []) {
          if (dead) throw new LeaseLost(sessionId)
          const here =
            point && 'part' in point && arrived.some(({ part }) => part === (point as { part: number }).part)
          if (here && point?.at === 'before the commit') throw die(sessionId)
          await real.set(data, arrived)
          parts.push(...arrived.map(part => ({ ...part, sessionId })))
          if (here) throw die(sessionId)
        },
      }
    },
  }
  const leases: Leases = {
    ...rig.store.leases,
    claim: given => (dead ? Promise.resolve(null) : rig.store.leases.claim(given)),
    claimWanted: given => (dead ? Promise.resolve([]) : rig.store.leases.claimWanted(given)),
    renew: given => (dead ? Promise.resolve([]) : rig.store.leases.renew(given)),
  }
  const publish = (real: Publish): Publish => {
    return async (drafts, told) => {
      const here =
        !dead &&
        point !== null &&
        !('part' in point) &&
        drafts.some(({ type }) => type === 'messages.received')
      if (here && point?.at === 'after the events') await real(drafts, told)
      if (here) die('')
      // A dead one's events are answered by nobody; when its socket is gone, they must not hold up its burial.
      if (dead) return cut.promise
      await real(drafts, told)
    }
  }
  const engine = await rig.engine({ id: 'engine-1', leaseMs: 600, store: { authState, leases }, publish })
  const mortal = {
    dieAt(chosen: Point) {
      parts.length = 0
      point = chosen
    },
    died: death.promise,
    /** Resolves when the dead engine holds nothing any more. */
    async buried() {
      cut.resolve()
      await eventually(async () => engine.sessions().length === 0)
    },
    arrived: () => [...parts],
  }
  return { engine, mortal }
}

/** Linked, and through with what a phone shares with a new device: those are messages too, and not the ones to die at. */
async function linked(rig: Rig, engine: RigEngine) {
  const { phone, session } = await link(rig, engine, shop)
  const histories = () =>
    phone.stanzas.filter(({ direction, node }) => direction === 'in' && node.attrs.type === 'hist_sync')
      .length
  await phone.saw(() => histories() >= 2)
  await phone.whenAcknowledged()
  return { phone, session }
}

/** Resolves when the message is told and WhatsApp has everything it waits for. */
async function settled(rig: Rig, phone: Phone, { id }: { id: string }): Promise<void> {
  await rig.published.wait('messages.received', draft => draft.data.messageId === id)
  await phone.whenAcknowledged()
}

/** Resolves when these parts are gone from the inbox, and nothing is left in it that waits to be told. */
async function emptied(rig: Rig, parts: readonly (InboxPart & { sessionId: string })[]): Promise<void> {
  for (const { sessionId, delivery, part } of parts) {
    const { inbox } = rig.store.authState.for(sessionId, '0')
    await eventually(async () => (await inbox.find(delivery, part)) === null)
    assert.deepEqual(await inbox.untold(10), [])
  }
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await holds()) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error(`never came true: ${holds}`)
}
