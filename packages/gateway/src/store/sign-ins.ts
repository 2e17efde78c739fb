import { createHash, randomBytes } from 'node:crypto'
import { uuidv7 } from '@waxwing/events/event-id'
import { asUuid, type Database, storable } from './database.ts'

/** One browser that somebody is signed in with. */
export type SignIn = {
  id: string
  profileId: string
  method: 'link' | 'password'
  /** Where it was made from, as the gateway saw it. */
  address: string | null
  userAgent: string | null
  createdAt: Date
  /** To the minute. */
  lastSeenAt: Date
  /** When it ends even if it is used. */
  expiresAt: Date
}

type Browser = { address: string | null; userAgent: string | null }
/** The token is for the browser and is returned here only. */
export type NewSignIn = SignIn & { token: string }

export type SignIns = {
  /** Null: the password is not `passwordHash` any more, it was changed while it was checked. */
  byPassword(a: { profileId: string; passwordHash: string } & Browser): Promise<NewSignIn | null>
  /** Uses a link up. Null: there is no such link, or no more. */
  byLink(a: { link: string } & Browser): Promise<NewSignIn | null>
  /** Whose cookie this is; null when it has ended or never was one. */
  verify(token: string): Promise<SignIn | null>
  /** Newest first. */
  list(profileId: string): Promise<SignIn[]>
  /** False when there was no such sign-in. */
  remove(profileId: string, id: string): Promise<boolean>
  /** All but one; how many ended. */
  removeOthers(profileId: string, keep: string): Promise<number>
  /** Makes a link that signs in once, within `validMs`. The token is returned here and never again. */
  createLink(a: { profileId: string; validMs: number }): Promise<{ token: string; expiresAt: Date }>
}

/** However it is used, a sign-in ends after a month; a stolen cookie is not for ever. */
const validFor = '30 days'
/** Unused for a week, it ends. The cookie itself lives as long as it could. */
const idleFor = '7 days'
export const signInMaxAgeMs = 30 * 86_400_000

const columns = `s.id, s.user_id as "profileId", s.method, s.address, s.user_agent as "userAgent",
  s.created_at as "createdAt", s.last_seen_at as "lastSeenAt", s.expires_at as "expiresAt"`
const live = `s.expires_at > now() and s.last_seen_at > now() - interval '${idleFor}'`

export function createSignIns(db: Database): SignIns {
  /** `owner` names the account in a query of its own, and returns no row when the way in is closed. */
  async function create(
    method: SignIn['method'],
    owner: { query: string; values: unknown[] },
    { address, userAgent }: Browser,
  ): Promise<NewSignIn | null> {
    const token = newToken()
    const [made] = await db.query<SignIn>({
      text: `with owner as (${owner.query})
        insert into sign_ins as s (id, user_id, hash, method, address, user_agent, expires_at)
        select $3, user_id, $4, $5, $6, $7, now() + interval '${validFor}' from owner returning ${columns}`,
      values: [...owner.values, uuidv7(), hashOf(token), method, address, userAgent && storable(userAgent)],
    })
    if (made === undefined) return null
    await db.query({ text: `delete from sign_ins s where not (${live})` })
    return { ...made, token }
  }

  return {
    byPassword: ({ profileId, passwordHash, ...browser }) =>
      create(
        'password',
        {
          // The lock waits for a change of password that is under way, and then finds another hash.
          query: 'select user_id from accounts where user_id = $1 and password_hash = $2 for share',
          values: [profileId, passwordHash],
        },
        browser,
      ),
    byLink: ({ link, ...browser }) =>
      create(
        'link',
        {
          query: 'delete from sign_in_links where hash = $1 and expires_at > $2 returning user_id',
          values: [hashOf(link), new Date()],
        },
        browser,
      ),
    /** The time of use is written at most once a minute, so that reading does not become writing. */
    async verify(token) {
      const [signIn] = await db.query<SignIn>({
        name: 'verify-sign-in',
        text: `with used as (
            update sign_ins s set last_seen_at = now()
            where hash = $1 and ${live} and last_seen_at < now() - interval '1 minute'
          )
          select ${columns} from sign_ins s where hash = $1 and ${live}`,
        values: [hashOf(token)],
      })
      return signIn ?? null
    },
    list: profileId =>
      db.query<SignIn>({
        text: `select ${columns} from sign_ins s where user_id = $1 and ${live} order by id desc`,
        values: [profileId],
      }),
    async remove(profileId, id) {
      const text = 'delete from sign_ins where user_id = $1 and id = $2 returning id'
      return (await db.query({ text, values: [profileId, asUuid(id)] })).length > 0
    },
    async removeOthers(profileId, keep) {
      const text = 'delete from sign_ins where user_id = $1 and id <> $2 returning id'
      return (await db.query({ text, values: [profileId, keep] })).length
    },
    async createLink({ profileId, validMs }) {
      const token = newToken()
      await db.query({ text: 'delete from sign_in_links where expires_at < now()' })
      const expiresAt = new Date(Date.now() + validMs)
      await db.query({
        text: 'insert into sign_in_links (hash, user_id, expires_at) values ($1, $2, $3)',
        values: [hashOf(token), profileId, expiresAt],
      })
      return { token, expiresAt }
    },
  }
}

/** 256 random bits. */
function newToken(): string {
  return randomBytes(32).toString('base64url')
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
