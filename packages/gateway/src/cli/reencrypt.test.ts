/** The law: a key is changed by a command that can be interrupted anywhere, and what it says about the old key is true. */
import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import pino from 'pino'
import { openDatabase } from '../store/database.ts'
import { keyUses } from '../store/database-keys.ts'
import { openStore, type Store } from '../store/store.ts'
import { testDatabase } from '../store/test-database.ts'
import { addWebhook } from '../store/test-stores.ts'
import { createVault } from '../store/vault.ts'
import { spawnWaxwing, waxwing } from './run-waxwing.ts'

const folder = mkdtempSync(join(tmpdir(), 'waxwing-keys-'))
// As root the embedded server runs as another user, who has to get in.
chmodSync(folder, 0o755)
after(() => rmSync(folder, { recursive: true }))

const log = pino({ level: 'silent' })
const [first, second, third] = [1, 2, 3].map(byte => Buffer.alloc(32, byte)) as [Buffer, Buffer, Buffer]
const text = (key: Buffer) => key.toString('base64')
const idOf = (key: Buffer) => createVault(key).keyIds[0]

/** A database with one webhook, whose secret was encrypted with the first key; and how a store is opened on it. */
async function installation(t: TestContext) {
  const { databaseUrl, drop } = await testDatabase()
  const stores: Store[] = []
  const open = async (encryptionKey: Buffer, ...oldEncryptionKeys: Buffer[]) => {
    const store = await openStore({ databaseUrl, encryptionKey, oldEncryptionKeys, log, leaseMs: 60_000 })
    stores.push(store)
    return store
  }
  t.after(async () => {
    await Promise.allSettled(stores.map(store => store.close()))
    await drop()
  })
  const store = await open(first)
  const { secrets } = await addWebhook(store, (await store.profiles.first()).id)
  await store.close()
  return { databaseUrl, open, secret: secrets[0] }
}

test('a new key takes over beside a gateway that has both, and the old one may go', async t => {
  const { databaseUrl, open, secret } = await installation(t)
  const env = { DATABASE_URL: databaseUrl, ENCRYPTION_KEY: text(second), ENCRYPTION_KEY_OLD: text(first) }
  const running = await open(second, first)
  const { code, stdout, stderr } = await waxwing(['reencrypt'], { ...env, LOG_LEVEL: 'warn' })
  assert.equal(code, 0, stderr)
  assert.match(
    stdout,
    new RegExp(`^Encrypted anew with key ${idOf(second)}: 1 values \\(webhook_configs 1, `),
  )
  assert.match(
    stdout,
    new RegExp(`ENCRYPTION_KEY_OLD may be unset, and the old key \\(${idOf(first)}\\) thrown away`),
  )
  for (const key of [first, second]) assert.ok(!stdout.includes(text(key)))
  assert.deepEqual((await running.webhooks.cached())[0]?.secrets, [secret])
  await running.close()
  assert.deepEqual((await (await open(second)).webhooks.cached())[0]?.secrets, [secret])

  const again = await waxwing(['reencrypt', '--json'], { ...env, LOG_LEVEL: 'warn' })
  const { reencrypted, ...rest } = again.records.at(-1) ?? {}
  assert.equal(
    Object.values(reencrypted as object).reduce((sum, count) => sum + count, 0),
    0,
  )
  assert.deepEqual(rest, {
    ok: true,
    key_id: idOf(second),
    retired_key_ids: [idOf(first)],
    in_use: [],
    unreadable: [],
    removed_file: null,
  })
})

