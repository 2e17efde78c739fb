import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { type Database, openDatabase, retryingConflicts } from './database.ts'
import {
  admitVault,
  connectedKeys,
  forgetKeys,
  keyUses,
  lockKeys,
  notedKeys,
  processName,
} from './database-keys.ts'
import { migrate } from './migrate.ts'
import { keyIdOf, type SealedColumn, sealedColumns } from './sealed-columns.ts'
import { createVault, type Vault, VaultError } from './vault.ts'

/** Somebody works with the database who could not open what is sealed anew. Nothing was changed. */
export class KeyNotShared extends Error {
  override name = 'KeyNotShared'
}

/** A key that cannot be thrown away yet: values it sealed are left, or processes that go on sealing with it. */
export type KeyInUse = { keyId: string; values: number; processes: number }

export type Reencryption = {
  /** The key that everything else is sealed with now. */
  keyId: string
  /** Values this run sealed anew, by table. */
  reencrypted: Record<string, number>
  /** Places of values that no key of ours opens: damaged ones. They were left as they are. */
  unreadable: string[]
  /** Older keys that nothing in the database needs any more. */
  retired: string[]
  inUse: KeyInUse[]
}

/** Values read, sealed and written at once: some milliseconds of row locks. */
const batchSize = 200
/** How often everything is looked through again, for what was locked or written meanwhile. */
const maxPasses = 10
const betweenPassesMs = 250

/**
 * Seals everything with `encryptionKey` that an older key sealed, also while gateways run that have both: a value is
 * replaced only as long as it is the one that was read. It may be ended at any moment and run again. Throws
 * ForeignKeyError when a key is missing, and KeyNotShared.
 */
export async function reencrypt(a: {
  databaseUrl: string
  encryptionKey: Buffer
  oldEncryptionKeys: readonly Buffer[]
  log: Logger
  /** After each batch: how many values of a table this run has sealed anew. */
  onProgress?: (table: string, reencrypted: number) => void
}): Promise<Reencryption> {
  const { databaseUrl, log, onProgress } = a
  const vault = createVault(a.encryptionKey, a.oldEncryptionKeys)
  const db = openDatabase({ databaseUrl, poolSize: 2, log, applicationName: processName(vault) })
  try {
    await migrate(db, log)
    await refuseUnshared(db, vault)
    await admitVault(db, vault)
    const reencrypted = Object.fromEntries(sealedColumns.map(({ table }) => [table, 0]))
    let last: Pass = { left: 1, unreadable: [] }
    for (let passes = 0; last.left > 0 && passes < maxPasses; passes++) {
      if (passes > 0) await pause(betweenPassesMs)
      last = await passOver(db, vault, (table, more) => {
        reencrypted[table] = (reencrypted[table] ?? 0) + more
        onProgress?.(table, reencrypted[table])
      })
    }
    return {
      keyId: vault.keyIds[0],
      reencrypted,
      unreadable: last.unreadable,
      ...(await retireKeys(db, vault)),
    }
  } finally {
    await db.close()
  }
}

async function refuseUnshared(db: Database, { keyIds: [keyId] }: Vault): Promise<void> {
  const without = (await connectedKeys(db.query)).filter(ids => !ids.includes(keyId))
  if (without.length === 0) return
  throw new KeyNotShared(
    `a gateway is connected to this database that was not given the key ${keyId} and could not open what is ` +
      'encrypted with it. Nothing was changed.',
  )
}

/** `left`: values that were locked or changed under our hands. */
type Pass = { left: number; unreadable: string[] }

async function passOver(
  db: Database,
  vault: Vault,
  onBatch: (table: string, reencrypted: number) => void,
): Promise<Pass> {
  const pass: Pass = { left: 0, unreadable: [] }
  for (const column of sealedColumns) {
    let after: string[] | null = null
    do {
      const page: Row[] = await readBatch(db, column, vault.keyIds[0], after)
      const { fresh, unreadable } = sealAnew(vault, column, page)
      const written = fresh.length === 0 ? 0 : await replace(db, column, fresh)
      if (written > 0) onBatch(column.table, written)
      pass.left += fresh.length - written
      pass.unreadable.push(...unreadable)
      after = page.length < batchSize ? null : (page.at(-1)?.key ?? null)
    } while (after !== null)
  }
  return pass
}

