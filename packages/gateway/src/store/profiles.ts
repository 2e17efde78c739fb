import { uuidv7 } from '@waxwing/events/event-id'
import type { Database } from './database.ts'

export type Profiles = {
  /** The first profile; created when there is none, so that a fresh gateway has an owner for its rows. */
  first(): Promise<{ id: string }>
}

export function createProfiles(db: Database): Profiles {
  return {
    async first() {
      // Two processes may start on an empty database at once; the table lock lets one of them make the profile.
      return db.transaction(async query => {
        await query({ text: 'lock table profiles in share row exclusive mode' })
        await query({
          text: 'insert into profiles (id, display_name) select $1, $2 where not exists (select from profiles)',
          values: [uuidv7(), 'Owner'],
        })
        const [profile] = await query<{ id: string }>({ text: 'select id from profiles order by id limit 1' })
        if (profile === undefined) throw new Error('the first profile vanished while it was made')
        return profile
      })
    },
  }
}
