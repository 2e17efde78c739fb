import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { renderConfigReference } from './config/reference.ts'
import { type VariableName, variables } from './config/table.ts'
import {
  beginKeyChange,
  type Config,
  endKeyChange,
  ensureEncryptionKeys,
  loadConfig,
  settingsOf,
} from './config.ts'

const folder = mkdtempSync(join(tmpdir(), 'waxwing-config-'))
after(() => rmSync(folder, { recursive: true }))

const key = Buffer.alloc(32, 7)
const rootKey = 'ab'.repeat(32)
const apiKey = `wx_${'0123456789'.repeat(4)}`
const databaseUrl = 'postgres://waxwing:hush@db.example:5432/waxwing'

type Trial = {
  good: string
  /** What else has to be set for it. */
  beside?: Record<string, string>
  /** Where the value is found in the config; null: this version refuses it always. */
  read: ((config: Config) => unknown) | null
  value?: unknown
  bad: string
  fault: RegExp
}

/** Every variable once: TypeScript refuses a table without a trial. */
const trials: Record<VariableName, Trial> = {
  PORT: {
    good: '8080',
    read: c => c.port,
    value: 8080,
    bad: '80a',
    fault: /is not a whole number \("80a"\)/,
  },
  HOST: { good: '0.0.0.0', read: c => c.host, value: '0.0.0.0', bad: 'http://x', fault: /is not an address/ },
  PUBLIC_URL: {
    good: 'https://hooks.example/wa/',
    read: c => c.publicUrl,
    value: 'https://hooks.example/wa',
    bad: 'hooks.example',
    fault: /is not an address/,
  },
  DATA_DIR: {
    good: '/srv/waxwing',
    read: c => c.dataDir,
    value: '/srv/waxwing',
    bad: '/proc/waxwing',
    fault: /lies where the kernel keeps its own/,
  },
  DATABASE_URL: {
    good: databaseUrl,
    beside: { ENCRYPTION_KEY: key.toString('base64') },
    read: c => c.databaseUrl,
    value: databaseUrl,
    bad: 'mysql://root:hush@db/x',
    fault: /does not begin with postgres:\/\/$/,
  },
  REDIS_URL: { good: 'redis://cache.example', read: null, bad: 'redis://x', fault: /for a later version/ },
  ROLES: {
    good: 'api, dispatcher,engine',
    read: c => c.roles,
    value: ['engine', 'dispatcher', 'api'],
    bad: 'engine,worker',
    fault: /names "worker"/,
  },
  ENCRYPTION_KEY: {
    good: key.toString('base64'),
    read: c => c.encryptionKey,
    value: key,
    bad: Buffer.alloc(16).toString('base64'),
    fault: /holds 16 bytes, not 32$/,
  },
  ENCRYPTION_KEY_OLD: {
    good: `${key.toString('base64')}, ${Buffer.alloc(32, 9).toString('base64')}`,
    read: c => c.oldEncryptionKeys,
    value: [key, Buffer.alloc(32, 9)],
    bad: `${key.toString('base64')},c2hvcnQ=`,
    fault: /holds a key that holds 5 bytes, not 32$/,
  },
  API_KEY: { good: apiKey, read: c => c.apiKey, value: apiKey, bad: 'secret', fault: /has 6 characters/ },
  AUTH_MODE: {
    good: 'supabase',
    beside: { SUPABASE_URL: 'https://project.supabase.co' },
    read: c => c.authMode,
    value: 'supabase',
    bad: 'ldap',
    fault: /is not local or supabase/,
  },
  SUPABASE_URL: {
    good: 'https://project.supabase.co',
    read: c => c.supabaseUrl,
    value: 'https://project.supabase.co',
    bad: 'ftp://project',
    fault: /does not begin with https/,
  },
  WHATSAPP_URL: {
    good: 'ws://127.0.0.1:4010/ws/chat',
    beside: { WHATSAPP_ROOT_KEY: rootKey },
    read: c => c.whatsapp?.url,
    value: 'ws://127.0.0.1:4010/ws/chat',
    bad: 'http://127.0.0.1',
    fault: /does not begin with ws/,
  },
  WHATSAPP_ROOT_KEY: {
    good: rootKey.toUpperCase(),
    beside: { WHATSAPP_URL: 'ws://127.0.0.1:4010/ws/chat' },
    read: c => c.whatsapp?.rootKey,
    value: rootKey,
    bad: 'abc',
    fault: /is not 64 hexadecimal digits/,
  },
  SANDBOX: { good: 'false', read: c => c.sandbox, value: false, bad: 'no', fault: /neither true nor false/ },
  WEBHOOK_ALLOW_PRIVATE_NETWORKS: {
    good: '10.0.0.0/8, fd00::/8',
    read: c => c.webhookNetworks,
    value: ['10.0.0.0/8', 'fd00::/8'],
    bad: '10.0.0.0/8,localhost',
    fault: /names "localhost", which is not a network/,
  },
  WEBHOOK_TIMEOUT_MS: {
    good: '30000',
    read: c => c.webhookTimeoutMs,
    value: 30_000,
    bad: '999',
    fault: /is less than 1000/,
  },
  MAX_PAYLOAD_BYTES: {
    good: '2048',
    read: c => c.maxPayloadBytes,
    value: 2048,
    bad: '99999999999',
    fault: /is more than/,
  },
  API_RATE_LIMIT: {
    good: '600',
    read: c => c.apiRateLimit,
    value: 600,
    bad: '1000001',
    fault: /is more than/,
  },
  RETENTION_EVENTS_DAYS: {
    good: '7',
    read: c => c.retentionEventsDays,
    value: 7,
    bad: '0',
    fault: /is less than 1/,
  },
  RETENTION_DELIVERIES_DAYS: {
    good: '90',
    read: c => c.retentionDeliveriesDays,
    value: 90,
    bad: 'forever',
    fault: /is not a whole number/,
  },
  MEDIA_STORE: {
    good: 's3://media/waxwing?endpoint=https://project.supabase.co/storage/v1/s3/&region=eu-central-1',
    beside: { MEDIA_STORE_KEY_ID: 'key-id', MEDIA_STORE_SECRET: 'hushhush' },
    read: c => c.mediaBucket,
    value: {
      bucket: 'media',
      prefix: 'waxwing',
      endpoint: 'https://project.supabase.co/storage/v1/s3',
      region: 'eu-central-1',
      keyId: 'key-id',
      secret: 'hushhush',
    },
    bad: 's3://hush:hush@media',
    fault: /carries credentials/,
  },
  MEDIA_STORE_KEY_ID: {
    good: 'key-id',
    beside: { MEDIA_STORE: 's3://media', MEDIA_STORE_SECRET: 'hushhush' },
    read: c => c.mediaBucket?.keyId,
    value: 'key-id',
    bad: 'key id',
    fault: /other than letters/,
  },
  MEDIA_STORE_SECRET: {
    good: 'hushhush',
    beside: { MEDIA_STORE: 's3://media', MEDIA_STORE_KEY_ID: 'key-id' },
    read: c => c.mediaBucket?.secret,
    value: 'hushhush',
    bad: 'hush',
    fault: /8 to 256 plain characters/,
  },
  MEDIA_MAX_BYTES: {
    good: '1048576',
    read: c => c.mediaMaxBytes,
    value: 1_048_576,
    bad: '1',
    fault: /is less than/,
  },
  LOG_LEVEL: { good: 'debug', read: c => c.logLevel, value: 'debug', bad: 'loud', fault: /is not trace or/ },
  LOG_FORMAT: {
    good: 'pretty',
    read: c => c.logFormat,
    value: 'pretty',
    bad: 'xml',
    fault: /is not json or pretty/,
  },
}

