/** An hour of work, written into the database as the dispatcher would have: pictures of a gateway that has just started show nothing. */
import { uuidv7 } from '@waxwing/events/event-id'
import { pino } from 'pino'
import { openDatabase } from '../../packages/gateway/src/store/database.ts'
import { runningEmbeddedPostgres } from '../../packages/gateway/src/store/embedded-postgres.ts'

const MINUTE_MS = 60_000
const types = ['messages.received', 'messages.received', 'message.sent', 'messages.update']

type Row = { id: string; webhook: string; type: string; at: string; status: number; ms: number }

export async function writeHistory(
  dataDir: string,
  a: { webhooks: string[]; random?: () => number },
): Promise<void> {
  const databaseUrl = await runningEmbeddedPostgres(dataDir)
  if (databaseUrl === null) throw new Error('the gateway has no embedded database here')
  const db = openDatabase({ databaseUrl, poolSize: 1, log: pino({ level: 'silent' }) })
  const rows = a.webhooks.flatMap(webhook => hourOf(webhook, a.random ?? Math.random))
  const given = rows.map(row => [uuidv7(new Date(row.at)), row] as const)
  const columns = (pick: (row: Row, attempt: string) => unknown) =>
    given.map(([attempt, row]) => pick(row, attempt))
  await db.query({
    text: `insert into webhook_deliveries (id, webhook_config_id, event_id, event_type, user_id, status, attempts,
        response_status, created_at, last_attempt_at, delivered_at)
      select u.id, u.webhook, u.id, u.type, w.user_id, 'delivered', 1, 200, u.at, u.at, u.at
      from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[]) as u (id, webhook, type, at)
      join webhook_configs w on w.id = u.webhook`,
    values: [columns(r => r.id), columns(r => r.webhook), columns(r => r.type), columns(r => r.at)],
  })
  await db.query({
    text: `insert into webhook_attempts (id, delivery_id, attempt, started_at, duration_ms, request_headers, response_status, error_class)
      select u.id, u.delivery, 1, u.at, u.ms, '{}', u.status, case when u.status >= 500 then 'http_5xx' end
      from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::int[], $5::int[]) as u (id, delivery, at, ms, status)`,
    values: [
      columns((_, attempt) => attempt),
      columns(r => r.id),
      columns(r => r.at),
      columns(r => r.ms),
      columns(r => r.status),
    ],
  })
  await db.close()
}

/** Busier and quieter, slower and faster, and now and then a failure. */
function hourOf(webhook: string, random: () => number): Row[] {
  const now = Date.now()
  return Array.from({ length: 58 }, (_, minute) => minute + 2).flatMap(minute => {
    const wave = 1 + 0.6 * Math.sin(minute / 6) + 0.3 * Math.cos(minute / 2.3)
    return Array.from({ length: Math.round(24 * wave + 8 * random()) }, () => {
      const at = new Date(now - (minute - random()) * MINUTE_MS)
      const slow = random() < 0.07
      return {
        id: uuidv7(at),
        webhook,
        type: types[Math.floor(random() * types.length)] ?? 'call',
        at: at.toISOString(),
        status: random() < 0.006 ? 503 : 200,
        ms: Math.round((slow ? 320 : 60) * (0.7 + 0.6 * random()) * (0.8 + 0.3 * wave)),
      }
    })
  })
}
