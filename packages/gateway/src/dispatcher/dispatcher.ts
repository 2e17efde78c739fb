import type { Logger } from 'pino'
import type { Sender } from '../delivery/send.ts'
import type { DueDelivery, HeldDelivery, RecordedOutcome } from '../store/deliveries.ts'
import type { Untold } from '../store/untold.ts'
import type { WebhookHealth } from '../store/webhook-health.ts'
import type { Lane } from '../stream/lane.ts'
import type { TraceAttempt } from './attempt-line.ts'
import { createAttempting, type Endpoint } from './attempting.ts'
import { startDeadLetterNotices } from './dead-letter-notices.ts'
import { startDueScan } from './due-scan.ts'
import { startHealthBoard } from './health-board.ts'
import { createHolding, type Held } from './holding.ts'
import type { Publish } from './notices.ts'
import { createPace } from './pace.ts'
import { createRecorder, type OutcomeStore } from './recorder.ts'
import { createTurns } from './turns.ts'

/** What the dispatcher needs of the store: structurally `store.deliveries`. */
export type Deliveries = OutcomeStore & {
  claimDue(a: {
    limit: number
    perWebhook: number
    leaseMs: number
    /** Webhooks whose backlog is full here: claiming more of theirs would only be left again. */
    except?: readonly string[]
    /** Webhooks of which fewer than `perWebhook` are wanted, by id. */
    shares?: Readonly<Record<string, number>>
  }): Promise<DueDelivery[]>
  nextDueAt(): Promise<Date | null>
  heartbeat(held: readonly HeldDelivery[]): Promise<string[]>
  release(held: readonly HeldDelivery[]): Promise<void>
  untold: Untold['untold']
  told: Untold['told']
}

/** Structurally `store.webhooks`. Null: deleted, and its deliveries are cancelled. */
export type Webhooks = { findCached(id: string): Promise<Endpoint | null> }

export type DispatcherOptions = {
  /** Attempts at once, over all endpoints. */
  slots: number
  /** Attempts at once to one endpoint; never more than a tenth of the slots, never less than one. */
  perEndpoint: number
  /** Deliveries waiting in memory for one endpoint; what is more stays in the database. */
  backlog: number
  /** At least three times the longest attempt. */
  leaseMs: number
  /** How often the database is asked for due deliveries when nothing is known to be due sooner. */
  scanMs: number
  /** How long `stop` waits for attempts under way before it abandons and releases them. */
  drainMs?: number
}

export type DispatcherStats = {
  inFlight: number
  waiting: number
  unrecorded: number
  held: number
  /** Webhooks with deliveries that wait for their rate limit. */
  rateLimited: number
  /** Since start: */
  attempts: number
  /** Attempts whose delivery somebody else had taken over before they were recorded. */
  fencedOut: number
  /** Deliveries given back unattempted: no room, a disabled or held webhook, a lease about to end, stop. */
  putBack: number
  /** Deliveries claimed whose lease had run out: announced and not heard, or their process died. */
  reclaimed: number
}

export type Dispatcher = {
  /** Claims nothing more, lets attempts end, records them, and gives the rest back unattempted. */
  stop(): Promise<void>
  stats(): DispatcherStats
}

/** One attempt, as it is to be recorded. */
type Made = { profileId: string; outcome: RecordedOutcome }

/** Of one claim. Small against what may wait in memory, large against the cost of the statement. */
const maxClaim = 500
/** With this many outcomes unwritten the database is away: attempts whose outcome may be lost help nobody. */
const maxUnrecorded = 5_000
/** Docker sends SIGKILL ten seconds after SIGTERM; attempts and records share the time before it. */
const defaultDrainMs = 6_000
const recordWithinMs = 3_000

/**
 * Attempts what is due: what the lane announces at once, and what the database says is due (retries, and
 * whatever nobody heard of). Each endpoint has its own share; every outcome is recorded under the claim it
 * was made with. Throws when the lease could end during an attempt.
 */
