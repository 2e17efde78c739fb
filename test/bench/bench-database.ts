import { randomBytes } from 'node:crypto'
import pg from 'pg'
import pino from 'pino'
import { withDatabase } from '../../packages/gateway/src/store/embedded-postgres.ts'
import { openStore } from '../../packages/gateway/src/store/store.ts'

/** An empty database of its own on the bench's server, which writes durably. */
export async function freshDatabase(serverUrl: string): Promise<string> {
  const name = `bench_${randomBytes(4).toString('hex')}`
  await withClient(serverUrl, client => client.query(`create database ${name}`))
  return withDatabase(serverUrl, name)
}

/** Deliveries of one webhook that failed once and wait for a retry tomorrow, with their events. */
export async function addBacklog(databaseUrl: string, count: number): Promise<void> {
  const log = pino({ level: 'silent' })
  const store = await openStore({ databaseUrl, encryptionKey: Buffer.alloc(32, 7), log, leaseMs: 60_000 })
  const { id: profileId } = await store.profiles.first()
  const webhook = await store.webhooks.create({
    profileId,
    name: 'Down since yesterday',
    webhookUrl: 'http://127.0.0.1:9/',
    subscribedEvents: ['session.status'],
  })
  await store.close()
  await withClient(databaseUrl, async client => {
    // UUIDv7s of today: milliseconds since 1970, then random bits.
    await client.query(
      `create temp table backlog as select (lpad(to_hex((extract(epoch from now()) * 1000)::bigint - n % 1000), 12, '0')
         || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid as id
       from generate_series(1, $1::int) n`,
      [count],
    )
    await client.query(
      `insert into events (id, user_id, type, body) select id, $1, 'session.status', repeat('x', 400) from backlog`,
      [profileId],
    )
    await client.query(
      `insert into webhook_deliveries (id, webhook_config_id, event_id, event_type, user_id, attempts, next_attempt_at)
       select id, $2, id, 'session.status', $1, 1, now() + interval '1 day' from backlog`,
      [profileId, webhook.id],
    )
    await client.query('vacuum analyze events')
    await client.query('vacuum analyze webhook_deliveries')
    // The backlog is old: writing it to disk belongs to its own time, not to the minute that is measured.
    await client.query('checkpoint')
  })
}

async function withClient(databaseUrl: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
