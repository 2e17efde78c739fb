// First, so that nothing loads Baileys before its guards stand.
import './process-guards.ts'

import type { EventDraft } from '@waxwing/events/event-id'
import { fetchLatestWaWebVersion, type WAVersion } from 'baileys'
import type { Logger } from 'pino'
import type { ToldStanza } from '../store/commit.ts'
import type { SessionPatch, SessionRow } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import type { Commands } from '../stream/commands.ts'
import { commandHandlers } from './command-handlers.ts'
import { curveInTime } from './fast-curve.ts'
import type { Figures } from './figures.ts'
import { forgetSession } from './forget-session.ts'
import { createInTurn } from './in-turn.ts'
import type { TraceCapture } from './intake.ts'
import { startLeaseKeeper } from './lease-keeper.ts'
import type { Media } from './media/session-files.ts'
import { guardProcess } from './process-guards.ts'
import { type Session, startSession } from './session.ts'

/**
 * Resolves once the events and their deliveries are committed and the stanzas they came from are marked; rejects when
 * nothing was. Order is kept by the caller.
 */
export type Publish = (drafts: EventDraft[], told?: readonly ToldStanza[]) => Promise<void>

/**
 * Where sockets connect. Without `url` it is the real WhatsApp; without `rootKey` (32 bytes, or their hex) its
 * certificates must come from WhatsApp's own root, so a simulated network without its key is refused.
 */
export type Network = { url?: string; rootKey?: Buffer | string; version?: WAVersion }

/** The simulated network is optional: a gateway that offers none has `sandbox: null`. */
export type Networks = { whatsapp: Network; sandbox: Network | null }

/** Durations in milliseconds. Every one has a default that suits production; tests shorten them. */
export type EngineOptions = {
  /** How long a session belongs to this engine without a renewal. Renewed at a third of it. Default 30 s. */
  leaseMs?: number
  /** How often to look for sessions that should be online and belong to nobody. Default 5 s. */
  pollMs?: number
  /** How long a socket may take to open or show a QR code. Default 60 s. */
  connectingMs?: number
  /** How long a read or write of keys may take before the socket is cut. Default 15 s. */
  storeBudgetMs?: number
  /** How many events may wait for the store before the socket is closed. Default 2,000. */
  outboxLimit?: number
  now?: () => Date
  random?: () => number
}

export type EngineDeps = {
  /** Holder of the session leases: unique for each process. */
  engineId: string
  store: Pick<Store, 'sessions' | 'leases' | 'authState' | 'polls'>
  commands: Pick<Commands, 'serve'>
  publish: Publish
  /** Begins a trace for what is captured; without it nothing is traced. */
  trace?: TraceCapture
  /** Where the files of messages go; without it none are fetched. */
  media?: Media
  networks: Networks
  log: Logger
  options?: EngineOptions
}

export type Engine = {
  /** Closes every socket, flushes credentials and events, releases the leases; sessions stay wanted. */
  stop(): Promise<void>
  /** The sessions this engine holds now, with the status their users see and what they count. */
  sessions(): { sessionId: string; status: string; since: Date; figures: Figures }[]
}

/** What the commands need of the engine. */
export type SessionKeeper = {
  find(sessionId: string): Promise<SessionRow | null>
  /** The session if this engine has it. */
  held(sessionId: string): Promise<Session | null>
  /** The session, claimed and started if nobody has it; otherwise why there is none. */
  acquire(row: SessionRow): Promise<Session | NoSession>
  /** Unlinks a session that cannot be started, on our side alone. False when another engine has it. */
  forget(row: SessionRow): Promise<boolean>
  setWanted(sessionId: string, wanted: boolean): Promise<void>
}

/** Why a session is not to be had here. Only the first heals by itself, when the other engine gives it up. */
export type NoSession = 'held elsewhere' | 'network not offered' | 'cannot be started'

type Held = { fence: string; session: Session | null; started: Promise<Session | null> }

