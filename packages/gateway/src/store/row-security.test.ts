/**
 * The law: whoever reaches the schema as another role than the owner (Supabase's API does) sees own rows or none, and
 * changes nothing. On a real Postgres with what Supabase puts into one.
 */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { type Database, openDatabase, type Query } from './database.ts'
import { MigrationRefused, migrate, migrationsFolder, readMigrations } from './migrate.ts'
import { createPartitions } from './partitions.ts'
import type { Store } from './store.ts'
import { addWebhook, onEveryServer, only, outcome, type TestBench, textEvent } from './test-stores.ts'

/** Who asks is in the claims that PostgREST sets from the token; new tables are granted to both roles. */
const supabase = `
  create schema auth;
  create table auth.users (id uuid primary key, email text);
  create function auth.uid() returns uuid language sql stable as
    $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
  grant usage on schema auth to authenticated, anon;
  grant usage on schema public to authenticated, anon;
  alter default privileges in schema public grant all on tables to authenticated, anon;`
/** Roles belong to the whole server, and another test may have made them. */
const roles = ['authenticated', 'anon'].map(
  role => `do $$ begin create role ${role}; exception when duplicate_object then null; end $$`,
)

const ada = 'ada00000-0000-4000-8000-000000000001'
const bob = 'b0b00000-0000-4000-8000-000000000002'

onEveryServer('row security', fresh => {
  let bench: TestBench
  let store: Store
  let db: Database
  before(async () => {
    bench = await fresh()
    db = openDatabase({ databaseUrl: bench.databaseUrl, poolSize: 2, log: pino({ level: 'silent' }) })
    for (const text of [...roles, supabase]) await db.query({ text })
    store = await bench.open()
    for (const [id, email] of [
      [ada, 'Ada@example.org'],
      [bob, 'bob@example.org'],
    ])
      await db.query({ text: 'insert into auth.users (id, email) values ($1, $2)', values: [id, email] })
    for (const profileId of [ada, bob]) await fill(store, db, profileId)
  })
  after(async () => {
    await db.close()
    await bench.close()
  })

  /** As PostgREST asks for somebody. */
  const as = <T>(role: 'authenticated' | 'anon', sub: string | null, work: (query: Query) => Promise<T>) =>
    db.transaction(async query => {
      const values = [sub === null ? '' : JSON.stringify({ sub, role })]
      await query({ text: `select set_config('request.jwt.claims', $1, true)`, values })
      await query({ text: `set local role ${role}` })
      return work(query)
    })
  const count = async (query: Query, from: string) =>
    (await query<{ n: number }>({ text: `select count(*)::int as n from ${from}` }))[0]?.n

  const tables = () =>
    db.query<{ name: string; owned: boolean; closed: boolean; open: boolean }>({
      text: `select c.relname as name, c.relrowsecurity as closed,
          exists (select from pg_policy p where p.polrelid = c.oid) as open,
          exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'user_id') as owned
        from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`,
    })

  test('every table and every day of one is closed until a policy opens it', async () => {
    const all = await tables()
    assert.ok(all.length > 20, `${all.length} tables`)
    assert.deepEqual(
      all.filter(table => !table.closed).map(table => table.name),
      [],
    )
  })

  test('a person sees nothing of another in any table that knows whose a row is', async () => {
    const owned = (await tables()).filter(table => table.owned)
    // Where no policy opens anything, there need not be anything to hide.
    for (const { name } of owned.filter(table => table.open))
      assert.ok(
        ((await count(db.query, `${name} where user_id = '${bob}'`)) ?? 0) > 0,
        `${name} has rows of Bob`,
      )
    for (const { name } of owned)
      assert.equal(
        await as('authenticated', ada, query => count(query, `${name} where user_id = '${bob}'`)),
        0,
        name,
      )
  })

  test('a person sees their own of what is to be seen, and nothing of the rest', async () => {
    const open = [
      'events',
      'profiles',
      'replays',
      'sessions',
      'webhook_attempts',
      'webhook_configs',
      'webhook_deliveries',
    ]
    const seen = await as('authenticated', ada, async query => {
      const counts: Record<string, number> = {}
      for (const { name } of await tables()) counts[name] = (await count(query, name)) ?? 0
      return counts
    })
    assert.deepEqual(
      Object.keys(seen).filter(name => seen[name]),
      open,
    )
    // One of each, though Bob and the first profile have theirs.
    for (const name of open) assert.equal(seen[name], 1, name)
    const mine = await as('authenticated', ada, query =>
      query<{ id: string }>({ text: 'select id from profiles' }),
    )
    assert.deepEqual(mine, [{ id: ada }])
  })

  test('who is nobody sees nothing', async () => {
    for (const role of ['authenticated', 'anon'] as const)
      for (const { name } of await tables())
        assert.equal(await as(role, null, query => count(query, name)), 0, `${role} ${name}`)
  })

  test('nobody changes anything, their own neither', async () => {
    for (const { name, owned } of await tables()) {
      const own = owned ? ` where user_id = '${ada}'` : ''
      const deleted = await as('authenticated', ada, query =>
        query({ text: `delete from ${name}${own} returning 1` }),
      )
      assert.deepEqual(deleted, [], name)
    }
    const renamed = await as('authenticated', ada, query =>
      query({ text: `update webhook_configs set webhook_url = 'http://10.0.0.1/' returning id` }),
    )
    assert.deepEqual(renamed, [])
    await assert.rejects(
      as('authenticated', ada, query =>
        query({
          text: `insert into api_keys (id, user_id, name, prefix, hash, scopes)
          values (gen_random_uuid(), '${ada}', 'x', 'wx_', '\\x00', '{*}')`,
        }),
      ),
      /row-level security/,
    )
  })

  test('a new user has a profile at once; a taken address and a changed one keep nobody out', async () => {
    const profile = async (id: string) => {
      const { id: _, ...row } = only(
        await db.query<{ id: string; email: string | null }>({
          text: 'select id, email from profiles where id = $1',
          values: [id],
        }),
      )
      return row
    }
    assert.deepEqual(await profile(ada), { email: 'ada@example.org' })
    const cleo = 'c1e00000-0000-4000-8000-000000000003'
    await db.query({ text: `insert into auth.users (id, email) values ('${cleo}', 'ADA@example.org')` })
    assert.deepEqual(await profile(cleo), { email: null })
    await db.query({ text: `update auth.users set email = 'cleo@example.org' where id = '${cleo}'` })
    assert.deepEqual(await profile(cleo), { email: 'cleo@example.org' })
    await db.query({ text: `update auth.users set email = 'bob@example.org' where id = '${cleo}'` })
    assert.deepEqual(await profile(cleo), { email: 'cleo@example.org' })
    await store.profiles.seen({ id: cleo, email: 'cleo@example.org' })
    await db.query({ text: `delete from auth.users where id = '${cleo}'` })
    assert.deepEqual(await profile(cleo), { email: 'cleo@example.org' }, 'rows outlive the user')
  })
})

