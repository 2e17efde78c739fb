import { createHash } from 'node:crypto'
import type { Database } from './database.ts'

/** What is counted: an address, an account. */
export type Subject = { name: string; limit: number }

export type SignInTries = {
  /**
   * Counts one more try for each subject, before it is made, so that many at once are not more than one after another.
   * Null: go on. Else the seconds until the first subject over its limit may try again; those after it are not counted.
   */
  count(subjects: readonly Subject[]): Promise<number | null>
  /** It was the right one: `forgive` is counted from nought again, and the others get this one try back. */
  succeeded(a: { forgive: string; others: readonly string[] }): Promise<void>
}

/** Within this time the tries of a subject are added up. */
const windowMs = 15 * 60_000

export function createSignInTries(db: Database, now: () => number = Date.now): SignInTries {
  async function countOne({ name, limit }: Subject): Promise<number> {
    const at = new Date(now())
    const [row] = await db.query<{ tries: number; until: Date }>({
      text: `insert into sign_in_tries as t (subject, tries, until) values ($1, 1, $3)
        on conflict (subject) do update set
          tries = case when t.until <= $2 then 1 else t.tries + 1 end,
          until = case when t.until <= $2 then $3 else t.until end
        returning tries, until`,
      values: [hashOf(name), at, new Date(now() + windowMs)],
    })
    if (row === undefined || row.tries <= limit) return 0
    return Math.max(1, Math.ceil((row.until.getTime() - now()) / 1000))
  }

  return {
    async count(subjects) {
      await db.query({ text: 'delete from sign_in_tries where until < $1', values: [new Date(now())] })
      for (const subject of subjects) {
        const waitS = await countOne(subject)
        if (waitS > 0) return waitS
      }
      return null
    },
    async succeeded({ forgive, others }) {
      await db.query({
        text: 'delete from sign_in_tries where subject = $1',
        values: [hashOf(forgive)],
      })
      await db.query({
        text: 'update sign_in_tries set tries = greatest(tries - 1, 0) where subject = any($1::bytea[])',
        values: [others.map(hashOf)],
      })
    },
  }
}

function hashOf(name: string): Buffer {
  return createHash('sha256').update(name).digest()
}