export function startDispatcher(a: {
  lane: Pick<Lane, 'listen'>
  deliveries: Deliveries
  webhooks: Webhooks
  webhookHealth: WebhookHealth
  /** For the notices about delivering: `webhook.disabled`, `webhook.recovered`, `delivery.failed`. */
  publish: Publish
  sender: Pick<Sender, 'send' | 'timeoutMs'>
  /** Makes an attempt within a span; without it nothing is traced, and no `traceparent` sent. */
  trace?: TraceAttempt
  /** Hears of every attempt made, before it is written down. */
  onAttempt?: (delivery: DueDelivery, outcome: RecordedOutcome) => void
  /** Hears of every attempt that is written down and was still ours to make, with the owner of the webhook. */
  onRecorded?: (profileId: string, delivery: DueDelivery, outcome: RecordedOutcome) => void
  now?: () => Date
  random?: () => number
  log: Logger
  options: DispatcherOptions
}): Dispatcher {
  const { deliveries, webhooks, publish, sender, log, options } = a
  const { now = () => new Date(), random = Math.random } = a
  const { leaseMs, scanMs, drainMs = defaultDrainMs } = options
  if (leaseMs < 3 * sender.timeoutMs)
    throw new RangeError(
      `the delivery lease (${leaseMs} ms) must be at least three times the longest attempt (${sender.timeoutMs} ms)`,
    )

  const pace = createPace({ now: () => performance.now(), onToken: goOn })
  const turns = createTurns<Held>({
    ...options,
    onRoom: () => scan.expect(now()),
    mayBegin: pace.take,
    backlogOf: pace.backlog,
  })
  const holding = createHolding({ heartbeat: held => deliveries.heartbeat(held), leaseMs, now, log })
  const recorder = createRecorder({ store: deliveries, claimsKnown: () => claiming, log })
  const deadLetters = startDeadLetterNotices({ store: deliveries, publish, log })
  const counts = { attempts: 0, fencedOut: 0, putBack: 0, reclaimed: 0 }
  const abandon = new AbortController()
  let stopping = false
  /** Called when the last attempt has ended, while stopping. */
  let quiet: (() => void) | null = null

  /** The claim under way, with all it brings. */
  let claiming: Promise<unknown> = Promise.resolve()
  const scan = startDueScan({ claim: claimNoted, nextDueAt: () => deliveries.nextDueAt(), scanMs, now, log })
  const board = startHealthBoard({
    store: a.webhookHealth,
    publish,
    pollMs: scanMs,
    now,
    log,
    onChange: (webhookId, openAt) => void adjust(webhookId, openAt),
  })
  const attempt = createAttempting({
    sender,
    board,
    trace: a.trace,
    signal: abandon.signal,
    now,
    random,
    log,
  })
  const listening = a.lane.listen(
    items => void accept(items, now().getTime()),
    () => scan.expect(now()),
  )

  /** Only the trial goes to an endpoint in trouble, and what a person asked for; to one that is paused only the latter. */
  const mustWait = ({ webhookId, trial, manual }: DueDelivery) => !trial && !manual && board.holds(webhookId)

  /** What waits here for an endpoint in trouble or paused waits in the database instead, which knows when to try it. */
  async function adjust(webhookId: string, openAt: Date | null): Promise<void> {
    if (stopping) return
    if (board.holds(webhookId)) await release(turns.withdraw(webhookId, held => mustWait(held.delivery)))
    if (openAt !== null) scan.expect(openAt)
  }

  /** Takes in what there is room for and gives the rest back. Resolves to how many were taken. */
  async function accept(due: readonly DueDelivery[], heldSince: number): Promise<number> {
    const fresh = due.map(delivery => holding.take(delivery, heldSince)).filter(held => held !== null)
    const strangers = fresh.filter(({ webhookId }) => !pace.knows(webhookId))
    // Their limits hold from the first attempt on.
    if (strangers.length > 0) await meet(strangers)
    const overflow: Held[] = []
    for (const held of fresh)
      if (stopping || mustWait(held.delivery) || !turns.offer(held)) overflow.push(held)
    pump()
    await release(overflow)
    return due.length - overflow.length
  }

  /** Learns of webhooks that this process has attempted nothing for yet. */
  async function meet(strangers: readonly Held[]): Promise<void> {
    const oneOfEach = new Map(strangers.map(({ webhookId, delivery }) => [webhookId, delivery]))
    await Promise.all([...oneOfEach.values()].map(findEndpoint))
  }

  /** Due again at once, here or elsewhere, no attempt spent. If that fails: when the lease has run out. */
  async function release(some: readonly Held[]): Promise<null> {
    if (some.length === 0) return null
    for (const held of some) putBack(held)
    try {
      await deliveries.release(some.map(({ delivery }) => delivery))
    } catch (error) {
      log.warn(
        { err: error, deliveries: some.length },
        'claims could not be given back; their leases will run out',
      )
    }
    return null
  }

  /** Let go without a word to the database: due again when the lease has run out, no attempt spent. */
  function putBack(held: Held): null {
    counts.putBack++
    holding.forget(held)
    return null
  }

  function claimNoted(): ReturnType<typeof claim> {
    const claimed = claim()
    claiming = claimed.catch(() => {})
    return claimed
  }

  async function claim(): Promise<{ claimed: number; more: boolean }> {
    const limit = Math.min(maxClaim, turns.room())
    if (stopping || limit === 0) return { claimed: 0, more: false }
    const heldSince = now().getTime()
    const perWebhook = Math.min(limit, options.backlog)
    const due = await deliveries.claimDue({
      limit,
      perWebhook,
      leaseMs,
      except: turns.full(),
      shares: pace.shares(turns.roomOf),
    })
    for (const { webhookId, trial, reclaimed } of due) {
      if (!trial) board.released(webhookId)
      if (reclaimed) counts.reclaimed++
    }
    const claimed = await accept(due, heldSince)
    return { claimed, more: claimed === limit }
  }

  /** An endpoint that had spent its rate limit may begin an attempt again. */
  function goOn(webhookId: string): void {
    turns.resume(webhookId)
    pump()
  }

  function pump(): void {
    while (!stopping && recorder.pending() < maxUnrecorded) {
      const held = turns.take()
      if (held === null) return
      void attend(held)
    }
    if (turns.running() === 0) quiet?.()
  }

  /** One delivery that has its slot, until its outcome is written or it is let go. Never rejects. */
  async function attend(held: Held): Promise<void> {
    const made = await attemptOf(held)
    turns.done(held)
    pump()
    if (made === null) return
    const { profileId, outcome } = made
    counts.attempts++
    a.onAttempt?.(held.delivery, outcome)
    const { fencedOut } = await recorder.record(outcome)
    holding.forget(held)
    pump()
    if (!fencedOut) a.onRecorded?.(profileId, held.delivery, outcome)
    if (fencedOut) {
      counts.fencedOut++
      const { deliveryId, webhookId, attempt } = held.delivery
      log.warn({ deliveryId, webhookId, attempt }, 'outcome refused: somebody else took this delivery over')
    } else if (outcome.next.kind === 'retry' && !outcome.unspent) scan.expect(outcome.next.at)
    else if (outcome.next.kind === 'dead') deadLetters.look()
    if (held.delivery.ordered && outcome.next.kind !== 'retry') scan.expect(now()) // for the next of its chat
  }

  /** Null: nothing was attempted, or nobody knows what came of it; the delivery is let go. */
  async function attemptOf(held: Held): Promise<Made | null> {
    const { delivery } = held
    await board.ready
    if (mustWait(delivery)) return release([held])
    if (!holding.covers(held, sender.timeoutMs)) return putBack(held)
    const endpoint = await findEndpoint(delivery)
    if (endpoint === null) return putBack(held)
    if (!endpoint.enabled) return release([held])
    try {
      return { profileId: endpoint.profileId, outcome: await attempt(delivery, endpoint) }
    } catch (error) {
      if (abandon.signal.aborted) return release([held])
      log.error({ err: error, deliveryId: delivery.deliveryId }, 'an attempt threw; this is a bug')
      return putBack(held)
    }
  }

  /**
   * Null: deleted, and its deliveries were cancelled; or unknown for now. Of a webhook its operator disabled the
   * deliveries stay pending, are not claimed (see `claimDue`), and go out when it is enabled again.
   */
  async function findEndpoint({ webhookId, deliveryId }: DueDelivery): Promise<Endpoint | null> {
    try {
      const endpoint = await webhooks.findCached(webhookId)
      if (endpoint === null) pace.forget(webhookId)
      else pace.limit(webhookId, endpoint.rateLimit)
      return endpoint
    } catch (error) {
      log.warn({ err: error, webhookId, deliveryId }, 'the webhook could not be read; its delivery waits')
      return null
    }
  }

  return {
    async stop() {
      stopping = true
      listening.stop()
      pace.stop()
      await scan.stop()
      await release(turns.drain())
      const late = setTimeout(() => abandon.abort(), drainMs)
      await new Promise<void>(resolve => {
        quiet = resolve
        pump()
      })
      clearTimeout(late)
      await Promise.all([recorder, board, deadLetters].map(one => one.stop(recordWithinMs)))
      holding.stop()
    },
    stats: () => ({
      inFlight: turns.running(),
      waiting: turns.waiting(),
      unrecorded: recorder.pending(),
      held: holding.size(),
      rateLimited: pace.waiting(),
      ...counts,
    }),
  }
}
