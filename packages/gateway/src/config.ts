import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import type { MediaStore } from './config/media-store.ts'
import {
  allRoles,
  type Role,
  type Values,
  type Variable,
  type VariableName,
  variables,
} from './config/table.ts'
import { nearMisses } from './config/typos.ts'
import type { AllowedNetworks } from './delivery/guard.ts'

export {
  beginKeyChange,
  type EncryptionKeys,
  endKeyChange,
  ensureEncryptionKeys,
  hasEmbeddedDatabase,
  hasGeneratedKey,
  KeyFileError,
} from './config/keys.ts'
export type { Role, VariableName }

/** What every room is told, decided once at start. Times in milliseconds, folders absolute. */
export type Config = {
  readonly port: number
  readonly host: string
  /** null: where we turn out to listen. */
  readonly publicUrl: string | null
  readonly dataDir: string
  /** null: start the embedded Postgres in `dataDir`. */
  readonly databaseUrl: string | null
  readonly roles: readonly Role[]
  /** null: generated into `dataDir` at first start, see `ensureEncryptionKeys`. Never null with `databaseUrl`. */
  readonly encryptionKey: Buffer | null
  /** Keys that encrypted before, to read with. */
  readonly oldEncryptionKeys: readonly Buffer[]
  readonly apiKey: string | null
  readonly authMode: 'local' | 'supabase'
  /** Never null with `authMode` supabase. */
  readonly supabaseUrl: string | null
  /** null: the real network. */
  readonly whatsapp: { readonly url: string; readonly rootKey: string } | null
  readonly sandbox: boolean
  /** As the guard takes them: `allow` and `allowLoopback` (only on embedded defaults with a loopback-bound API). */
  readonly webhookNetworks: AllowedNetworks
  readonly webhookAllowLoopback: boolean
  readonly webhookTimeoutMs: number
  /** How long a claimed delivery stays its claimer's. */
  readonly deliveryLeaseMs: number
  readonly maxPayloadBytes: number
  readonly apiRateLimit: number
  readonly retentionEventsDays: number
  readonly retentionDeliveriesDays: number
  /** null: files below `dataDir`. */
  readonly mediaBucket:
    | (Exclude<MediaStore, 'file'> & { readonly keyId: string; readonly secret: string })
    | null
  readonly mediaMaxBytes: number
  readonly logLevel: Values['LOG_LEVEL']
  /** null: pretty on a terminal, JSON elsewhere. */
  readonly logFormat: Values['LOG_FORMAT']
}

/** One thing to change before the gateway can start. Never holds a secret's value. */
export type Problem = { readonly variable: string; readonly fault: string; readonly fix: string }
export type Loaded =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] }

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads and judges the whole environment, and reports everything wrong with it at once.
 * `flags` are what the command line says about the same variables; they win.
 * Reads the files named by `NAME_FILE`; writes nothing.
 */
export function loadConfig(
  env: Environment = process.env,
  flags: Partial<Record<VariableName, string>> = {},
): Loaded {
  const problems: Problem[] = []
  const given = new Set<VariableName>()
  const values: Record<string, unknown> = {}
  for (const name of variableNames) {
    const reading = read(name, { ...env, ...flags })
    if (reading.given) given.add(name)
    if (reading.problem !== null) problems.push(reading.problem)
    values[name] = reading.value
  }
  const { refused, warnings } = nearMisses(env)
  problems.push(...contradictions(values as Values, given), ...refused)
  if (problems.length > 0) return { ok: false, problems, warnings }
  return { ok: true, config: assemble(values as Values), warnings }
}

const variableNames = Object.keys(variables) as VariableName[]

/** An empty variable counts as absent: compose files pass `${NAME:-}`. */
function read(
  name: VariableName,
  env: Environment,
): { given: boolean; value: unknown; problem: Problem | null } {
  const { kind, fallback, secret, later } = variables[name] as Variable<unknown, unknown>
  const file = secret ? env[`${name}_FILE`] : undefined
  const given = Boolean(env[name] || file)
  const refuse = (variable: string, fault: string, fix: string) => ({
    given,
    value: fallback,
    problem: { variable, fault, fix },
  })
  if (env[name] && file) return refuse(name, `and ${name}_FILE are both set`, 'Keep one of them.')
  const text = file ? contentOf(file) : env[name]
  if (file && !text)
    return refuse(`${name}_FILE`, 'names a file that is empty or cannot be read', `See what ${file} is.`)
  if (!text) return { given, value: fallback, problem: null }
  const notYet = later?.(text)
  if (notYet) return refuse(name, notYet, `Unset ${name}.`)
  const result = kind.read(text)
  if (result.ok) return { given, value: result.value, problem: null }
  const shown = secret ? '' : ` ("${text.slice(0, 80)}")`
  return refuse(name, `${result.fault}${shown}`, `Set ${name} to ${kind.expects}.`)
}