type Row = { key: string[]; value: Buffer | string }
type Fresh = Row & { fresh: Buffer | string }

/** The next rows in the order of their keys that another key sealed. */
function readBatch(
  db: Database,
  column: SealedColumn,
  keyId: string,
  after: readonly string[] | null,
): Promise<Row[]> {
  const names = Object.keys(column.key)
  const beyond = after === null ? '' : `and (${names}) > (${names.map((_, index) => `$${index + 2}`)})`
  return db.query<Row>({
    text: `select array[${names.map(name => `${name}::text`)}] as key, ${column.column} as value
      from ${column.table}
      where ${column.column} is not null and ${keyIdOf(column)} is distinct from $1 ${beyond} order by ${names} limit ${batchSize}`,
    values: [keyId, ...(after ?? [])],
    // It may have to read past a great many that are sealed with the key already.
    patient: true,
  })
}

function sealAnew(
  vault: Vault,
  { stored, place }: SealedColumn,
  rows: readonly Row[],
): { fresh: Fresh[]; unreadable: string[] } {
  const fresh: Fresh[] = []
  const unreadable: string[] = []
  for (const row of rows) {
    const at = place(row.key)
    try {
      const sealed = typeof row.value === 'string' ? Buffer.from(row.value, 'base64') : row.value
      const again = vault.seal(vault.open(sealed, at), at)
      fresh.push({ ...row, fresh: stored === 'text' ? again.toString('base64') : again })
    } catch (error) {
      if (!(error instanceof VaultError)) throw error
      unreadable.push(at)
    }
  }
  return { fresh, unreadable }
}

/**
 * Compare and set, in one statement. Who writes a row at this moment is not waited for: its value is another one
 * afterwards, and an engine that waits for us is never caught in a circle. Returns how many were replaced.
 */
async function replace(db: Database, column: SealedColumn, rows: readonly Fresh[]): Promise<number> {
  const names = Object.keys(column.key)
  const types = Object.values(column.key)
  const parameters = [...types, column.stored, column.stored].map((type, index) => `$${index + 1}::${type}[]`)
  const same = (one: string, other: string) =>
    names.map(name => `${one}.${name} = ${other}.${name}`).join(' and ')
  const replaced = await retryingConflicts(() =>
    db.query({
      text: `with given as materialized (
          select * from unnest(${parameters}) as given (${names}, was, fresh)
        ), mine as materialized (
          select ${names.map(name => `t.${name}`)}
          from ${column.table} t join given on ${same('t', 'given')} and t.${column.column} = given.was
          order by ${names.map(name => `t.${name}`)} for update of t skip locked
        )
        update ${column.table} t set ${column.column} = given.fresh
        from given join mine on ${same('given', 'mine')}
        where ${same('t', 'given')} and t.${column.column} = given.was
        returning 1`,
      values: [
        ...names.map((_, index) => rows.map(row => row.key[index])),
        rows.map(row => row.value),
        rows.map(row => row.fresh),
      ],
    }),
  )
  return replaced.length
}

/** Forgets the keys that nothing was sealed with any more and nobody seals with. */
function retireKeys(db: Database, vault: Vault): Promise<Pick<Reencryption, 'retired' | 'inUse'>> {
  const [keyId] = vault.keyIds
  return db.transaction(
    async query => {
      // A gateway that starts now waits here, and notes its key afterwards.
      await lockKeys(query)
      const sealing = (await connectedKeys(query)).map(([first]) => first)
      const uses = await keyUses(query)
      const older = [...new Set([...(await notedKeys(query)), ...vault.keyIds])].filter(id => id !== keyId)
      const states = older.map(id => ({
        keyId: id,
        values: uses.find(use => use.keyId === id)?.values ?? 0,
        processes: sealing.filter(one => one === id).length,
      }))
      const retired = states.filter(({ values, processes }) => values + processes === 0)
      await forgetKeys(
        query,
        retired.map(state => state.keyId),
      )
      return {
        retired: retired.map(state => state.keyId),
        inUse: states.filter(state => !retired.includes(state)),
      }
    },
    { patient: true },
  )
}
