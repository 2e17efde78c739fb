import type { Logger } from 'pino'
import { type Database, retryingConflicts } from './database.ts'

/** Deliveries that nobody will make any more, for their webhook is gone. Nobody claims them; here they are ended. */
export type Orphans = {
  /**
   * Cancels what a removed webhook was still to get; an attempt under way ends fenced out. Of a long backlog the first
   * part when this resolves, and the rest soon after.
   */
  cancelOf(webhookId: string): Promise<void>
  /** Cancels all there are: what a killed process left, and what was committed in the very moment of a removal. */
  cancelAll(): Promise<void>
  /** Lets the batch under way end; the next process goes on. */
  stop(): Promise<void>
}

/** Rows of one statement: a fraction of a second of row locks on a slow disk. */
const batchSize = 2_000

export function createOrphans(db: Database, log: Logger): Orphans {
  let stopping = false
  const working = new Set<Promise<void>>()

  /** Whether there may be more. */
  async function cancelBatch(webhookId: string): Promise<boolean> {
    const [batch] = await retryingConflicts(() =>
      db.query<{ more: boolean }>({
        name: 'cancel-orphans',
        text: cancelStatement,
        values: [webhookId, batchSize],
      }),
    )
    return batch?.more ?? false
  }

  async function cancelRest(webhookId: string): Promise<void> {
    while (!stopping && (await cancelBatch(webhookId)));
  }

  return {
    async cancelOf(webhookId) {
      if (!(await cancelBatch(webhookId))) return
      const rest: Promise<void> = cancelRest(webhookId)
        .catch(error =>
          log.warn({ err: error, webhookId }, 'deliveries of a removed webhook are left for later'),
        )
        .finally(() => working.delete(rest))
      working.add(rest)
    },
    async cancelAll() {
      for (const { id } of await db.query<{ id: string }>({ text: orphanedStatement })) await cancelRest(id)
    },
    async stop() {
      stopping = true
      await Promise.all(working)
    },
  }
}

// Chosen in the order of the index of pending ones, so that no plan reads past what was cancelled already; then locked in
// the order of ids, as everybody does.
const cancelStatement = `with chosen as materialized (
  select id from webhook_deliveries where webhook_config_id = $1 and status = 'pending'
  order by next_attempt_at limit $2
), locked as materialized (
  select d.id from webhook_deliveries d join chosen on chosen.id = d.id
  where d.status = 'pending' order by d.id for update of d
), cancelled as (
  update webhook_deliveries d set status = 'cancelled', next_attempt_at = null, claim_id = null
  from locked where d.id = locked.id
)
select count(*) = $2 as more from chosen`

// One index probe for each webhook that has anything pending, however much that is.
const orphanedStatement = `with recursive waiting (id) as (
  (select webhook_config_id from webhook_deliveries where status = 'pending' order by webhook_config_id limit 1)
  union all
  select (
    select webhook_config_id from webhook_deliveries
    where status = 'pending' and webhook_config_id > waiting.id order by webhook_config_id limit 1
  )
  from waiting where waiting.id is not null
)
select id from waiting where id is not null and not exists (select from webhook_configs w where w.id = waiting.id)`
