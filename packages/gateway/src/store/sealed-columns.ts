import { credsPlace, keyPlace } from './auth-state.ts'
import { idempotencyPlace } from './idempotency.ts'
import { inboxPlace } from './inbox.ts'
import { pollPlace } from './polls.ts'
import { webhookSecretPlace } from './webhook-secrets.ts'

/** A column of values that a vault sealed. */
export type SealedColumn = {
  table: string
  column: string
  /** `text` is base64. */
  stored: 'bytea' | 'text'
  /** The primary key: its columns in their order, with their types. */
  key: Readonly<Record<string, 'uuid' | 'text' | 'smallint'>>
  /** Where the value of a row is sealed for. `key`: the values of the primary key, as text. */
  place(key: readonly string[]): string
}

/** Everything that is encrypted at rest. Whoever seals into another column adds it here, or a new key would strand it. */
export const sealedColumns: readonly SealedColumn[] = [
  {
    table: 'webhook_configs',
    column: 'secret',
    stored: 'text',
    key: { id: 'uuid' },
    place: ([id = '']) => webhookSecretPlace(id),
  },
  {
    table: 'session_creds',
    column: 'value',
    stored: 'bytea',
    key: { session_id: 'uuid' },
    place: ([sessionId = '']) => credsPlace(sessionId),
  },
  {
    table: 'session_keys',
    column: 'value',
    stored: 'bytea',
    key: { session_id: 'uuid', type: 'text', id: 'text' },
    place: ([sessionId = '', type = '', id = '']) => keyPlace(sessionId, type, id),
  },
  {
    table: 'inbox',
    column: 'value',
    stored: 'bytea',
    key: { session_id: 'uuid', delivery: 'text', part: 'smallint' },
    place: ([sessionId = '', delivery = '', part = '']) =>
      inboxPlace(sessionId, { delivery, part: Number(part) }),
  },
  {
    table: 'polls',
    column: 'poll',
    stored: 'bytea',
    key: { session_id: 'uuid', message_id: 'text' },
    place: ([sessionId = '', messageId = '']) => pollPlace(sessionId, messageId),
  },
  {
    table: 'idempotency_keys',
    column: 'answer',
    stored: 'bytea',
    key: { user_id: 'uuid', key: 'text' },
    place: ([profileId = '', key = '']) => idempotencyPlace(profileId, key),
  },
]

/** SQL for the id of the key that sealed a row's value: eight hex digits. Fewer, or null: nobody sealed it. */
export function keyIdOf({ column, stored }: Pick<SealedColumn, 'column' | 'stored'>): string {
  // Eight characters of base64 are six bytes; what is no base64 at all must not end the statement.
  const bytes =
    stored === 'bytea'
      ? column
      : `case when ${column} ~ '^[A-Za-z0-9+/]{8}' then decode(left(${column}, 8), 'base64') end`
  return `encode(substring(${bytes} from 2 for 4), 'hex')`
}