const names = Object.keys(variables) as VariableName[]
const isSecret = (name: VariableName) => 'secret' in variables[name]

function configOf(env: Record<string, string>): Config {
  const loaded = loadConfig(env)
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.config
}

function problemsOf(env: Record<string, string>) {
  const loaded = loadConfig(env)
  assert.ok(!loaded.ok, 'this environment should have been refused')
  return loaded.problems
}

for (const name of names) {
  const { good, beside = {}, read, value, bad, fault } = trials[name]

  if (read !== null)
    test(`${name} is read`, () => assert.deepEqual(read(configOf({ ...beside, [name]: good })), value))

  if (bad !== '')
    test(`a bad ${name} is refused with its fault and a fix`, () => {
      const found = problemsOf({ ...beside, [name]: bad }).find(problem => problem.variable === name)
      assert.match(found?.fault ?? '', fault)
      assert.ok(found?.fix.includes(name))
    })

  if (isSecret(name) && read !== null)
    test(`${name}_FILE names a file that holds ${name}`, () => {
      const file = join(folder, name)
      writeFileSync(file, `${good}\n`)
      assert.deepEqual(read(configOf({ ...beside, [`${name}_FILE`]: file })), value)
      assert.equal(problemsOf({ ...beside, [name]: good, [`${name}_FILE`]: file })[0]?.variable, name)
      const empty = join(folder, 'empty')
      writeFileSync(empty, '\n')
      for (const useless of [join(folder, 'nowhere'), empty])
        assert.equal(problemsOf({ ...beside, [`${name}_FILE`]: useless })[0]?.variable, `${name}_FILE`)
    })
}

