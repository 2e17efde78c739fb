import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import type { Database, Query } from './database.ts'

/** The schema of the database and the files of this version do not fit together. */
export class MigrationRefused extends Error {
  override name = 'MigrationRefused'
}

export type Migration = { version: string; name: string; sql: string; checksum: string }

export const migrationsFolder = fileURLToPath(new URL('./migrations/', import.meta.url))

/** Migrations wait for one another here, so that many processes may start at once. The number is ours alone. */
const migrationLock = 0x7761_786d

/**
 * Applies what is missing, each file in one transaction of its own, and returns the versions applied. Refuses a
 * server that is too old, and a database whose applied files were edited since or that a newer Waxwing has migrated.
 */
export async function migrate(db: Database, log: Logger, folder = migrationsFolder): Promise<string[]> {
  const migrations = await readMigrations(folder)
  await refuseOldServer(db)
  const applied: string[] = []
  for (const migration of migrations) {
    const fresh = await db.transaction(
      async query => {
        await query({ text: 'select pg_advisory_xact_lock($1)', values: [migrationLock] })
        await refuseOtherRole(query)
        const known = await appliedMigrations(query)
        refuseMismatch(migrations, known)
        if (known.some(row => row.version === migration.version)) return false
        await apply(query, migration)
        return true
      },
      { patient: true },
    )
    if (!fresh) continue
    applied.push(migration.version)
    log.info({ migration: `${migration.version}_${migration.name}` }, 'applied a migration')
  }
  return applied
}

/** The oldest major version the statements are tested on (contract.md). */
const oldestServer = 15

async function refuseOldServer(db: Database): Promise<void> {
  const [server] = await db.query<{ major: number }>({
    text: "select current_setting('server_version_num')::int / 10000 as major",
  })
  if (server === undefined || server.major >= oldestServer) return
  throw new MigrationRefused(
    `The database server is PostgreSQL ${server.major}; Waxwing needs ${oldestServer} or newer. Point DATABASE_URL to one.`,
  )
}

/** `20261124000000_init.sql`: Supabase's file names, in order of their version. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.sql')).sort()
  return Promise.all(files.map(file => readMigration(folder, file)))
}

async function readMigration(folder: string, file: string): Promise<Migration> {
  const [, version, name] = /^(\d{14})_(\w+)\.sql$/.exec(file) ?? []
  if (version === undefined || name === undefined) {
    throw new MigrationRefused(`The migration ${file} is not named like 20261124000000_init.sql.`)
  }
  const sql = (await readFile(`${folder}/${file}`, 'utf8')).replaceAll('\r\n', '\n')
  return { version, name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
}

/** Row security holds every role but the owner of the tables, and lets it find all of them empty. */
async function refuseOtherRole(query: Query): Promise<void> {
  const [held] = await query<{ owner: string; role: string }>({
    text: `select pg_get_userbyid(relowner) as owner, current_user as role from pg_class
      where oid = to_regclass('waxwing_migrations') and row_security_active(oid)`,
  })
  if (held === undefined) return
  throw new MigrationRefused(
    `The tables of Waxwing belong to the database role ${held.owner}, and DATABASE_URL connects as ${held.role}, which ` +
      `row security keeps from their rows. Connect as ${held.owner}, or make it the owner: alter table … owner to ${held.role}.`,
  )
}

type AppliedMigration = { version: string; name: string; checksum: string }

async function appliedMigrations(query: Query): Promise<AppliedMigration[]> {
  await query({
    text: `create table if not exists waxwing_migrations (
      version text primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`,
  })
  return query({ text: 'select version, name, checksum from waxwing_migrations order by version' })
}

function refuseMismatch(ours: readonly Migration[], applied: readonly AppliedMigration[]): void {
  for (const row of applied) {
    const own = ours.find(migration => migration.version === row.version)
    const label = `${row.version}_${row.name}`
    if (own === undefined) {
      throw new MigrationRefused(
        `The database has the migration ${label}, which this version of Waxwing does not know: ` +
          'a newer one has used it. Start that version, or restore a backup from before.',
      )
    }
    if (own.checksum !== row.checksum) {
      throw new MigrationRefused(
        `The migration ${label} was applied with other contents than the file has now. ` +
          'Restore the file; a change to the schema is a new migration.',
      )
    }
  }
}

async function apply(query: Query, migration: Migration): Promise<void> {
  await query({ text: migration.sql })
  // Other roles may reach the schema (Supabase's API does): a table is closed to them until a policy opens it.
  for (const [, table] of migration.sql.matchAll(/^create (?:unlogged )?table (?:if not exists )?(\w+)/gm))
    await query({ text: `alter table if exists ${table} enable row level security` })
  await query({
    text: 'insert into waxwing_migrations (version, name, checksum) values ($1, $2, $3)',
    values: [migration.version, migration.name, migration.checksum],
  })
}
