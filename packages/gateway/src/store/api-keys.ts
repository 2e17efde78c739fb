import { createHash, randomBytes } from 'node:crypto'
import { uuidv7 } from '@waxwing/events/event-id'
import { asUuid, type Database } from './database.ts'
import { below, type Page, type PageRequest, pageOf } from './page.ts'

export type ApiKeyIdentity = { id: string; profileId: string; scopes: string[] }

export type ApiKeyRow = {
  id: string
  profileId: string
  name: string
  /** The first characters of the key, enough to recognise it and nothing more. */
  prefix: string
  scopes: string[]
  expiresAt: Date | null
  lastUsedAt: Date | null
  createdAt: Date
}

export type ApiKeys = {
  /** Makes a key. The text `wx_…` is returned here and never again: only its SHA-256 is stored. */
  create(a: {
    profileId: string
    name: string
    scopes?: readonly string[]
    expiresAt?: Date | null
  }): Promise<{ id: string; key: string; row: ApiKeyRow }>
  /** Who this key is, or null. Answers are remembered for five seconds, so a removed or expired key dies within them. */
  verify(key: string): Promise<ApiKeyIdentity | null>
  /**
   * Stores a key the operator chose (`API_KEY`) with full rights; saying it again changes nothing. The key that had
   * this name before ends with it: here at once, in other processes as with `remove`.
   */
  ensure(a: { profileId: string; key: string; name: string }): Promise<void>
  /** Newest first. */
  list(a: { profileId: string } & PageRequest): Promise<Page<ApiKeyRow>>
  /** False when there was no such key. */
  remove(profileId: string, id: string): Promise<boolean>
}

/** Full rights. */
const allScopes = ['*']
const rememberMs = 5_000

const columns = `id, user_id as "profileId", name, prefix, scopes, expires_at as "expiresAt",
  last_used_at as "lastUsedAt", created_at as "createdAt"`

export function createApiKeys(db: Database): ApiKeys {
  // Only keys that exist are remembered, so guesses cannot fill it.
  const remembered = new Map<string, { identity: ApiKeyIdentity; until: number }>()

  async function insert(a: {
    profileId: string
    name: string
    key: string
    scopes: readonly string[]
    expiresAt: Date | null
  }): Promise<ApiKeyRow | null> {
    const [row] = await db.query<ApiKeyRow>({
      text: `insert into api_keys (id, user_id, name, prefix, hash, scopes, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (hash) do nothing returning ${columns}`,
      values: [uuidv7(), a.profileId, a.name, a.key.slice(0, 7), hashOf(a.key), a.scopes, a.expiresAt],
    })
    return row ?? null
  }

  function forget(ids: readonly string[]): void {
    for (const [memory, known] of remembered) if (ids.includes(known.identity.id)) remembered.delete(memory)
  }

  /** The time of use is written at most once a minute, so that reading does not become writing. */
  async function lookUp(hash: Buffer): Promise<ApiKeyIdentity | null> {
    const [identity] = await db.query<ApiKeyIdentity>({
      name: 'verify-api-key',
      text: `with found as (
          select id, user_id, scopes from api_keys
          where hash = $1 and (expires_at is null or expires_at > now())
        ), used as (
          update api_keys k set last_used_at = now() from found
          where k.id = found.id and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute')
        )
        select id, user_id as "profileId", scopes from found`,
      values: [hash],
    })
    return identity ?? null
  }

  return {
    async create({ profileId, name, scopes = allScopes, expiresAt = null }) {
      const key = newApiKey()
      const row = await insert({ profileId, name, key, scopes, expiresAt })
      if (row === null) throw new Error('a new key was in the table already')
      return { id: row.id, key, row }
    },
    async verify(key) {
      const hash = hashOf(key)
      const memory = hash.toString('base64')
      const known = remembered.get(memory)
      if (known !== undefined && known.until > Date.now()) return known.identity
      const identity = await lookUp(hash)
      if (identity === null) remembered.delete(memory)
      else remembered.set(memory, { identity, until: Date.now() + rememberMs })
      return identity
    },
    async ensure({ profileId, key, name }) {
      await insert({ profileId, name, key, scopes: allScopes, expiresAt: null })
      // After the new one is there, so that a failure between the two leaves a key that opens.
      const replaced = await db.query<{ id: string }>({
        text: 'delete from api_keys where user_id = $1 and name = $2 and hash <> $3 returning id',
        values: [profileId, name, hashOf(key)],
      })
      forget(replaced.map(row => row.id))
    },
    async list({ profileId, limit, cursor }) {
      const rows = await db.query<ApiKeyRow>({
        text: `select ${columns} from api_keys where user_id = $1 and id < $2 order by id desc limit $3`,
        values: [profileId, below(cursor), limit + 1],
      })
      return pageOf(rows, limit)
    },
    async remove(profileId, id) {
      const removed = await db.query({
        text: 'delete from api_keys where user_id = $1 and id = $2 returning id',
        values: [profileId, asUuid(id)],
      })
      forget([id])
      return removed.length > 0
    },
  }
}

/** 256 random bits behind the prefix that makes a leaked key easy to search for. */
export function newApiKey(): string {
  return `wx_${randomBytes(32).toString('base64url')}`
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
