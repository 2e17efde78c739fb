import { randomUUID } from 'node:crypto'
import type { Database } from './database.ts'
import type { Vault } from './vault.ts'

/** An answer as it went out. `contentType` null: without a body. */
export type KeptAnswer = { status: number; contentType: string | null; body: string }

/** The right to carry out the request of a key. */
export type IdempotencyClaim = { profileId: string; key: string; claimId: string }

/** `yours`: do it, then `keep` or `release`. `at_work`: somebody does it now. `another`: the key is of another request. */
export type Begun =
  | { kind: 'yours'; claim: IdempotencyClaim }
  | { kind: 'answered'; answer: KeptAnswer }
  | { kind: 'at_work' }
  | { kind: 'another' }

export type Idempotency = {
  /** `fingerprint`: a hash of everything that makes the request what it is. */
  begin(a: { profileId: string; key: string; fingerprint: Buffer }): Promise<Begun>
  /** The answer for whoever repeats the request, for 24 hours from its beginning. */
  keep(claim: IdempotencyClaim, answer: KeptAnswer): Promise<void>
  /** Nothing was done: the key may be used again at once. */
  release(claim: IdempotencyClaim): Promise<void>
  /** Forgets what is older than 24 hours. */
  expire(): Promise<void>
}

const keptFor = '24 hours'
/** Longer than any request may take (the api ends them at 45 s): who is silent for longer was killed. */
const claimedFor = '60 seconds'

/** Where the answer of a key is sealed for. */
export function idempotencyPlace(profileId: string, key: string): string {
  return `idempotency_keys.answer/${profileId}/${key}`
}

export function createIdempotency(db: Database, vault: Vault): Idempotency {
  return {
    async begin(a) {
      // A row that vanishes between the two statements has expired or was released: the next round takes its place.
      for (;;) {
        const begun = (await claim(a)) ?? (await find(a))
        if (begun !== null) return begun
      }
    },
    async keep({ profileId, key, claimId }, answer) {
      await db.query({
        text: `update idempotency_keys set answer = $4
          where user_id = $1 and key = $2 and claim_id = $3 and answer is null`,
        values: [
          profileId,
          key,
          claimId,
          vault.seal(JSON.stringify(answer), idempotencyPlace(profileId, key)),
        ],
      })
    },
    async release({ profileId, key, claimId }) {
      await db.query({
        text: `delete from idempotency_keys
          where user_id = $1 and key = $2 and claim_id = $3 and answer is null`,
        values: [profileId, key, claimId],
      })
    },
    async expire() {
      await db.query({ text: 'delete from idempotency_keys where expires_at < now()', patient: true })
    },
  }

  /** A new key, one that has expired, or one whose request was cut off in the middle. */
  async function claim({ profileId, key, fingerprint }: Parameters<Idempotency['begin']>[0]) {
    const claimId = randomUUID()
    const taken = await db.query({
      text: `insert into idempotency_keys as k (user_id, key, fingerprint, claim_id, claimed_until, expires_at)
        values ($1, $2, $3, $4, now() + interval '${claimedFor}', now() + interval '${keptFor}')
        on conflict (user_id, key) do update set fingerprint = excluded.fingerprint, claim_id = excluded.claim_id,
          claimed_until = excluded.claimed_until, expires_at = excluded.expires_at, answer = null
        where k.expires_at < now()
          or (k.answer is null and k.claimed_until < now() and k.fingerprint = excluded.fingerprint)
        returning k.key`,
      values: [profileId, key, fingerprint, claimId],
    })
    return taken.length > 0 ? { kind: 'yours' as const, claim: { profileId, key, claimId } } : null
  }

  async function find({ profileId, key, fingerprint }: Parameters<Idempotency['begin']>[0]) {
    const [row] = await db.query<{ same: boolean; answer: Buffer | null }>({
      text: `select fingerprint = $3 as same, answer from idempotency_keys where user_id = $1 and key = $2`,
      values: [profileId, key, fingerprint],
    })
    if (row === undefined) return null
    if (!row.same) return { kind: 'another' as const }
    if (row.answer === null) return { kind: 'at_work' as const }
    const answer: KeptAnswer = JSON.parse(vault.open(row.answer, idempotencyPlace(profileId, key)))
    return { kind: 'answered' as const, answer }
  }
}
