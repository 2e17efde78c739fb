/** What only the database knows, for the page of metrics: read once for each page, and never waited for too long. */
import { setTimeout as pause } from 'node:timers/promises'
import { Gauge, type Registry } from '@prometheus-io/client'
import type { Backlog } from './store/backlog.ts'

type Asked = Omit<Backlog, 'inboxOf'>

/** Series with an id of a webhook or an inbox, each: the worst 50, so that many customers do not drown a server. */
const worst = 50
/** Counting stops here; who has so many dead letters needs no exact number. */
const deadLettersAtMost = 10_000

/** Reads the database through the backlog; resolves, without what it knows, when it does not answer within `withinMs`. */
export function databaseReading(
  registers: Registry[],
  withinMs: number,
): (rooms: { backlog: Asked }) => Promise<void> {
  const up = new Gauge({
    name: 'waxwing_database_up',
    help: '1 when the database answered this scrape.',
    registers,
  })
  const show = gaugesOfAnswers(registers)

  /** What was asked and is not answered yet. A database that hangs is not asked again and again. */
  let asking: Promise<Answers> | null = null
  const ask = (backlog: Asked) => {
    asking ??= askOneByOne(backlog).finally(() => {
      asking = null
    })
    return asking
  }

  return async ({ backlog }) => {
    const answers = await answeredWithin(withinMs, ask(backlog))
    up.set(answers === null ? 0 : 1)
    show(answers)
  }
}

function gaugesOfAnswers(registers: Registry[]): (answers: Answers | null) => void {
  const one = (name: string, help: string) => new Gauge({ name, help, registers })
  const by = (label: string, name: string, help: string) =>
    new Gauge({ name, help, labelNames: [label], registers })
  const oldestInbox = one(
    'waxwing_inbox_oldest_seconds',
    'Age of the oldest stanza that is not told yet, over all sessions; 0 without one.',
  )
  const dead = one(
    'waxwing_dead_letters',
    `Dead letters in the database; counting stops at ${deadLettersAtMost}.`,
  )
  const inbox = by(
    'session_id',
    'waxwing_session_inbox_oldest_seconds',
    `Age of the oldest stanza that is not told yet, of the ${worst} sessions that are most behind.`,
  )
  const undelivered = by(
    'webhook_id',
    'waxwing_webhook_oldest_undelivered_seconds',
    `Age of the oldest undelivered delivery, of the ${worst} webhooks that are most behind.`,
  )
  const webhooks = by(
    'state',
    'waxwing_webhooks',
    'Webhooks by state: healthy; paused (healthy, but its backlog waits until a time the receiver named, or comes out slowly after a recovery); degraded, suspended or disabled by its health; off (by its operator).',
  )
  const sessions = by(
    'status',
    'waxwing_known_sessions',
    'Sessions in the database by status, those included that ended and that no process holds.',
  )
  const replays = by('status', 'waxwing_replays', 'Replays that are running or paused.')
  const deadTuples = by(
    'table',
    'waxwing_dead_tuples',
    'Rows that vacuum has still to remove, over all partitions of a table.',
  )

  return answers => {
    for (const gauge of [oldestInbox, dead, inbox, undelivered, webhooks, sessions, replays, deadTuples])
      gauge.reset()
    // An unlabelled gauge is 0 after a reset, which would say that all is well.
    oldestInbox.set(answers === null ? Number.NaN : (answers.inboxes[0]?.oldestSeconds ?? 0))
    dead.set(answers?.deadLetters ?? Number.NaN)
    if (answers === null) return
    for (const row of answers.inboxes) inbox.set({ session_id: row.sessionId }, row.oldestSeconds)
    for (const row of answers.undelivered) undelivered.set({ webhook_id: row.webhookId }, row.oldestSeconds)
    for (const [state, count] of Object.entries(answers.webhooks)) webhooks.set({ state }, count)
    for (const { status, count } of answers.sessions) sessions.set({ status }, count)
    for (const [status, count] of Object.entries(answers.replays)) replays.set({ status }, count)
    for (const row of answers.deadTuples) deadTuples.set({ table: row.table }, row.tuples)
  }
}

type Answers = Awaited<ReturnType<typeof askOneByOne>>

/** One connection at a time: deliveries need the others. */
async function askOneByOne(backlog: Asked) {
  return {
    inboxes: await backlog.inboxes(worst),
    undelivered: await backlog.webhooks(worst),
    deadLetters: await backlog.deadLetters(deadLettersAtMost),
    webhooks: await backlog.webhookStates(),
    sessions: await backlog.sessions(),
    replays: await backlog.replays(),
    deadTuples: await backlog.deadTuples(),
  }
}

/** Null when it failed or took longer. */
function answeredWithin<T>(ms: number, work: Promise<T>): Promise<T | null> {
  return Promise.race([work.catch(() => null), pause(ms, null, { ref: false })])
}