test('an empty environment is a whole gateway on this machine only', () => {
  const config = configOf({})
  assert.equal(config.host, '127.0.0.1')
  assert.equal(config.databaseUrl, null)
  assert.equal(config.sandbox, true)
  assert.equal(config.webhookAllowLoopback, true)
  assert.deepEqual(config.roles, ['engine', 'dispatcher', 'api'])
})

test('an empty variable counts as absent', () => {
  assert.deepEqual(configOf(Object.fromEntries(names.map(name => [name, '']))), configOf({}))
})

test('a gateway with a key listens everywhere, and then webhooks may not go to loopback', () => {
  const config = configOf({ API_KEY: apiKey })
  assert.equal(config.host, '::')
  assert.equal(config.webhookAllowLoopback, false)
})

test('tokens of Supabase are a door that others may find, and need the address of the project', () => {
  const env = { AUTH_MODE: 'supabase', SUPABASE_URL: 'https://project.supabase.co' }
  assert.equal(configOf(env).host, '::')
  assert.equal(configOf({ SUPABASE_URL: env.SUPABASE_URL }).host, '127.0.0.1')
  assert.deepEqual(
    problemsOf({ AUTH_MODE: 'supabase' }).map(({ variable }) => variable),
    ['SUPABASE_URL'],
  )
})

test('a gateway on a database server has no sandbox unless asked, and never sends to loopback', () => {
  const env = { DATABASE_URL: databaseUrl, ENCRYPTION_KEY: key.toString('base64') }
  assert.equal(configOf(env).sandbox, false)
  assert.equal(configOf({ ...env, SANDBOX: 'true' }).sandbox, true)
  assert.equal(configOf({ ...env, HOST: '127.0.0.1' }).webhookAllowLoopback, false)
})

test('the lease of a delivery is longer than three of the longest attempts', () => {
  for (const timeout of [1000, 10_000, 30_000])
    assert.ok(configOf({ WEBHOOK_TIMEOUT_MS: String(timeout) }).deliveryLeaseMs > 3 * timeout)
})

test('everything wrong is told at once', () => {
  const problems = problemsOf({ PORT: 'x', SANDBOX: 'x', LOG_LEVEL: 'x', DATABSE_URL: 'x', ROLES: 'api' })
  assert.deepEqual(problems.map(({ variable }) => variable).sort(), [
    'DATABSE_URL',
    'LOG_LEVEL',
    'PORT',
    'ROLES',
    'SANDBOX',
  ])
})

