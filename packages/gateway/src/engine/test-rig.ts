import './process-guards.ts'

import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { type EventDraft, sealEvent } from '@waxwing/events/event-id'
import { startWhatsApp, type WhatsApp } from '@waxwing/simulator'
import pino from 'pino'
import type { SessionRow } from '../store/sessions.ts'
import { openStore, type Store } from '../store/store.ts'
import { testDatabase } from '../store/test-database.ts'
import { createMemoryCommands } from '../stream/memory-commands.ts'
import { type Engine, type EngineOptions, type Networks, type Publish, startEngine } from './engine.ts'
import type { Media } from './media/session-files.ts'

/** A real store, simulated networks and everything an engine published, for one test. */
export type Rig = {
  store: Store
  profileId: string
  whatsapp: WhatsApp
  /** What engines of this rig published, in order of commit, without repetitions. */
  published: Published
  engine(options?: RigOptions): Promise<RigEngine>
  session(network?: 'whatsapp' | 'sandbox'): Promise<SessionRow>
  /** While true, publishing fails as it does when the database is away. */
  breakPublishing(broken: boolean): void
}

export type RigOptions = EngineOptions & {
  id?: string
  networks?: Partial<Networks>
  /** Where files of messages go; without it none are fetched. */
  media?: Media
  /** The store as this engine sees it: for faults of the database that only it meets. */
  store?: Partial<Store>
  /** The way to the store as this engine sees it. */
  publish?: (publish: Publish) => Publish
}

export type RigEngine = Engine & { commands: ReturnType<typeof createMemoryCommands> }

export type Published = {
  drafts: readonly EventDraft[]
  of<T extends EventDraft['type']>(type: T): Extract<EventDraft, { type: T }>[]
  /** Resolves with the first draft, past or future, that matches; rejects after 15 s. */
  wait<T extends EventDraft['type']>(
    type: T,
    matches?: (draft: Extract<EventDraft, { type: T }>) => boolean,
  ): Promise<Extract<EventDraft, { type: T }>>
}

const patienceMs = 15_000
const unchanged = (publish: Publish) => publish

/** Opens everything for one test and closes it when the test ends, however it ends. */
export async function openRig(t: TestContext): Promise<Rig> {
  const log = pino({ level: 'silent' })
  const database = await testDatabase()
  const store = await openStore({
    databaseUrl: database.databaseUrl,
    encryptionKey: randomBytes(32),
    log,
    leaseMs: 30_000,
  })
  const { id: profileId } = await store.profiles.first()
  const whatsapp = await startWhatsApp()
  const record = recorder(async (drafts, told) => {
    await store.events.commit(drafts.map(sealEvent), told)
  })
  const engines = new Set<Engine>()
  t.after(async () => {
    for (const engine of engines) await engine.stop()
    await whatsapp.stop()
    await store.close()
    await database.drop()
  })

  return {
    store,
    profileId,
    whatsapp,
    published: record.published,
    breakPublishing: record.break,
    async engine({ id = 'engine-1', networks, media, store: seen, publish = unchanged, ...options } = {}) {
      const commands = createMemoryCommands()
      const engine = await startEngine({
        engineId: id,
        store: { ...store, ...seen },
        commands,
        publish: publish(record.publish),
        media,
        networks: { whatsapp: { url: whatsapp.url, rootKey: whatsapp.rootKey }, sandbox: null, ...networks },
        log: log.child({ engine: id }),
        options: { pollMs: 100, ...options },
      })
      engines.add(engine)
      return { ...engine, commands }
    },
    session: network =>
      store.sessions.create({ profileId, name: 'Shop', network: network ?? 'whatsapp', settings: {} }),
  }
}

function recorder(commit: Publish) {
  const drafts: EventDraft[] = []
  const ids = new Set<string>()
  const waiting = new Set<() => void>()
  let broken = false

  const published: Published = {
    drafts,
    of: type => drafts.filter(draft => draft.type === type) as never,
    async wait(type, matches = () => true) {
      const find = () => published.of(type).find(matches)
      return until(
        find,
        waiting,
        `no ${type} was published; there were ${drafts.length}, of: ${[...new Set(drafts.map(draft => draft.type))].join()}`,
      )
    },
  }
  return {
    published,
    break: (now: boolean) => {
      broken = now
    },
    async publish(given: EventDraft[], told?: Parameters<Publish>[1]) {
      await new Promise(resolve => setImmediate(resolve))
      if (broken) throw new Error('the database is away')
      await commit(given, told)
      for (const draft of given) {
        const { id } = sealEvent(draft)
        if (!ids.has(id)) drafts.push(draft)
        ids.add(id)
      }
      for (const look of waiting) look()
    },
  }
}

function until<T>(find: () => T | undefined, waiting: Set<() => void>, complaint: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = find()
      if (found === undefined) return
      clearTimeout(timer)
      waiting.delete(look)
      resolve(found)
    }
    const timer = setTimeout(() => {
      waiting.delete(look)
      reject(new Error(complaint))
    }, patienceMs)
    waiting.add(look)
    look()
  })
}

/** Links a session by QR and waits until it is connected. */
export async function link(rig: Rig, engine: RigEngine, number: string, network?: 'whatsapp' | 'sandbox') {
  const phone = rig.whatsapp.phone({ number, name: 'The Lamp Shop' })
  const session = await rig.session(network)
  await engine.commands.call('session.connect', { sessionId: session.id })
  const qr = await rig.published.wait('qrcode.updated', draft => draft.sessionId === session.id)
  await phone.scan(qr.data.qr)
  await connected(rig, session.id)
  return { phone, session }
}

/** Resolves when the session has told that it is connected, for the given time. */
export async function connected(rig: Rig, sessionId: string, times = 1): Promise<void> {
  const count = () =>
    rig.published.of('session.status').filter(d => d.sessionId === sessionId && d.data.status === 'connected')
      .length
  await rig.published.wait('session.status', () => count() >= times)
}
