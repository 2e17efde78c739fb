import type { Database } from './database.ts'
import { type InboxPart, inboxPlace, type SessionInbox, sessionInbox } from './inbox.ts'
import { heldLease } from './leases.ts'
import type { Vault } from './vault.ts'

/** Another engine has claimed the session since: the socket must close, nothing was written. */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
  readonly sessionId: string
  constructor(sessionId: string) {
    super(`the lease of session ${sessionId} is held by another engine`)
    this.sessionId = sessionId
  }
}

/** The credentials and Signal keys of one session. Values are JSON text, encrypted at rest. */
export type SessionAuthState = {
  loadCreds(): Promise<string | null>
  /** One statement, guarded by the lease. Throws LeaseLost. */
  saveCreds(json: string): Promise<void>
  /** One query; ids that do not exist are absent from the answer. */
  get(type: string, ids: readonly string[]): Promise<Record<string, string>>
  /**
   * One statement whatever the number of keys, guarded by the lease; null deletes. What these keys decrypted goes into
   * the inbox with them: both are durable, or neither is. Throws LeaseLost.
   */
  set(data: Record<string, Record<string, string | null>>, arrived?: readonly InboxPart[]): Promise<void>
  /** Forgets credentials and keys (logged out). Throws LeaseLost. */
  wipe(): Promise<void>
  readonly inbox: SessionInbox
}

export type AuthState = { for(sessionId: string, fence: string): SessionAuthState }

/** Where values are sealed for. */
export const credsPlace = (sessionId: string) => `session_creds/${sessionId}`
export const keyPlace = (sessionId: string, type: string, id: string) =>
  `session_keys/${sessionId}/${type}/${id}`

export function createAuthState(db: Database, vault: Vault): AuthState {
  return { for: (sessionId, fence) => sessionAuthState(db, vault, { sessionId, fence }) }
}

function sessionAuthState(
  db: Database,
  vault: Vault,
  { sessionId, fence }: { sessionId: string; fence: string },
): SessionAuthState {
  /** Runs steps beside the check of the lease, all in one statement; with the lease gone none has a row to work on. */
  async function whileHeld(name: string, steps: string, values: unknown[]): Promise<void> {
    const [held] = await db.query({
      name,
      text: `with ${heldLease}, ${steps} select from held`,
      values: [sessionId, fence, ...values],
    })
    if (held === undefined) throw new LeaseLost(sessionId)
  }

  return {
    async loadCreds() {
      const [row] = await db.query<{ value: Buffer }>({
        text: 'select value from session_creds where session_id = $1',
        values: [sessionId],
      })
      return row === undefined ? null : vault.open(row.value, credsPlace(sessionId))
    },
    saveCreds: json => whileHeld('save-session-creds', putCreds, [vault.seal(json, credsPlace(sessionId))]),
    async get(type, ids) {
      const rows = await db.query<{ id: string; value: Buffer }>({
        name: 'get-session-keys',
        text: 'select id, value from session_keys where session_id = $1 and type = $2 and id = any($3)',
        values: [sessionId, type, ids],
      })
      return Object.fromEntries(
        rows.map(row => [row.id, vault.open(row.value, keyPlace(sessionId, type, row.id))]),
      )
    },
    set(data, arrived = []) {
      const keys = Object.entries(data).flatMap(([type, values]) =>
        Object.entries(values).map(([id, value]) => ({ type, id, value })),
      )
      if (keys.length + arrived.length === 0) return Promise.resolve()
      const sealed = keys.map(({ type, id, value }) =>
        value === null ? null : vault.seal(value, keyPlace(sessionId, type, id)),
      )
      const values = [
        keys.map(key => key.type),
        keys.map(key => key.id),
        sealed,
        arrived.map(one => one.delivery),
        arrived.map(one => one.part),
        arrived.map(one => one.parts),
        arrived.map(one => vault.seal(one.value, inboxPlace(sessionId, one))),
      ]
      return whileHeld('set-session-keys', putAndDeleteKeys, values)
    },
    wipe: () => whileHeld('wipe-session-keys', deleteEverything, []),
    inbox: sessionInbox(db, vault, sessionId),
  }
}

const putCreds = `put as (
  insert into session_creds (session_id, value) select session_id, $3::bytea from held
  on conflict (session_id) do update set value = excluded.value, updated_at = now()
)`

// A part that is known already stays: WhatsApp delivered the stanza again before we could acknowledge it.
const putAndDeleteKeys = `given as materialized (
  select * from unnest($3::text[], $4::text[], $5::bytea[]) as given (type, id, value)
), put as (
  insert into session_keys (session_id, type, id, value)
  select held.session_id, given.type, given.id, given.value from held, given
  where given.value is not null order by given.type, given.id
  on conflict (session_id, type, id) do update set value = excluded.value
), gone as (
  delete from session_keys k using held, given
  where given.value is null
    and k.session_id = held.session_id and k.type = given.type and k.id = given.id
), arrived as (
  insert into inbox (session_id, delivery, part, parts, value)
  select held.session_id, a.delivery, a.part, a.parts, a.value
  from held, unnest($6::text[], $7::smallint[], $8::smallint[], $9::bytea[]) as a (delivery, part, parts, value)
  on conflict (session_id, delivery, part) do nothing
)`

const deleteEverything = `no_creds as (
  delete from session_creds c using held where c.session_id = held.session_id
), no_keys as (
  delete from session_keys k using held where k.session_id = held.session_id
)`