describe('what no variable can know alone', () => {
  test('a database server needs a key, and the fix says how to make one', () => {
    const [problem] = problemsOf({ DATABASE_URL: databaseUrl })
    assert.equal(problem?.variable, 'ENCRYPTION_KEY')
    assert.match(problem?.fix ?? '', /openssl rand -base64 32/)
  })
  test('another WhatsApp needs its address and its root key', () => {
    assert.equal(problemsOf({ WHATSAPP_URL: 'ws://x' })[0]?.variable, 'WHATSAPP_ROOT_KEY')
    assert.equal(problemsOf({ WHATSAPP_ROOT_KEY: rootKey })[0]?.variable, 'WHATSAPP_URL')
  })
  test('a bucket needs a key, and another name for the same place of media is not one', () => {
    assert.deepEqual(
      problemsOf({ MEDIA_STORE: 's3://media' }).map(({ variable }) => variable),
      ['MEDIA_STORE_KEY_ID', 'MEDIA_STORE_SECRET'],
    )
    for (const strange of [
      'S3',
      's3://',
      's3://x',
      's3://media?endpiont=https://x',
      's3://media?endpoint=x',
      's3://media/a%2Fb',
    ])
      assert.equal(problemsOf({ MEDIA_STORE: strange })[0]?.variable, 'MEDIA_STORE', strange)
    assert.equal(configOf({}).mediaBucket, null)
  })
  test("Supabase's transaction pooler is refused, and its session pooler is not", () => {
    const pooler = (port: number) => ({
      DATABASE_URL: `postgresql://postgres.ref:hush@aws-0-eu.pooler.supabase.com:${port}/postgres`,
      ENCRYPTION_KEY: key.toString('base64'),
    })
    assert.match(problemsOf(pooler(6543))[0]?.fault ?? '', /transaction pooler/)
    configOf(pooler(5432))
  })
})

describe('names that are not ours', () => {
  for (const [typed, meant] of Object.entries({
    DATABSE_URL: 'DATABASE_URL',
    DATABASE_URI: 'DATABASE_URL',
    WEBHOOK_TIMEOUT: 'WEBHOOK_TIMEOUT_MS',
    ENCRYPTION_KEY_FLIE: 'ENCRYPTION_KEY_FILE',
    DATABASEURL: 'DATABASE_URL',
    WAXWING_LOG_LEVEL: 'LOG_LEVEL',
  }))
    test(`${typed} is refused, and ${meant} is named`, () => {
      const [problem] = problemsOf({ [typed]: 'x' })
      assert.equal(problem?.variable, typed)
      assert.match(problem?.fix ?? '', new RegExp(`\\b${meant}\\b`))
    })

  test('a name of our families is a warning', () => {
    const loaded = loadConfig({ WEBHOOK_MAX_ATTEMPTS: '5' })
    assert.ok(loaded.ok)
    assert.equal(loaded.warnings[0]?.variable, 'WEBHOOK_MAX_ATTEMPTS')
  })

  test('what belongs to others is left alone', () => {
    const foreign = ['HOSTNAME', 'POST', 'PORTS', 'ROLE', 'APP_KEY', 'XDG_DATA_DIRS', 'PATH', 'SUPABASE_KEY']
    const loaded = loadConfig(Object.fromEntries(foreign.map(name => [name, 'x'])))
    assert.ok(loaded.ok, JSON.stringify(loaded))
    assert.deepEqual(loaded.warnings, [])
  })
})

test('flags win over the environment', () => {
  const loaded = loadConfig({ SANDBOX: 'true' }, { SANDBOX: 'false' })
  assert.ok(loaded.ok && loaded.config.sandbox === false)
})

test('no secret is in what is printed: neither in the settings nor in a problem', () => {
  const file = join(folder, 'DATABASE_URL')
  const env = { DATABASE_URL_FILE: file, ENCRYPTION_KEY: key.toString('base64'), API_KEY: apiKey, PORT: '80' }
  const settings = settingsOf(env)
  assert.deepEqual(
    settings.filter(({ from }) => from !== 'default'),
    [
      { variable: 'PORT', from: 'environment', value: '80' },
      { variable: 'DATABASE_URL', from: 'file', value: '[hidden]' },
      { variable: 'ENCRYPTION_KEY', from: 'environment', value: '[hidden]' },
      { variable: 'API_KEY', from: 'environment', value: '[hidden]' },
    ],
  )
  const refused = problemsOf({
    DATABASE_URL: 'mysql://root:hush@db',
    ENCRYPTION_KEY: 'hush',
    API_KEY: 'hush',
  })
  assert.ok(!JSON.stringify(refused).includes('hush'))
})

