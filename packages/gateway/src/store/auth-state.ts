import type { Database } from './database.ts'
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
  /** One statement whatever the number of keys, guarded by the lease; null deletes. Throws LeaseLost. */
  set(data: Record<string, Record<string, string | null>>): Promise<void>
  /** Forgets credentials and keys (logged out). Throws LeaseLost. */
  wipe(): Promise<void>
}

export type AuthState = { for(sessionId: string, fence: string): SessionAuthState }

export function createAuthState(_db: Database, _vault: Vault): AuthState {
  throw new Error('being built')
}