/** How many sessions are claimed at a time: a login costs 13-42 ms of CPU, and others wait meanwhile. */
const claimAtOnce = 20
/** A session that could not be started (a wrong ENCRYPTION_KEY, say) seldom can a moment later. */
const restMs = 60_000

/** Takes over the sessions that should be online and serves the commands of the api. */
export async function startEngine(deps: EngineDeps): Promise<Engine> {
  const { store, log, engineId: holder } = deps
  const {
    leaseMs = 30_000,
    pollMs = 5_000,
    now = () => new Date(),
    random = Math.random,
  } = deps.options ?? {}
  const sessions = new Map<string, Held>()
  /** One claim of a session after the other, whoever makes it: claiming twice would fence out our own first claim. */
  const claims = createInTurn()
  /** Sessions that could not be started and were complained about; once each is enough. */
  const complained = new Set<string>()
  let stopping = false
  let timer: NodeJS.Timeout | undefined
  let polling = Promise.resolve()

  const guard = guardProcess({ log, onCrash: id => id && sessions.get(id)?.session?.crashed() })
  const keeper = startLeaseKeeper({ leases: store.leases, holder, leaseMs, onLost, log, now })
  const serving = deps.commands.serve(
    commandHandlers({ find: store.sessions.find, held, acquire, forget, setWanted, now }),
  )

  function setWanted(sessionId: string, wanted: boolean): Promise<void> {
    return store.sessions.setWanted(sessionId, wanted)
  }

  function onLost(sessionId: string): void {
    // One that is still starting loses it as soon as it has: nobody would renew for it.
    void sessions.get(sessionId)?.started.then(session => session?.loseLease())
  }

  // === Taking and giving back ===

  async function take(row: SessionRow, fence: string): Promise<Session | NoSession> {
    const before = sessions.get(row.id)
    // A claim of the poll and one of a command may be answered in either order; the newer fence is the one that counts.
    if (before && BigInt(before.fence) > BigInt(fence)) return (await before.started) ?? whyNone(row)
    // Our lease had run out without our noticing, and we have just claimed it again under a new fence.
    const earlier = await before?.started
    earlier?.loseLease()
    await earlier?.ended
    keeper.hold(row.id, fence)
    const held: Held = { fence, session: null, started: start(row, fence) }
    sessions.set(row.id, held)
    held.session = await held.started
    if (held.session === null) await giveBack(row.id, fence, restMs)
    else complained.delete(row.id)
    return held.session ?? whyNone(row)
  }

  function whyNone(row: SessionRow): NoSession {
    return deps.networks[row.network] === null ? 'network not offered' : 'cannot be started'
  }

  async function start(row: SessionRow, fence: string): Promise<Session | null> {
    const sessionLog = log.child({ sessionId: row.id })
    const setState = (patch: SessionPatch) => store.sessions.setState(row.id, fence, patch)
    try {
      const network = deps.networks[row.network]
      if (network === null) return await refuseNetwork(row.id, setState)
      return await startSession({
        row,
        keys: store.authState.for(row.id, fence),
        polls: store.polls,
        setState,
        publish: deps.publish,
        trace: deps.trace,
        media: deps.media,
        network,
        latestVersion: () => latestVersion(network),
        onOver: end => onOver(row.id, fence, end),
        log: sessionLog,
        now,
        random,
        connectingMs: deps.options?.connectingMs,
        storeBudgetMs: deps.options?.storeBudgetMs,
        outboxLimit: deps.options?.outboxLimit,
      })
    } catch (error) {
      const level = complained.has(row.id) ? 'debug' : 'error'
      complained.add(row.id)
      sessionLog[level](
        { err: error },
        'the session could not be started; it stays wanted and is tried again',
      )
      return null
    }
  }

  async function refuseNetwork(
    sessionId: string,
    setState: (patch: SessionPatch) => Promise<boolean>,
  ): Promise<null> {
    await setState({ status: 'failed', reason: 'This gateway offers no simulated network.', final: true })
    await setWanted(sessionId, false)
    return null
  }

  async function onOver(sessionId: string, fence: string, end: { wanted: boolean }): Promise<void> {
    try {
      if (!end.wanted) await setWanted(sessionId, false)
    } catch (error) {
      log.warn(
        { err: error, sessionId },
        'the session could not be marked as ended; it will be tried once more',
      )
    }
    await giveBack(sessionId, fence)
  }

  async function giveBack(sessionId: string, fence: string, retryAfterMs = 0): Promise<void> {
    if (sessions.get(sessionId)?.fence === fence) sessions.delete(sessionId)
    // Not renewed any more, the lease runs out by itself should the release fail.
    keeper.drop(sessionId, fence)
    await store.leases.release({ sessionId, fence, retryAfterMs }).catch(error => {
      log.warn({ err: error, sessionId }, 'the lease could not be released; it runs out by itself')
    })
  }

  async function held(sessionId: string): Promise<Session | null> {
    const session = (await sessions.get(sessionId)?.started) ?? null
    if (!session?.over) return session
    await session.ended
    return null
  }

  function acquire(row: SessionRow): Promise<Session | NoSession> {
    return claims.run(row.id, async () => {
      const mine = await held(row.id)
      if (mine) return mine
      const fence = await claim(row.id)
      return fence === null ? 'held elsewhere' : take(row, fence)
    })
  }

  function forget(row: SessionRow): Promise<boolean> {
    return claims.run(row.id, async () => {
      const fence = await claim(row.id)
      if (fence === null) return false
      try {
        const keys = store.authState.for(row.id, fence)
        const setState = (patch: SessionPatch) => store.sessions.setState(row.id, fence, patch)
        await forgetSession({ row, keys, setState, publish: deps.publish, log, now })
        await setWanted(row.id, false)
      } finally {
        await giveBack(row.id, fence)
      }
      return true
    })
  }

  async function claim(sessionId: string): Promise<string | null> {
    return stopping ? null : store.leases.claim({ sessionId, holder, leaseMs })
  }

  // === Looking for work ===

  async function claimWanted(): Promise<void> {
    for (let more = true; more && !stopping; ) {
      const claimed = await store.leases.claimWanted({ holder, leaseMs, limit: claimAtOnce })
      const started = await Promise.all(
        claimed.map(({ sessionId, fence }) => claims.run(sessionId, () => takeClaimed(sessionId, fence))),
      )
      // After a failure the rest waits for the next look: many that cannot start must not become a loop without a pause.
      more = claimed.length === claimAtOnce && started.every(Boolean)
    }
  }

  async function takeClaimed(sessionId: string, fence: string): Promise<boolean> {
    const row = await store.sessions.find(sessionId)
    if (row) return typeof (await take(row, fence)) !== 'string'
    await giveBack(sessionId, fence)
    return false
  }

  async function poll(): Promise<void> {
    try {
      await claimWanted()
    } catch (error) {
      log.warn({ err: error }, 'looking for sessions failed; trying again')
    }
    if (stopping) return
    timer = setTimeout(() => {
      polling = poll()
    }, pollMs)
  }

  if (!curveInTime)
    log.warn('engine/process-guards.ts was imported after Baileys; group messages will be slow')
  await poll()
  log.info({ sessions: sessions.size }, 'engine started')

  return {
    async stop() {
      stopping = true
      clearTimeout(timer)
      serving.stop()
      await Promise.all([polling, claims.idle()])
      await Promise.all(
        [...sessions].map(async ([sessionId, { fence, started }]) => {
          await (await started)?.stop()
          await giveBack(sessionId, fence)
        }),
      )
      keeper.stop()
      guard.stop()
    },
    sessions: () =>
      [...sessions].flatMap(([sessionId, { session }]) =>
        session
          ? [{ sessionId, status: session.status, since: session.since, figures: session.figures }]
          : [],
      ),
  }
}

/** Only the real network has newer versions; a simulated one takes any. */
async function latestVersion(network: Network): Promise<WAVersion | null> {
  if (network.url !== undefined) return null
  const answer = await fetchLatestWaWebVersion()
  return answer.isLatest ? answer.version : null
}