test('no text makes loading throw', () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.string(), (name, text) => {
      loadConfig({ [name]: text })
    }),
  )
})

describe('the generated encryption key', () => {
  const fresh = (name: string) => ({
    encryptionKey: null,
    oldEncryptionKeys: [],
    dataDir: join(folder, name),
  })

  test('is made once, for its owner only, and read again', () => {
    const config = fresh('first')
    const made = ensureEncryptionKeys(config)
    assert.deepEqual([made.encryptionKey.length, made.oldEncryptionKeys], [32, []])
    assert.deepEqual(ensureEncryptionKeys(config), made)
    assert.equal(statSync(join(config.dataDir, 'encryption-key')).mode & 0o777, 0o600)
  })
  test('is not made when one is configured', () => {
    const configured = { ...fresh('never'), encryptionKey: key, oldEncryptionKeys: [key] }
    assert.deepEqual(ensureEncryptionKeys(configured), { encryptionKey: key, oldEncryptionKeys: [key] })
    assert.throws(() => statSync(join(folder, 'never')))
  })
  test('is never replaced beside a database that needs the lost one', () => {
    const config = fresh('lost')
    mkdirSync(join(config.dataDir, 'postgres', 'data'), { recursive: true })
    writeFileSync(join(config.dataDir, 'postgres', 'data', 'PG_VERSION'), '18')
    assert.throws(() => ensureEncryptionKeys(config), /put the kept copy back/)
  })
  test('is refused when damaged', () => {
    const config = fresh('damaged')
    mkdirSync(config.dataDir)
    writeFileSync(join(config.dataDir, 'encryption-key'), 'short')
    assert.throws(() => ensureEncryptionKeys(config), /does not hold 32 bytes/)
  })
  test('is changed with the one before beside it, until that is given up', () => {
    const config = fresh('changed')
    const { encryptionKey: before } = ensureEncryptionKeys(config)
    assert.equal(beginKeyChange(config.dataDir), true)
    const during = ensureEncryptionKeys(config)
    assert.notDeepEqual(during.encryptionKey, before)
    assert.deepEqual(during.oldEncryptionKeys, [before])
    for (const name of ['encryption-key', 'encryption-key.old'])
      assert.equal(statSync(join(config.dataDir, name)).mode & 0o777, 0o600)
    assert.equal(beginKeyChange(config.dataDir), false, 'one change at a time')
    assert.deepEqual(ensureEncryptionKeys(config), during)
    assert.equal(endKeyChange(config.dataDir), join(config.dataDir, 'encryption-key.old'))
    assert.deepEqual(ensureEncryptionKeys(config), { ...during, oldEncryptionKeys: [] })
    assert.equal(endKeyChange(config.dataDir), null)
  })
  test('can be read wherever its change was interrupted', () => {
    const config = fresh('interrupted')
    const { encryptionKey: before } = ensureEncryptionKeys(config)
    // Killed after the first step: the old name is there, and the new key is not.
    writeFileSync(join(config.dataDir, 'encryption-key.old'), before.toString('base64'))
    assert.deepEqual(ensureEncryptionKeys(config), { encryptionKey: before, oldEncryptionKeys: [before] })
    assert.equal(beginKeyChange(config.dataDir), true)
    assert.deepEqual(ensureEncryptionKeys(config).oldEncryptionKeys, [before])
  })
})

test('the reference names every variable of the table and no other, and the page is the rendered one', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/reference/config.md'), 'utf8')
  assert.ok(page.endsWith(renderConfigReference()), 'run "npm run generate"')
  const documented = [...page.matchAll(/^\| `([A-Z_]+)`/gm)].map(match => match[1])
  assert.deepEqual(documented, names)
})
