import {
  address,
  bearerKey,
  folder,
  hexKey32,
  type Kind,
  key32,
  keys32,
  listenHost,
  networks,
  oneOf,
  postgresAddress,
  someOf,
  wholeNumber,
  yesOrNo,
} from './kinds.ts'
import { accessKeyId, accessSecret, mediaStore } from './media-store.ts'

export type Role = 'engine' | 'dispatcher' | 'api'
export const allRoles = ['engine', 'dispatcher', 'api'] as const satisfies readonly Role[]

export type Variable<T, F extends T | null> = {
  readonly kind: Kind<T>
  /** The value when the variable is absent; null when that depends on others or is "none". */
  readonly fallback: F
  /** The default in words, where `fallback` alone does not say it. */
  readonly otherwise?: string
  readonly meaning: string
  /** Secrets are never printed and may come from the file named by `NAME_FILE`. */
  readonly secret?: true
  /** Why a wish that this version cannot fulfil is refused instead of ignored. */
  readonly later?: (text: string) => string | null
}

const variable = <T, const F extends T | null>(v: Variable<T, F>): Variable<T, F> => v

/** The one table of every variable: what it accepts, its default, and its sentence in docs/reference/config.md. */
export const variables = {
  PORT: variable({
    kind: wholeNumber(0, 65535),
    fallback: 3000,
    meaning: 'Port of the API and the dashboard. 0 takes any free one.',
  }),
  HOST: variable({
    kind: listenHost,
    fallback: null,
    otherwise: '127.0.0.1, or :: (every interface) when API_KEY or AUTH_MODE=supabase is set',
    meaning: 'Address the API and the dashboard listen on.',
  }),
  PUBLIC_URL: variable({
    kind: address(['http:', 'https:']),
    fallback: null,
    otherwise: 'derived from HOST and PORT',
    meaning: 'Where others reach this gateway; links in answers begin with it.',
  }),
  DATA_DIR: variable({
    kind: folder,
    fallback: null,
    otherwise: './.waxwing, or /var/lib/waxwing as root',
    meaning: 'Folder of the embedded database, media and generated keys.',
  }),
  DATABASE_URL: variable({
    kind: postgresAddress,
    fallback: null,
    otherwise: 'an embedded Postgres in DATA_DIR',
    secret: true,
    meaning: 'Postgres 15 or newer; with Supabase, the session pooler.',
  }),
  REDIS_URL: variable({
    kind: address(['redis:', 'rediss:']),
    fallback: null,
    otherwise: 'none: the fast lane is in memory',
    secret: true,
    meaning: 'Redis 7 or newer, or Valkey, as the fast lane between processes. Refused in this version.',
    later: () =>
      'is for a later version: this one keeps the fast lane in memory and runs all roles in one process',
  }),
  ROLES: variable({
    kind: someOf(allRoles),
    fallback: allRoles,
    otherwise: 'engine,dispatcher,api',
    meaning: 'What this process does, also as --roles. Fewer than all three needs REDIS_URL.',
  }),
  ENCRYPTION_KEY: variable({
    kind: key32,
    fallback: null,
    otherwise: 'generated into DATA_DIR/encryption-key; required with DATABASE_URL',
    secret: true,
    meaning:
      'Encrypts webhook secrets and WhatsApp credentials at rest. Lost key, lost secrets: keep a copy.',
  }),
  ENCRYPTION_KEY_OLD: variable({
    kind: keys32,
    fallback: [],
    otherwise: 'none',
    secret: true,
    meaning:
      'Keys that encrypted before ENCRYPTION_KEY, to read what they encrypted until `waxwing reencrypt` has replaced it ' +
      '(docs/keys.md).',
  }),
  API_KEY: variable({
    kind: bearerKey,
    fallback: null,
    otherwise: 'generated into DATA_DIR/api-key',
    secret: true,
    meaning: 'A key with full rights for the first profile.',
  }),
  AUTH_MODE: variable({
    kind: oneOf(['local', 'supabase']),
    fallback: 'local',
    meaning:
      'Who knows the people: this gateway, with passwords, or the Supabase project at SUPABASE_URL, with its ' +
      'access tokens (docs/accounts.md).',
  }),
  SUPABASE_URL: variable({
    kind: address(['https:', 'http:']),
    fallback: null,
    otherwise: 'none',
    meaning:
      'The Supabase project whose keys sign the tokens; needed by, and read only with, AUTH_MODE=supabase.',
  }),
  WHATSAPP_URL: variable({
    kind: address(['ws:', 'wss:']),
    fallback: null,
    otherwise: 'the real WhatsApp',
    meaning: 'WebSocket of another WhatsApp server: a simulator, a test rig. Needs WHATSAPP_ROOT_KEY.',
  }),
  WHATSAPP_ROOT_KEY: variable({
    kind: hexKey32,
    fallback: null,
    otherwise: "WhatsApp's own",
    meaning: 'Public root key that must have signed the certificate of the server at WHATSAPP_URL.',
  }),
  SANDBOX: variable({
    kind: yesOrNo,
    fallback: null,
    otherwise: 'true without DATABASE_URL, false with it',
    meaning: 'Starts the simulated WhatsApp beside the real one; also as --no-sandbox.',
  }),
  WEBHOOK_ALLOW_PRIVATE_NETWORKS: variable({
    kind: networks,
    fallback: 'public',
    otherwise: 'false',
    meaning:
      'Where webhooks may go besides the public internet: nowhere, anywhere, or these networks. ' +
      'Loopback is always allowed while the database is the embedded one and HOST is loopback.',
  }),
  WEBHOOK_TIMEOUT_MS: variable({
    kind: wholeNumber(1000, 30_000),
    fallback: 10_000,
    meaning: 'The deadline of one delivery attempt, from name lookup to the last byte of the answer.',
  }),
  MAX_PAYLOAD_BYTES: variable({
    kind: wholeNumber(1024, 16 * 1024 * 1024),
    fallback: 1024 * 1024,
    meaning: 'The largest request body the API reads.',
  }),
  API_RATE_LIMIT: variable({
    kind: wholeNumber(0, 1_000_000),
    fallback: 6_000,
    meaning: 'Requests a minute that one API key, or one person, may make to a process; 0 is no limit.',
  }),
  RETENTION_EVENTS_DAYS: variable({
    kind: wholeNumber(1, 3650),
    fallback: 14,
    meaning: 'Events older than this are dropped, day by day.',
  }),
  RETENTION_DELIVERIES_DAYS: variable({
    kind: wholeNumber(1, 3650),
    fallback: 30,
    meaning: 'Deliveries and attempts older than this are dropped; a day with unfinished ones is kept.',
  }),
  MEDIA_STORE: variable({
    kind: mediaStore,
    fallback: 'file',
    meaning:
      'Where the files of messages are kept: `file` is DATA_DIR/media; a bucket stays private, people read through ' +
      'this gateway (docs/media.md).',
  }),
  MEDIA_STORE_KEY_ID: variable({
    kind: accessKeyId,
    fallback: null,
    otherwise: 'none',
    meaning: 'The access key for the bucket of MEDIA_STORE.',
  }),
  MEDIA_STORE_SECRET: variable({
    kind: accessSecret,
    fallback: null,
    otherwise: 'none',
    secret: true,
    meaning: 'The secret of the access key for the bucket of MEDIA_STORE.',
  }),
  MEDIA_MAX_BYTES: variable({
    kind: wholeNumber(1024, 2 * 1024 * 1024 * 1024),
    fallback: 100 * 1024 * 1024,
    meaning: 'The largest file of a message that is fetched; a larger one is told as `too_large`.',
  }),
  LOG_LEVEL: variable({
    kind: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent']),
    fallback: 'info',
    meaning: 'The least important line still written. Lines go to standard error.',
  }),
  LOG_FORMAT: variable({
    kind: oneOf(['json', 'pretty']),
    fallback: null,
    otherwise: 'pretty on a terminal, json elsewhere',
    meaning: 'One JSON object a line, or lines for people.',
  }),
} as const

export type VariableName = keyof typeof variables
type ValueOf<V> = V extends { kind: Kind<infer T>; fallback: infer F } ? T | Extract<F, null> : never
/** What the environment said, variable by variable, defaults filled in. */
export type Values = { [N in VariableName]: ValueOf<(typeof variables)[N]> }