onEveryServer('row security and a role that does not own the tables', fresh => {
  test('the gateway refuses to start as somebody whom it holds, instead of finding everything empty', async () => {
    const bench = await fresh()
    const db = openDatabase({ databaseUrl: bench.databaseUrl, poolSize: 1, log: pino({ level: 'silent' }) })
    try {
      for (const text of [...roles, 'grant all on schema public to authenticated']) await db.query({ text })
      await bench.open()
      await db.query({ text: 'grant all on all tables in schema public to authenticated' })
      const databaseUrl = new URL(bench.databaseUrl)
      databaseUrl.searchParams.set('options', '-c role=authenticated')
      await assert.rejects(bench.open({ databaseUrl: databaseUrl.href }), (error: Error) => {
        assert.ok(error instanceof MigrationRefused)
        assert.match(
          error.message,
          /belong to the database role \w+, and DATABASE_URL connects as authenticated/,
        )
        return true
      })
    } finally {
      await db.close()
      await bench.close()
    }
  })
})

onEveryServer('row security of a database from before', fresh => {
  const folder = mkdtempSync(join(tmpdir(), 'waxwing-before-'))
  after(() => rmSync(folder, { recursive: true }))

  test('its tables and days are closed, and its profile is the owner', async () => {
    const log = pino({ level: 'silent' })
    const bench = await fresh()
    const db = openDatabase({ databaseUrl: bench.databaseUrl, poolSize: 1, log })
    try {
      for (const { version, name } of await readMigrations(migrationsFolder))
        if (version < '20261124190000')
          cpSync(join(migrationsFolder, `${version}_${name}.sql`), join(folder, `${version}_${name}.sql`))
      await migrate(db, log, folder)
      await createPartitions(db, log).ensureAhead()
      const all = await db.query<{ name: string }>({
        text: `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`,
      })
      for (const { name } of all) await db.query({ text: `alter table ${name} disable row level security` })
      const id = 'ffffffff-0000-7000-8000-000000000001'
      await db.query({
        text: `insert into profiles (id, created_at) values ('${id}', now() - interval '1 day')`,
      })

      const store = await bench.open()
      const open = `select relname from pg_class where relnamespace = 'public'::regnamespace
        and relkind in ('r', 'p') and not relrowsecurity`
      assert.deepEqual(await db.query({ text: open }), [])
      await store.profiles.seen({ id: '00000000-0000-4000-8000-000000000000', email: null })
      const { id: first } = await store.profiles.first()
      assert.equal((await store.accounts.ensureOwner(first)).profileId, id)
    } finally {
      await db.close()
      await bench.close()
    }
  })
})

onEveryServer('row security without Supabase', fresh => {
  test('the tables are closed all the same, and the gateway works', async () => {
    const bench = await fresh()
    const db = openDatabase({ databaseUrl: bench.databaseUrl, poolSize: 1, log: pino({ level: 'silent' }) })
    try {
      const store = await bench.open()
      const { id } = await store.profiles.first()
      await fill(store, db, id)
      const text = `select relname from pg_class where relnamespace = 'public'::regnamespace
        and relkind in ('r', 'p') and not relrowsecurity`
      assert.deepEqual(await db.query({ text }), [])
      assert.equal((await store.sessions.list({ profileId: id, limit: 9 })).rows.length, 1)
    } finally {
      await db.close()
      await bench.close()
    }
  })
})

const everything = {
  since: new Date(0),
  until: new Date('2100-01-01'),
  status: null,
  eventType: null,
  force: false,
  rate: 10,
}

/** One row in everything that belongs to somebody. */
async function fill(store: Store, db: Database, profileId: string): Promise<void> {
  const session = await store.sessions.create({ profileId, name: 'Shop', network: 'sandbox' })
  const webhook = await addWebhook(store, profileId)
  await store.apiKeys.create({ profileId, name: 'key' })
  const due = await store.events.commit([textEvent({ profileId, sessionId: session.id }, profileId)])
  await store.deliveries.record(due.map(delivery => outcome(delivery, { kind: 'delivered' })))
  await store.replays.create({ profileId, webhookId: webhook.id, filter: everything })
  await db.query({ text: `insert into accounts (user_id, role) values ($1, 'member')`, values: [profileId] })
  const { token } = await store.signIns.createLink({ profileId, validMs: 60_000 })
  await store.signIns.byLink({ link: token, address: null, userAgent: null })
  await store.signIns.createLink({ profileId, validMs: 60_000 })
}
