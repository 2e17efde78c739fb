import type { Database } from './database.ts'
import type { Vault } from './vault.ts'

/** What one person chose, and when by their own clock, in milliseconds. */
export type StoredVote = { at: number; options: string[]; voter: Record<string, string> }

/** A poll as it was made, JSON text. Encrypted at rest: it has the secret that opens the votes. */
export type StoredPoll = { messageId: string; chat: string; poll: string }

/** The polls a session has seen being made, and the newest vote of everybody. */
export type Polls = {
  /** A poll that is known already stays as it was made. */
  remember(sessionId: string, poll: StoredPoll): Promise<void>
  /** Null: it was made before this session listened, or too long ago. */
  find(sessionId: string, messageId: string): Promise<string | null>
  /** Keeps the vote unless that voter has a newer one; answers with all votes, by voter. */
  vote(
    sessionId: string,
    messageId: string,
    voter: string,
    vote: StoredVote,
  ): Promise<Record<string, StoredVote>>
}

/** Where a poll is sealed for. */
export const pollPlace = (sessionId: string, messageId: string) => `polls/${sessionId}/${messageId}`

export function createPolls(db: Database, vault: Vault): Polls {
  return {
    async remember(sessionId, { messageId, chat, poll }) {
      await db.query({
        name: 'remember-poll',
        text: `insert into polls (session_id, message_id, chat, poll) values ($1, $2, $3, $4)
          on conflict do nothing`,
        values: [sessionId, messageId, chat, vault.seal(poll, pollPlace(sessionId, messageId))],
      })
    },
    async find(sessionId, messageId) {
      const [row] = await db.query<{ poll: Buffer }>({
        name: 'find-poll',
        text: 'select poll from polls where session_id = $1 and message_id = $2',
        values: [sessionId, messageId],
      })
      return row ? vault.open(row.poll, pollPlace(sessionId, messageId)) : null
    },
    async vote(sessionId, messageId, voter, vote) {
      const [row] = await db.query<{ votes: Record<string, StoredVote> }>({
        name: 'vote-in-poll',
        text: `update polls set votes = case
            when coalesce((votes -> $3 ->> 'at')::bigint, 0) <= ($4::jsonb ->> 'at')::bigint
            then votes || jsonb_build_object($3::text, $4::jsonb) else votes end
          where session_id = $1 and message_id = $2 returning votes`,
        values: [sessionId, messageId, voter, JSON.stringify(vote)],
      })
      return row?.votes ?? {}
    },
  }
}

/** People vote within days; a poll this old is over. */
const keptDays = 90

/** Forgets old polls, and with them the secrets of their votes. */
export async function expirePolls(db: Database): Promise<void> {
  await db.query({
    text: `delete from polls where created_at < now() - $1 * interval '1 day'`,
    values: [keptDays],
    patient: true,
  })
}
