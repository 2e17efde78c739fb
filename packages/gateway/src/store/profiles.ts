import { uuidv7 } from '@waxwing/events/event-id'
import { LRUCache } from 'lru-cache'
import { type Database, type Query, sqlState } from './database.ts'

export type Profile = { id: string; email: string | null; displayName: string | null }

export type Profiles = {
  /** The first profile; created when there is none, so that a fresh gateway has an owner for its rows. */
  first(): Promise<{ id: string }>
  get(id: string): Promise<Profile | null>
  /** Null: no such profile. */
  rename(id: string, displayName: string): Promise<Profile | null>
  /** Somebody whom Supabase knows was here: makes the profile at first sight. Remembered for five minutes. */
  seen(user: { id: string; email: string | null }): Promise<void>
}

const columns = 'id, email, display_name as "displayName"'
/** People at once in one process, and how long a removed profile may be taken for one that is there. */
const remembered = { max: 10_000, ttl: 5 * 60_000 }

export function createProfiles(db: Database): Profiles {
  const known = new LRUCache<string, true>(remembered)
  return {
    async first() {
      // Two processes may start on an empty database at once; the table lock lets one of them make the profile.
      return db.transaction(async query => {
        await query({ text: 'lock table profiles in share row exclusive mode' })
        await query({
          text: 'insert into profiles (id, display_name) select $1, $2 where not exists (select from profiles)',
          values: [uuidv7(), 'Owner'],
        })
        // Not by id: those of Supabase carry no time.
        const text = 'select id from profiles order by created_at, id limit 1'
        const [profile] = await query<{ id: string }>({ text })
        if (profile === undefined) throw new Error('the first profile vanished while it was made')
        return profile
      })
    },
    async get(id) {
      const text = `select ${columns} from profiles where id = $1`
      const [profile] = await db.query<Profile>({ text, values: [id] })
      return profile ?? null
    },
    async rename(id, displayName) {
      const text = `update profiles set display_name = $2 where id = $1 returning ${columns}`
      const [profile] = await db.query<Profile>({ text, values: [id, displayName] })
      return profile ?? null
    },
    async seen({ id, email }) {
      if (known.has(id)) return
      const address = email?.toLowerCase() ?? null
      // An address that another profile has is left out: who somebody is says the id.
      if (!(await insert(db.query, id, address))) await insert(db.query, id, null)
      known.set(id, true)
    },
  }
}

/** False: another profile has this address. */
async function insert(query: Query, id: string, email: string | null): Promise<boolean> {
  try {
    const text = 'insert into profiles (id, email) values ($1, $2) on conflict (id) do nothing'
    await query({ text, values: [id, email] })
    return true
  } catch (error) {
    if (sqlState(error) === uniqueViolation) return false
    throw error
  }
}

const uniqueViolation = '23505'
