import type { Database, Query } from './database.ts'
import { keyIdOf, sealedColumns } from './sealed-columns.ts'
import { ForeignKeyError, type Vault } from './vault.ts'

/** Values that one key sealed, all columns together. */
export type KeyUse = { keyId: string; values: number }

/**
 * Lets this vault work with the database, and notes that its key seals there from now on. Throws ForeignKeyError when
 * something was sealed with a key that the vault does not have: such a gateway would look well, and neither sign a
 * webhook nor open a session; what it wrote, the others could not read. A database without secrets takes any key.
 */
export async function admitVault(db: Database, vault: Vault): Promise<void> {
  if (isAdmitted(await notedKeys(db.query), vault)) return
  await db.transaction(
    async query => {
      await lockKeys(query)
      const strange = (await notedKeys(query)).filter(id => !vault.keyIds.includes(id))
      for (const { keyId } of strange.length === 0 ? [] : await keyUses(query))
        if (strange.includes(keyId)) throw new ForeignKeyError('rest', keyId, vault.keyIds[0])
      // Nothing is left of a strange key; but whoever is connected with it may be about to seal.
      const sealing = (await connectedKeys(query)).map(([first]) => first)
      await forgetKeys(
        query,
        strange.filter(id => !sealing.includes(id)),
      )
      await query({
        text: 'insert into encryption_keys (key_id) values ($1) on conflict do nothing',
        values: [vault.keyIds[0]],
      })
    },
    { patient: true },
  )
}

function isAdmitted(noted: readonly string[], { keyIds }: Vault): boolean {
  return noted.includes(keyIds[0]) && noted.every(id => keyIds.includes(id))
}

/** Keys that something may be sealed with: nothing is sealed with one that is not noted. */
export async function notedKeys(query: Query): Promise<string[]> {
  const rows = await query<{ id: string }>({
    text: 'select key_id as id from encryption_keys order by since',
  })
  return rows.map(row => row.id)
}

/** As `notedKeys`, for who looks from outside: null when this is no database of ours, or of a version before keys were noted. */
export async function keysOfDatabase(db: Database): Promise<string[] | null> {
  const [found] = await db.query<{ noted: boolean }>({
    text: "select to_regclass('encryption_keys') is not null as noted",
  })
  return found?.noted ? notedKeys(db.query) : null
}

/** Until the end of the transaction nobody notes a key, or looks which are noted. */
export async function lockKeys(query: Query): Promise<void> {
  await query({ text: 'lock table encryption_keys' })
}

export async function forgetKeys(query: Query, ids: readonly string[]): Promise<void> {
  await query({ text: 'delete from encryption_keys where key_id = any($1)', values: [ids] })
}

/** Reads everything that is sealed, so it may take its time. */
export async function keyUses(query: Query): Promise<KeyUse[]> {
  const each = sealedColumns.map(one => `select ${keyIdOf(one)} as key_id from ${one.table}`)
  return query<KeyUse>({
    text: `select key_id as "keyId", count(*)::int as values from (${each.join(' union all ')}) as sealed
      where key_id is not null group by key_id order by key_id`,
    patient: true,
  })
}

/** How a connection says, to whoever reads pg_stat_activity, which keys its process has: the one that seals first. */
export function processName({ keyIds }: Vault): string {
  return ['waxwing', ...keyIds].join(' ')
}

/** The keys of every other process connected to the database now. None: a version that did not say. */
export async function connectedKeys(query: Query): Promise<string[][]> {
  const rows = await query<{ name: string }>({
    text: `select distinct application_name as name from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name ~ '^waxwing( |$)'`,
  })
  return rows.map(({ name }) => name.split(' ').filter(word => /^[0-9a-f]{8}$/.test(word)))
}
