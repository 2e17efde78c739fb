import { timeOf } from '@waxwing/events/event-id'
import type { Logger } from 'pino'
import { type Database, type Query, sqlState } from './database.ts'
import { boundsOf } from './id-bounds.ts'
import { lowestIdAt } from './page.ts'

export type Partitions = {
  /** Makes today and the two days after; cheap when they exist. */
  ensureAhead(): Promise<void>
  /** Makes the days of these ids if they are near; the others fall into the default partition. Never rejects. */
  ensureFor(ids: readonly string[]): Promise<void>
  /**
   * The table to ask for rows with these ids (at least one): the partition of their day, if it is one day whose partition this process has
   * made or found, and otherwise the whole. It may be dropped meanwhile by another process. A statement about one day's table spares the planner, and the server at each
   * row, the thirty others.
   */
  tableOf(table: RiverTable, ids: readonly string[]): string
  /**
   * Drops whole days older than the retention (in days). `kept` are partitions past it that still hold unfinished
   * deliveries, or whose events are still to be sent.
   */
  dropOld(a: { eventsDays: number; deliveriesDays: number }): Promise<{ dropped: string[]; kept: string[] }>
  /** How many the last `dropOld` kept; null before the first. */
  kept(): number | null
}

const dayMs = 86_400_000
/** Today, and a weekend of a process that is not let near its timers. */
const daysAhead = 2
/**
 * Events this far from today get a day of their own on demand: WhatsApp keeps messages for a phone that was off, and
 * clocks are wrong. Half of the shortest usual retention (14 days); what lies further out is rare enough to share the
 * default partition.
 */
const nearDays = 7

/** Events and their deliveries carry the event's time in their ids; attempts the time of their record. */
const riverTables = ['events', 'webhook_deliveries', 'webhook_attempts'] as const
export type RiverTable = (typeof riverTables)[number]

/** A change of partitions needs the table for itself for an instant; behind a long reader (a dump) it is tried again later. */
const lockTimeout = '2s'
const partitionLock = 0x7761_7870

export function createPartitions(db: Database, log: Logger, now: () => number = Date.now): Partitions {
  /** Days (since 1970) whose partitions are known to exist. */
  const made = new Set<number>()
  let kept: number | null = null

  async function ensureDays(days: readonly number[]): Promise<void> {
    for (const day of days) {
      if (made.has(day)) continue
      try {
        for (const table of riverTables)
          await db.transaction(query => attachDay(query, table, day), { patient: true })
        made.add(day)
      } catch (error) {
        log.warn({ err: error, day: nameOfDay(day) }, 'a partition was not made; rows go to the default one')
        if (sqlState(error) === null) return // no database: the next caller will find out
      }
    }
  }

  return {
    async ensureAhead() {
      const today = dayOf(now())
      await ensureDays(Array.from({ length: daysAhead + 1 }, (_, index) => today + index))
    },
    async ensureFor(ids) {
      const today = dayOf(now())
      const days = new Set(ids.map(id => dayOf(timeOf(id).getTime())))
      await ensureDays([...days].filter(day => Math.abs(day - today) <= nearDays))
    },
    tableOf(table, ids) {
      const [first, last] = boundsOf(ids).map(id => dayOf(timeOf(id).getTime()))
      return first !== undefined && first === last && made.has(first) ? partitionName(table, first) : table
    },
    async dropOld({ eventsDays, deliveriesDays }) {
      const today = dayOf(now())
      const limits: [RiverTable, number][] = [
        ['webhook_attempts', deliveriesDays],
        ['webhook_deliveries', deliveriesDays],
        ['events', eventsDays],
      ]
      const result = { dropped: [] as string[], kept: [] as string[] }
      for (const [table, days] of limits) {
        for (const day of (await daysOf(db, table)).filter(day => day < today - days)) {
          const dropped = await db.transaction(query => dropDay(query, table, day), { patient: true })
          made.delete(day)
          result[dropped ? 'dropped' : 'kept'].push(partitionName(table, day))
        }
        await emptyDefault(db, table, days)
      }
      kept = result.kept.length
      return result
    },
    kept: () => kept,
  }
}

