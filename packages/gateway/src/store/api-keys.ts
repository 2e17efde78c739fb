import type { Database } from './database.ts'

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
  }): Promise<{ id: string; key: string }>
  /** Who this key is, or null. Answers are cached for a few seconds, so a removed key dies within them. */
  verify(key: string): Promise<ApiKeyIdentity | null>
  /** Stores a key the operator chose (`API_KEY`); saying it again changes nothing. */
  ensure(a: { profileId: string; key: string; name: string }): Promise<void>
  list(profileId: string): Promise<ApiKeyRow[]>
  /** False when there was no such key. */
  remove(profileId: string, id: string): Promise<boolean>
}

export function createApiKeys(_db: Database): ApiKeys {
  throw new Error('being built')
}