/** A secret's file, without the line end editors and `echo` leave; empty when unreadable. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd()
  } catch {
    return ''
  }
}

/** What no variable can know alone. */
function contradictions(values: Values, given: ReadonlySet<VariableName>): Problem[] {
  const problems: Problem[] = []
  const refuse = (variable: VariableName, fault: string, fix: string) =>
    problems.push({ variable, fault, fix })
  if (given.has('DATABASE_URL') && !given.has('ENCRYPTION_KEY'))
    refuse(
      'ENCRYPTION_KEY',
      'is missing, and DATABASE_URL is set: whoever starts on that database next needs the same key',
      'Make one with "openssl rand -base64 32", keep it safe, and set ENCRYPTION_KEY (or ENCRYPTION_KEY_FILE).',
    )
  if (given.has('WHATSAPP_URL') !== given.has('WHATSAPP_ROOT_KEY'))
    refuse(
      given.has('WHATSAPP_URL') ? 'WHATSAPP_ROOT_KEY' : 'WHATSAPP_URL',
      'is missing: the address and the root key of another WhatsApp server belong together',
      'Set both ("waxwing sandbox" prints both), or neither.',
    )
  if (values.AUTH_MODE === 'supabase' && !given.has('SUPABASE_URL'))
    refuse(
      'SUPABASE_URL',
      'is missing, and AUTH_MODE is supabase: the keys that sign its tokens are read there',
      'Set it to the address of the project (https://….supabase.co), or unset AUTH_MODE.',
    )
  if (typeof values.MEDIA_STORE === 'object')
    for (const variable of ['MEDIA_STORE_KEY_ID', 'MEDIA_STORE_SECRET'] as const)
      if (!given.has(variable))
        refuse(variable, 'is missing, and MEDIA_STORE is a bucket', `Set ${variable}, or unset MEDIA_STORE.`)
  if (values.ROLES.length < allRoles.length)
    refuse(
      'ROLES',
      'leaves out a role, and without REDIS_URL (a later version brings it) nothing connects the processes',
      `Unset ROLES, or set it to ${allRoles.join(',')}.`,
    )
  return problems
}

function assemble(v: Values): Config {
  // While only the printed link opens the door, nobody else needs to see it.
  const open = v.API_KEY !== null || v.AUTH_MODE === 'supabase'
  const host = v.HOST ?? (open ? '::' : '127.0.0.1')
  const embedded = v.DATABASE_URL === null
  return {
    port: v.PORT,
    host,
    publicUrl: v.PUBLIC_URL,
    dataDir: resolve(v.DATA_DIR ?? (process.getuid?.() === 0 ? '/var/lib/waxwing' : '.waxwing')),
    databaseUrl: v.DATABASE_URL,
    roles: v.ROLES,
    encryptionKey: v.ENCRYPTION_KEY,
    oldEncryptionKeys: v.ENCRYPTION_KEY_OLD,
    apiKey: v.API_KEY,
    authMode: v.AUTH_MODE,
    supabaseUrl: v.SUPABASE_URL,
    whatsapp:
      v.WHATSAPP_URL === null || v.WHATSAPP_ROOT_KEY === null
        ? null
        : { url: v.WHATSAPP_URL, rootKey: v.WHATSAPP_ROOT_KEY },
    sandbox: v.SANDBOX ?? embedded,
    webhookNetworks: v.WEBHOOK_ALLOW_PRIVATE_NETWORKS,
    webhookAllowLoopback: embedded && isLoopback(host),
    webhookTimeoutMs: v.WEBHOOK_TIMEOUT_MS,
    deliveryLeaseMs: leaseFor(v.WEBHOOK_TIMEOUT_MS),
    maxPayloadBytes: v.MAX_PAYLOAD_BYTES,
    apiRateLimit: v.API_RATE_LIMIT,
    retentionEventsDays: v.RETENTION_EVENTS_DAYS,
    retentionDeliveriesDays: v.RETENTION_DELIVERIES_DAYS,
    mediaBucket: bucketOf(v),
    mediaMaxBytes: v.MEDIA_MAX_BYTES,
    logLevel: v.LOG_LEVEL,
    logFormat: v.LOG_FORMAT,
  }
}

function bucketOf(v: Values): Config['mediaBucket'] {
  if (v.MEDIA_STORE === 'file' || v.MEDIA_STORE_KEY_ID === null || v.MEDIA_STORE_SECRET === null) return null
  return { ...v.MEDIA_STORE, keyId: v.MEDIA_STORE_KEY_ID, secret: v.MEDIA_STORE_SECRET }
}

/**
 * Three times the longest attempt, so that a slow attempt and a lost heartbeat together never let a second
 * dispatcher in, and one second for recording the outcome. It is also how long a crash delays a delivery.
 */
function leaseFor(timeoutMs: number): number {
  return 3 * timeoutMs + 1000
}

/** Whether only this machine can reach an address we listen on. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** One variable as it may be shown to anyone: where its value comes from, and the value unless it is a secret. */
export type Setting = {
  readonly variable: VariableName
  readonly from: 'default' | 'environment' | 'file'
  readonly value: string
}

/** What the environment says, good or bad, and the default in words where it says nothing. */
export function settingsOf(env: Environment = process.env): Setting[] {
  return variableNames.map(variable => {
    const { secret, otherwise, fallback } = variables[variable] as Variable<unknown, unknown>
    if (secret && env[`${variable}_FILE`]) return { variable, from: 'file', value: '[hidden]' }
    const text = env[variable]
    if (!text) return { variable, from: 'default', value: otherwise ?? String(fallback) }
    return { variable, from: 'environment', value: secret ? '[hidden]' : text }
  })
}