test('the wrong old key, and a gateway without the new one, are refused with what to do', async t => {
  const { databaseUrl, open } = await installation(t)
  const env = { DATABASE_URL: databaseUrl, LOG_LEVEL: 'warn', ENCRYPTION_KEY: text(second) }
  const wrong = await waxwing(['reencrypt'], { ...env, ENCRYPTION_KEY_OLD: text(third) })
  assert.equal(wrong.code, 1)
  assert.match(
    wrong.stderr,
    new RegExp(
      `waxwing reencrypt: a key of this database is missing: .*${idOf(first)}.*\\n.*ENCRYPTION_KEY_OLD`,
    ),
  )
  await open(first)
  const alone = await waxwing(['reencrypt'], { ...env, ENCRYPTION_KEY_OLD: text(first) })
  assert.equal(alone.code, 1)
  assert.match(
    alone.stderr,
    /a gateway is connected to this database that was not given the key.*\nRestart every/,
  )
  const given = await waxwing(['reencrypt', '--generate'], env)
  assert.equal(given.code, 1)
  assert.match(given.stderr, /ENCRYPTION_KEY is set, so the next one is yours to make/)
})

test('killed outright again and again, it ends with everything under the new key', async t => {
  const { databaseUrl, open } = await installation(t)
  const store = await open(first)
  const { id: profileId } = await store.profiles.first()
  const session = await store.sessions.create({ profileId, name: 'Shop', network: 'sandbox' })
  const fence = await store.leases.claim({ sessionId: session.id, holder: 'engine', leaseMs: 60_000 })
  const count = 20_000
  const values = Array.from({ length: count }, (_, id) => [String(id), `{"key":${id}}`])
  await store.authState.for(session.id, fence ?? '').set({ 'pre-key': Object.fromEntries(values) })
  await store.close()

  const env = { DATABASE_URL: databaseUrl, ENCRYPTION_KEY: text(second), ENCRYPTION_KEY_OLD: text(first) }
  const sql = openDatabase({ databaseUrl, poolSize: 1, log, applicationName: 'a test' })
  t.after(() => sql.close())
  const anew = async () => {
    const uses = await keyUses(sql.query)
    return uses.find(use => use.keyId === idOf(second))?.values ?? 0
  }
  let before = 0
  for (let kills = 0; kills < 3; kills++) {
    const running = spawnWaxwing(['reencrypt'], { ...env, LOG_LEVEL: 'warn' })
    const exited = running.end()
    let now = before
    for (let tries = 0; now === before && tries < 3_000; tries++) {
      await new Promise(resolve => setTimeout(resolve, 20))
      now = await anew()
    }
    running.child.kill('SIGKILL')
    const { code } = await exited
    assert.ok(code === null && now > before, `killed at ${now} after ${before}, ended with ${code}`)
    before = now
  }
  const { code, records, stderr } = await waxwing(['reencrypt', '--json'], { ...env, LOG_LEVEL: 'warn' })
  assert.equal(code, 0, stderr)
  const last = records.at(-1)?.reencrypted as { session_keys: number }
  assert.ok(last.session_keys > 0 && last.session_keys < count, `${last.session_keys} were left`)
  const after = await open(second)
  await after.leases.endAll()
  const again = await after.leases.claim({ sessionId: session.id, holder: 'engine', leaseMs: 60_000 })
  const auth = after.authState.for(session.id, again ?? '')
  assert.deepEqual(
    await auth.get(
      'pre-key',
      values.map(([id = '']) => id),
    ),
    Object.fromEntries(values),
  )
})

test('doctor compares the keys with the database', async t => {
  const { databaseUrl, open } = await installation(t)
  const asked = async (keys: Record<string, string>) => {
    const env = { DATABASE_URL: databaseUrl, DATA_DIR: join(folder, 'data'), PORT: '0', ...keys }
    const { records } = await waxwing(['doctor', '--json'], env)
    return records
      .filter(record => String(record.check).startsWith('ENCRYPTION_KEY'))
      .map(({ check, level, detail }) => [check, level, detail])
      .slice(1)
  }
  const [key, old] = ['ENCRYPTION_KEY', 'ENCRYPTION_KEY_OLD']
  assert.deepEqual(await asked({ [key]: text(first) }), [
    [key, 'ok', `is the key of the database (${idOf(first)})`],
  ])
  assert.deepEqual(await asked({ [key]: text(second) }), [
    [key, 'fail', `the database needs the key ${idOf(first)}, and ENCRYPTION_KEY is ${idOf(second)}`],
  ])
  assert.deepEqual(await asked({ [key]: text(first), [old]: text(third) }), [
    [key, 'ok', `is the key of the database (${idOf(first)})`],
    [old, 'warn', 'is set, and nothing needs it'],
  ])
  await open(second, first)
  assert.deepEqual(await asked({ [key]: text(second), [old]: text(first) }), [
    [key, 'warn', `something in the database may be encrypted with the older key ${idOf(first)}`],
  ])
})

