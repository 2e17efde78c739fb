import {
  beginKeyChange,
  type Config,
  type EncryptionKeys,
  endKeyChange,
  ensureEncryptionKeys,
  hasEmbeddedDatabase,
} from '../config.ts'
import { createLog } from '../log.ts'
import { type KeyInUse, type Reencryption, reencrypt } from '../store/reencrypt.ts'
import { configOf, type Ending, type Voice } from './verb.ts'
import { withDatabase } from './with-database.ts'

/** Encrypts everything with the present key that an older one did, and says when that one may go (docs/keys.md). */
export async function reencryptEverything(voice: Voice, options: { generate?: boolean }): Promise<Ending> {
  const loaded = configOf()
  if (!loaded.ok) return loaded.ending
  const { config } = loaded
  const generated = config.encryptionKey === null
  if (options.generate && !generated)
    return {
      ok: false,
      problem: 'ENCRYPTION_KEY is set, so the next one is yours to make.',
      next: 'Set ENCRYPTION_KEY to the new key ("openssl rand -base64 32") and ENCRYPTION_KEY_OLD to the present one.',
    }
  if (config.databaseUrl === null && !hasEmbeddedDatabase(config.dataDir))
    return {
      ok: false,
      problem: `there is no database in ${config.dataDir}, so nothing is encrypted there.`,
      next: 'Set DATA_DIR or DATABASE_URL as for "npx waxwing start".',
    }
  const log = createLog(config)
  const result = await withDatabase(config, log, databaseUrl => {
    const keys = options.generate ? newKeys(voice, config) : ensureEncryptionKeys(config)
    return reencrypt({ databaseUrl, ...keys, log, onProgress: progressOn(voice) })
  })
  const removed = generated && result.inUse.length === 0 ? endKeyChange(config.dataDir) : null
  return conclude(voice, config, result, removed)
}

function newKeys(voice: Voice, config: Config): EncryptionKeys {
  ensureEncryptionKeys(config) // a lost key is not replaced
  const made = beginKeyChange(config.dataDir)
  voice.say(
    made ? 'Made a new key.' : 'An earlier change of keys was not finished; going on with the key it made.',
  )
  return ensureEncryptionKeys(config)
}

/** Often enough to see that it goes on, and seldom enough to read. */
const betweenLinesMs = 1_000

function progressOn(voice: Voice): (table: string, reencrypted: number) => void {
  let saidAt = performance.now()
  return (table, reencrypted) => {
    if (performance.now() - saidAt < betweenLinesMs) return
    saidAt = performance.now()
    voice.tell({ table, reencrypted })
    voice.say(`  ${table}: ${reencrypted}`)
  }
}

function conclude(voice: Voice, config: Config, result: Reencryption, removed: string | null): Ending {
  const { keyId, reencrypted, retired, inUse, unreadable } = result
  voice.tell({
    ok: inUse.length === 0,
    key_id: keyId,
    reencrypted,
    retired_key_ids: retired,
    in_use: inUse.map(({ keyId: key_id, ...rest }) => ({ key_id, ...rest })),
    unreadable,
    removed_file: removed,
  })
  const total = Object.values(reencrypted).reduce((sum, count) => sum + count, 0)
  const parts = Object.entries(reencrypted).map(([table, count]) => `${table} ${count}`)
  voice.say(`Encrypted anew with key ${keyId}: ${total} values (${parts.join(', ')}).`)
  if (inUse.length > 0) return unfinished(inUse, unreadable)
  if (unreadable.length > 0) voice.say(damaged(unreadable))
  voice.say(`Nothing in the database needs another key. ${leave(config, retired, removed)}`.trimEnd())
  return { ok: true }
}

/** Which key may go, and what has to stay. */
function leave(config: Config, retired: readonly string[], removed: string | null): string {
  const keep = 'A backup made before now still needs the key it was made under.'
  if (removed !== null) return `${removed} is removed; keep a copy of the new key. ${keep}`
  if (config.oldEncryptionKeys.length > 0)
    return `ENCRYPTION_KEY_OLD may be unset, and the old key (${retired.join(', ') || 'gone before'}) thrown away. ${keep}`
  return ''
}

function unfinished(inUse: readonly KeyInUse[], unreadable: readonly string[]): Ending {
  const problem = inUse.map(({ keyId, values, processes }) => {
    const reasons = [
      ...(values > 0 ? [`${values} values are encrypted with it`] : []),
      ...(processes > 0 ? ['a gateway that is connected encrypts with it'] : []),
    ]
    return `the key ${keyId} is still needed: ${reasons.join(', and ')}.`
  })
  const next = [
    ...(unreadable.length > 0 ? [damaged(unreadable)] : []),
    ...(inUse.some(({ processes }) => processes > 0)
      ? ['Restart every gateway with ENCRYPTION_KEY set to the new key.']
      : []),
    'Then run this again; keep the old key until it says that nothing needs it.',
  ]
  return { ok: false, problem: problem.join('\n'), next: next.join('\n') }
}

const mostNamed = 20

function damaged(places: readonly string[]): string {
  const more = places.length > mostNamed ? ` and ${places.length - mostNamed} more` : ''
  return (
    `No key opens these, they are damaged: ${places.slice(0, mostNamed).join(', ')}${more}. ` +
    'Log the session out and link it again, or remove the webhook and create it anew.'
  )
}
