import type pg from 'pg'

/**
 * PostgreSQL 18 (seen with 18.4) crashes with all its sessions when a statement waits for a row that is changed meanwhile, and the
 * same statement leaves out partitions while it runs: checking the row anew sets up that pruning a second time, in the place
 * of the first. Which of our statements do so is the planner's choice, so they are all made to look into every day: some
 * microseconds a row and month. To be taken back when a PostgreSQL 18 without the fault is the oldest one we meet.
 */
const withoutPruning = `select set_config('enable_partition_pruning', 'off', false)
  where current_setting('server_version_num')::int between 180000 and 189999`

/** To be done to a new connection before anything else is. */
export async function forgoPartitionPruning(client: pg.ClientBase, answerWithinMs: number): Promise<void> {
  const query = { text: withoutPruning, query_timeout: answerWithinMs }
  await client.query(query)
}