const dayOf = (milliseconds: number) => Math.floor(milliseconds / dayMs)
const nameOfDay = (day: number) => new Date(day * dayMs).toISOString().slice(0, 10).replaceAll('-', '')
const partitionName = (table: RiverTable, day: number) => `${table}_${nameOfDay(day)}`
const firstIdOf = (day: number) => lowestIdAt(new Date(day * dayMs))

/** Keeps everybody out of a relation until the transaction ends; one change of partitions at a time. */
async function lockOut(query: Query, relation: string): Promise<void> {
  await query({ text: 'select pg_advisory_xact_lock($1)', values: [partitionLock] })
  await query({ text: `set local lock_timeout = '${lockTimeout}'` })
  await query({ text: `lock table ${relation} in access exclusive mode` })
}

/**
 * Makes one day of one table. Rows of that day that already lie in the default partition (their day was far away when
 * they came) move along, which PostgreSQL would otherwise refuse.
 */
async function attachDay(query: Query, table: RiverTable, day: number): Promise<void> {
  const name = partitionName(table, day)
  const [from, to] = [firstIdOf(day), firstIdOf(day + 1)]
  if (await exists(query, name)) return
  await lockOut(query, `${table}_default`)
  if (await exists(query, name)) return
  await query({ text: `create table ${name} (like ${table} including defaults including constraints)` })
  // A partition can be asked by its own name, and then the policies of its parent do not count.
  await query({ text: `alter table ${name} enable row level security` })
  await query({
    text: `with moved as (delete from ${table}_default where id >= '${from}' and id < '${to}' returning *)
      insert into ${name} select * from moved`,
  })
  await query({
    text: `alter table ${table} attach partition ${name} for values from ('${from}') to ('${to}')`,
  })
}

async function exists(query: Query, table: string): Promise<boolean> {
  const [row] = await query<{ found: boolean }>({
    text: 'select to_regclass($1) is not null as found',
    values: [table],
  })
  return row?.found ?? false
}

async function daysOf(db: Database, table: RiverTable): Promise<number[]> {
  const rows = await db.query<{ name: string }>({
    text: `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = to_regclass($1)`,
    values: [table],
  })
  return rows.flatMap(({ name }) => {
    const [, year, month, date] = /_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? []
    return year === undefined ? [] : [dayOf(Date.parse(`${year}-${month}-${date}`))]
  })
}

/** False: unfinished deliveries of this day keep it. */
async function dropDay(query: Query, table: RiverTable, day: number): Promise<boolean> {
  const name = partitionName(table, day)
  // The parent first, as every query does it: dropping a partition needs both, and the other order is a deadlock with
  // whoever reads meanwhile.
  await lockOut(query, `only ${table}`)
  if (table !== 'webhook_attempts') {
    const unfinished = await query({
      text: `select from webhook_deliveries where status = 'pending' and id >= $1 and id < $2 limit 1`,
      values: [firstIdOf(day), firstIdOf(day + 1)],
    })
    if (unfinished.length > 0) return false
  }
  await query({ text: `drop table ${name}` })
  return true
}

/** Rows in the default partition are few; those are deleted one by one, by when they were written. */
async function emptyDefault(db: Database, table: RiverTable, days: number): Promise<void> {
  const unfinished = `exists (select from webhook_deliveries p where p.event_id = d.id and p.status = 'pending')`
  const expired: Record<RiverTable, string> = {
    events: `d.committed_at < now() - $1 * interval '1 day' and not ${unfinished}`,
    webhook_deliveries: `d.created_at < now() - $1 * interval '1 day' and d.status <> 'pending'`,
    webhook_attempts: `d.started_at < now() - $1 * interval '1 day'`,
  }
  await db.query({
    text: `delete from ${table}_default d where ${expired[table]}`,
    values: [days],
    patient: true,
  })
}
