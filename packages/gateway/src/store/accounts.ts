import { uuidv7 } from '@waxwing/events/event-id'
import { asUuid, type Database, sqlState } from './database.ts'

/** The door of a profile, while Waxwing itself knows the people. */
export type Account = {
  profileId: string
  /** One account is the owner's, which invites the others. */
  role: 'owner' | 'member'
  /** Lower case; null until the first password. */
  email: string | null
  displayName: string | null
  hasPassword: boolean
  createdAt: Date
}

export type Accounts = {
  /** The first profile's account, made when nobody has one. Whoever comes through the printed link gets this one. */
  ensureOwner(profileId: string): Promise<Account>
  get(profileId: string): Promise<Account | null>
  /** Oldest first: the owner. */
  list(): Promise<Account[]>
  /** What a password is checked against; null: nobody has this address. */
  byEmail(email: string): Promise<{ profileId: string; passwordHash: string | null } | null>
  passwordHash(profileId: string): Promise<string | null>
  /**
   * Sets the password, and the address when one is given. In the same transaction every link and every sign-in of the
   * account ends, but the one to keep.
   */
  setPassword(a: {
    profileId: string
    passwordHash: string
    email: string | null
    keepSignIn: string
  }): Promise<'done' | 'email_taken'>
  /** A profile of its own with an account that nobody has opened yet. */
  invite(a: { email: string; displayName: string | null }): Promise<Account | 'email_taken'>
  /** Nobody comes in any more: password, sign-ins, links and API keys go. */
  shut(profileId: string): Promise<void>
  /** The member's profile with everything it owns. Never the owner's: false, as for an unknown one. */
  removeMember(profileId: string): Promise<boolean>
}

const selected = `select a.user_id as "profileId", a.role, p.email, p.display_name as "displayName",
  a.password_hash is not null as "hasPassword", a.created_at as "createdAt"
  from accounts a join profiles p on p.id = a.user_id`

export function createAccounts(db: Database): Accounts {
  async function get(profileId: string): Promise<Account | null> {
    const text = `${selected} where a.user_id = $1`
    const [account] = await db.query<Account>({ text, values: [asUuid(profileId)] })
    return account ?? null
  }

  return {
    get,
    async ensureOwner(profileId) {
      await db.query({
        text: `insert into accounts (user_id, role) values ($1, 'owner') on conflict do nothing`,
        values: [profileId],
      })
      const [owner] = await db.query<Account>({ text: `${selected} where a.role = 'owner'` })
      if (owner === undefined) throw new Error('the account of the owner vanished while it was made')
      return owner
    },
    list: () => db.query<Account>({ text: `${selected} order by a.created_at, a.user_id` }),
    async byEmail(email) {
      const [found] = await db.query<{ profileId: string; passwordHash: string | null }>({
        text: `select a.user_id as "profileId", a.password_hash as "passwordHash"
          from accounts a join profiles p on p.id = a.user_id where p.email = $1`,
        values: [email],
      })
      return found ?? null
    },
    async passwordHash(profileId) {
      const [found] = await db.query<{ passwordHash: string | null }>({
        text: 'select password_hash as "passwordHash" from accounts where user_id = $1',
        values: [profileId],
      })
      return found?.passwordHash ?? null
    },
    setPassword: ({ profileId, passwordHash, email, keepSignIn }) =>
      unlessTaken(() =>
        db.transaction(async query => {
          // First the row that a sign-in by password reads with a lock, so that none slips in with the old one.
          await query({
            text: 'update accounts set password_hash = $2 where user_id = $1',
            values: [profileId, passwordHash],
          })
          if (email !== null)
            await query({ text: 'update profiles set email = $2 where id = $1', values: [profileId, email] })
          await query({ text: 'delete from sign_in_links where user_id = $1', values: [profileId] })
          const text = 'delete from sign_ins where user_id = $1 and id <> $2'
          await query({ text, values: [profileId, keepSignIn] })
          return 'done' as const
        }),
      ),
    invite: ({ email, displayName }) =>
      unlessTaken(async () => {
        const id = uuidv7()
        await db.query({
          text: `with profile as (
              insert into profiles (id, email, display_name) values ($1, $2, $3) returning id
            ) insert into accounts (user_id, role) select id, 'member' from profile`,
          values: [id, email, displayName],
        })
        const account = await get(id)
        if (account === null) throw new Error('an account vanished while it was made')
        return account
      }),
    shut: profileId =>
      db.transaction(async query => {
        const values = [profileId]
        await query({ text: 'update accounts set password_hash = null where user_id = $1', values })
        for (const table of ['sign_ins', 'sign_in_links', 'api_keys'])
          await query({ text: `delete from ${table} where user_id = $1`, values })
      }),
    async removeMember(profileId) {
      const removed = await db.query({
        text: `delete from profiles p using accounts a
          where p.id = $1 and a.user_id = p.id and a.role = 'member' returning p.id`,
        values: [asUuid(profileId)],
      })
      return removed.length > 0
    },
  }
}

async function unlessTaken<T>(work: () => Promise<T>): Promise<T | 'email_taken'> {
  try {
    return await work()
  } catch (error) {
    if (sqlState(error) === '23505') return 'email_taken'
    throw error
  }
}
