import type { Database } from './database.ts'

export type Profiles = {
  /** The first profile; created when there is none, so that a fresh gateway has an owner for its rows. */
  first(): Promise<{ id: string }>
}

export function createProfiles(_db: Database): Profiles {
  throw new Error('being built')
}