test('--generate replaces the key in the data folder, also after it was killed in the middle', async () => {
  const env = { DATA_DIR: join(folder, 'embedded'), PORT: '0', SANDBOX: 'false', LOG_LEVEL: 'warn' }
  const file = join(env.DATA_DIR, 'encryption-key')
  const nothing = await waxwing(['reencrypt', '--generate'], env)
  assert.equal(nothing.code, 1)
  assert.match(nothing.stderr, /there is no database in .*embedded/)
  assert.ok(!existsSync(env.DATA_DIR), 'and none was made')

  const secret = await whileRunning(env, async api => {
    const refused = await waxwing(['reencrypt', '--generate'], env)
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /in use by another gateway.*Stop that one first/)
    const body = { webhook_url: 'https://example.org/hook', subscribed_events: ['*'] }
    return (await api('POST', '/webhooks', body)).secret
  })
  const before = readFileSync(file, 'utf8')

  // As a kill leaves it between making the key and encrypting: the new one in its place, the old one beside it.
  writeFileSync(`${file}.old`, before, { mode: 0o600 })
  writeFileSync(file, text(second), { mode: 0o600 })
  await whileRunning(env, async api => {
    const [webhook] = (await api('GET', '/webhooks')).data
    assert.equal((await api('GET', `/webhooks/${webhook.id}/secret`)).secret, secret)
  })

  const ended = await waxwing(['reencrypt', '--generate'], env)
  assert.equal(ended.code, 0, ended.stderr)
  assert.match(ended.stdout, /An earlier change of keys was not finished/)
  assert.match(
    ended.stdout,
    /: 1 values .*\nNothing in the database needs another key.*encryption-key\.old is removed/,
  )
  assert.ok(!existsSync(`${file}.old`))
  assert.equal(readFileSync(file, 'utf8'), text(second))

  const anew = await waxwing(['reencrypt', '--generate'], env)
  assert.equal(anew.code, 0, anew.stderr)
  assert.match(anew.stdout, /^Made a new key\.\nEncrypted anew with key [0-9a-f]{8}: 1 values/)
  assert.ok(![before, text(second)].includes(readFileSync(file, 'utf8')))
  await whileRunning(env, async api => {
    const [webhook] = (await api('GET', '/webhooks')).data
    assert.equal((await api('GET', `/webhooks/${webhook.id}/secret`)).secret, secret)
    const { records } = await waxwing(['doctor', '--json'], env)
    const keys = records.filter(({ check }) => check === 'ENCRYPTION_KEY')
    assert.match(String(keys.at(-1)?.detail), /^is the key of the database/)
  })
})

// biome-ignore lint/suspicious/noExplicitAny: tests look into the answers by name
type Call = (method: string, path: string, body?: object) => Promise<any>

/** Does the work while a gateway runs, as the program itself, and stops that gateway. */
async function whileRunning<T>(env: Record<string, string>, work: (api: Call) => Promise<T>): Promise<T> {
  const running = spawnWaxwing(['start'], env)
  running.child.stderr.resume()
  const url = /^Waxwing is ready: (http:\/\/[^/]+)/.exec(await running.firstLine())?.[1]
  const key = readFileSync(join(String(env.DATA_DIR), 'api-key'), 'utf8').trim()
  try {
    return await work(async (method, path, body) => {
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: { 'x-api-key': key, ...(body && { 'content-type': 'application/json' }) },
        body: body && JSON.stringify(body),
      })
      assert.ok(response.ok, `${method} ${path} -> ${response.status}`)
      return response.json()
    })
  } finally {
    running.child.kill('SIGTERM')
    const { code, stderr } = await running.end()
    assert.equal(code, 0, stderr)
  }
}
