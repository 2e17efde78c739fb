import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { catalog } from '@waxwing/events'
import { waxwing } from './run-waxwing.ts'

const folder = mkdtempSync(join(tmpdir(), 'waxwing-cli-'))
after(() => rmSync(folder, { recursive: true }))

test('--help names every verb and ends well', async () => {
  const { code, stdout } = await waxwing(['--help'])
  assert.equal(code, 0)
  for (const name of [
    'start',
    'migrate',
    'reencrypt',
    'doctor',
    'demo',
    'sandbox',
    'events',
    'listen',
    'trigger',
    'replay',
    'secret',
    'bench',
  ])
    assert.match(stdout, new RegExp(`^  ${name} `, 'm'))
})

test('a misspelt verb is refused with the nearest one', async () => {
  const { code, stderr } = await waxwing(['strat'])
  assert.equal(code, 1)
  assert.match(stderr, /Did you mean start\?/)
})

test('events prints the whole catalog, for people and for programs', async () => {
  const people = await waxwing(['events'])
  assert.equal(people.code, 0)
  for (const { type } of catalog) assert.ok(people.stdout.includes(`  ${type} `), type)

  const programs = await waxwing(['events', '--json'])
  assert.deepEqual(
    programs.records.map(record => record.type),
    catalog.map(row => row.type),
  )
})

for (const name of ['start', 'migrate'])
  test(`${name} refuses a bad environment whole, starts nothing, and says what to change`, async () => {
    const env = { PORT: 'eighty', DATABSE_URL: 'postgres://x', API_KEY: 'hush' }
    const people = await waxwing([name], env)
    assert.equal(people.code, 1)
    assert.match(people.stderr, /PORT is not a whole number \("eighty"\)/)
    assert.match(people.stderr, /Rename it to DATABASE_URL/)
    assert.ok(!people.stderr.includes('hush'))

    const [record] = (await waxwing([name, '--json'], env)).records
    assert.equal(record?.ok, false)
    assert.deepEqual(
      (record?.problems as { variable: string }[] | undefined)?.map(({ variable }) => variable),
      ['PORT', 'API_KEY', 'DATABSE_URL'],
    )
  })

test('start with fewer than all roles says why that cannot be', async () => {
  const { code, stderr } = await waxwing(['start', '--roles', 'api'])
  assert.equal(code, 1)
  assert.match(stderr, /ROLES leaves out a role/)
})

test('doctor passes on embedded defaults and changes nothing', async () => {
  const dataDir = join(folder, 'untouched')
  const { code, records } = await waxwing(['doctor', '--json'], { DATA_DIR: dataDir, PORT: '0' })
  assert.equal(code, 0, JSON.stringify(records))
  const levels = records.filter(record => 'level' in record)
  assert.ok(levels.every(({ level }) => level === 'ok'))
  assert.deepEqual(
    levels.map(({ check }) => check),
    ['Node', 'DATA_DIR', 'ENCRYPTION_KEY', 'Postgres', 'PORT', 'API_KEY', 'AUTH_MODE'],
  )
  assert.throws(() => rmSync(dataDir))
})

test('doctor fails on what is missing, names the fix, and hides secrets', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = taken.address()
  assert.ok(typeof address === 'object' && address !== null)
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  const { code, stdout, stderr } = await waxwing(['doctor'], {
    DATA_DIR: file,
    DATABASE_URL: 'postgres://waxwing:hush@127.0.0.1:1/waxwing',
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    HOST: '127.0.0.1',
    PORT: String(address.port),
  })
  taken.close()
  assert.equal(code, 1)
  assert.match(stderr, /3 checks failed/)
  assert.match(stdout, /^fail {2}DATA_DIR/m)
  assert.match(stdout, /^fail {2}DATABASE_URL .*ECONNREFUSED/m)
  assert.match(stdout, /^fail {2}PORT .* is taken/m)
  assert.match(stdout, /Choose another with PORT=/)
  assert.ok(!stdout.includes('hush'))
})

test('doctor lists a bad environment instead of checking on it', async () => {
  const { code, stdout } = await waxwing(['doctor'], {
    DATA_DIR: folder,
    SANDBOX: 'no',
    WEBHOOK_RETRIES: '9',
  })
  assert.equal(code, 1)
  assert.match(stdout, /^fail {2}SANDBOX/m)
  assert.match(stdout, /^warn {2}WEBHOOK_RETRIES/m)
})
