import type { Logger } from 'pino'
import type { EndpointHealth, HealthNotice, HealthRow, WebhookHealth } from '../store/webhook-health.ts'
import { type Change, isHeld, matters, next, type Observation } from './health.ts'
import { healthDraft, type Publish } from './notices.ts'
import { isPaused } from './patience.ts'
import { within } from './within.ts'

export type HealthBoard = {
  /** The database has been asked once. */
  ready: Promise<void>
  /** Nothing of this endpoint goes out, except its trial and what a person asks for. */
  holds(webhookId: string): boolean
  /** The database let an ordinary delivery go: it knows of a recovery that this process has not heard of yet. */
  released(webhookId: string): void
  /** One attempt came to this. Written down in the background; never rejects. */
  observe(webhookId: string, seen: Observation): void
  /** Waits until everything observed is written, or could not be, at most this long. */
  stop(withinMs: number): Promise<void>
}

/** A notice that whoever made it has not committed by then is committed by whoever finds it: it was killed. */
const orphanedAfterMs = 10_000

/**
 * What this process knows of the health of endpoints. The truth is in the database and changes there under a lock;
 * here is a copy of the rows that are not simply healthy, read anew every `pollMs`, so a failure seen by one dispatcher
 * counts for all, and an ordinary success costs no statement.
 */
export function startHealthBoard(a: {
  store: WebhookHealth
  publish: Publish
  pollMs: number
  now: () => Date
  log: Logger
  /** The health of an endpoint was changed from here, or it asked for patience. More may go out at `openAt`, if known. */
  onChange: (webhookId: string, openAt: Date | null) => void
}): HealthBoard {
  const { store, log, now } = a
  const known = new Map<string, EndpointHealth>()
  /** Pauses asked for here that are not written yet, or could not be: they hold all the same, and are written later. */
  const asked = new Map<string, { at: Date; until: Date; seen: Observation }>()
  /** What is to be written, and by whom: at most one statement an endpoint at a time. */
  const unwritten = new Map<string, Observation[]>()
  const working = new Map<string, Promise<void>>()
  /** Written from here since the last look: its older answer may not undo them. */
  const fresher = new Set<string>()
  let failing = false
  /** Said once, not for each attempt: while the database is away there are many. */
  let unwritable = false
  let stopped = false
  const ready = poll()
  let polling = ready
  const timer = setInterval(() => {
    polling = polling.then(poll)
  }, a.pollMs)

  async function poll(): Promise<void> {
    if (stopped) return
    try {
      fresher.clear()
      const rows = await store.unwell()
      const isOlder = (webhookId: string) => fresher.has(webhookId) || working.has(webhookId)
      for (const webhookId of known.keys()) if (!isOlder(webhookId)) known.delete(webhookId)
      for (const { webhookId, health } of rows) if (!isOlder(webhookId)) known.set(webhookId, health)
      if (failing) log.info('the health of endpoints is known again')
      failing = false
      for (const [webhookId, { seen }] of asked) if (!isOlder(webhookId)) enqueue(webhookId, seen)
      for (const row of rows) if (isOrphaned(row.notice)) await tell(row, row.notice)
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'the health of endpoints could not be read; trying again')
      failing = true
    }
  }

  function isOrphaned(notice: HealthNotice | null): notice is HealthNotice {
    return notice !== null && now().getTime() - Date.parse(notice.at) > orphanedAfterMs
  }

  async function tell(row: HealthRow, notice: HealthNotice): Promise<void> {
    const held = notice.kind === 'recovered' ? await store.waiting(row.webhookId) : 0
    await a.publish([healthDraft(row, notice, held)])
    await store.told(row.webhookId, notice)
  }

  async function write(webhookId: string): Promise<void> {
    for (let seen = unwritten.get(webhookId); seen?.length; seen = unwritten.get(webhookId)) {
      unwritten.delete(webhookId)
      try {
        await apply(webhookId, seen)
        unwritable = false
      } catch (error) {
        if (!unwritable)
          log.warn(
            { err: error, webhookId },
            'the health of endpoints cannot be written; what they answer is not counted',
          )
        unwritable = true
      }
    }
    working.delete(webhookId)
  }

  async function apply(webhookId: string, seen: readonly Observation[]): Promise<void> {
    const at = now()
    const changed = await store.change(webhookId, before => {
      let sofar: Change = { health: before, notice: null }
      for (const one of seen) {
        const { health, notice } = next(sofar.health, one, at)
        sofar = { health, notice: notice ?? sofar.notice }
      }
      return sofar
    })
    fresher.add(webhookId)
    if (changed === null) return forget(webhookId)
    const { before, row } = changed
    known.set(webhookId, row.health)
    if ((asked.get(webhookId)?.until ?? at) <= (row.health.pausedUntil ?? at)) asked.delete(webhookId)
    if (before.state !== row.health.state) logChange(row, before)
    if (isPaused(before, at) !== isPaused(row.health, at)) logPause(row, at)
    a.onChange(webhookId, row.health.gateAt)
    if (row.notice !== null) await tell(row, row.notice)
  }

  function logChange({ webhookId, name, health }: HealthRow, before: EndpointHealth): void {
    const { state, reason, gateAt, downSince } = health
    const line = { webhookId, name, from: before.state, state, reason, nextTrialAt: gateAt, downSince }
    if (state === 'healthy')
      log.info({ ...line, nextTrialAt: null, downSince: before.downSince }, 'endpoint recovered')
    else log.warn(line, `endpoint is ${state}`)
  }

  function logPause({ webhookId, name, health }: HealthRow, at: Date): void {
    const line = { webhookId, name, pausedUntil: health.pausedUntil, reason: health.reason }
    if (isPaused(health, at)) log.warn(line, 'endpoint asked for patience; its deliveries wait')
    else log.info(line, 'endpoint takes deliveries again, before its pause was over')
  }

  /** At once, and not when it is written: what waits would each earn its own refusal meanwhile. */
  function hear(webhookId: string, seen: Observation): void {
    const { notBefore, verdict, startedAt } = seen
    const sofar = asked.get(webhookId)
    if (notBefore !== null && notBefore > (sofar?.until ?? now())) {
      asked.set(webhookId, { at: now(), until: notBefore, seen })
      a.onChange(webhookId, notBefore)
    } else if (sofar && verdict === 'success' && startedAt >= sofar.at) asked.delete(webhookId)
  }

  function enqueue(webhookId: string, seen: Observation): void {
    const waiting = unwritten.get(webhookId)
    if (waiting) waiting.push(seen)
    else unwritten.set(webhookId, [seen])
    if (!working.has(webhookId)) working.set(webhookId, write(webhookId))
  }

  function forget(webhookId: string): void {
    known.delete(webhookId)
    asked.delete(webhookId)
  }

  return {
    ready,
    holds(webhookId) {
      const health = known.get(webhookId)
      const { until } = asked.get(webhookId) ?? {}
      if (until !== undefined && until > now()) return true
      return health !== undefined && isHeld(health, now())
    },
    released(webhookId) {
      // What we have written since the last look, its claim may not have seen.
      if (!fresher.has(webhookId)) known.delete(webhookId)
    },
    observe(webhookId, seen) {
      hear(webhookId, seen)
      if (
        !unwritten.has(webhookId) &&
        !working.has(webhookId) &&
        !matters(known.get(webhookId) ?? null, seen)
      )
        return
      enqueue(webhookId, seen)
    },
    async stop(withinMs) {
      stopped = true
      clearInterval(timer)
      await within(withinMs, Promise.all([polling, ...working.values()]))
    },
  }
}
