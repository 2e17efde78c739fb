import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { spawnWaxwing, waxwing } from './run-waxwing.ts'

const folder = mkdtempSync(join(tmpdir(), 'waxwing-start-'))
// As root the embedded server runs as another user, who has to get in.
chmodSync(folder, 0o755)
after(() => rmSync(folder, { recursive: true }))

test('start prints the one address to open, with a link that signs in; SIGTERM drains and exits 0', async () => {
  const running = spawnWaxwing(['start', '--no-sandbox'], { DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'warn' })
  const line = await running.firstLine()
  const [, url, file] =
    /^Waxwing is ready: (http:\S+)\/#sign-in=[\w-]{43} \(API key: (\S+)\)$/.exec(line) ?? []
  assert.equal(file, join(folder, 'api-key'))
  const key = readFileSync(file, 'utf8').trim()
  assert.ok(!line.includes(key))
  const answer = await fetch(`${url}/api/v1/sessions`, { headers: { 'x-api-key': `${key}` } })
  assert.equal(answer.status, 200)

  // A second gateway cannot have the same port, and says which variable chooses another.
  const port = new URL(`${url}`).port
  const other = join(folder, 'other')
  const second = await waxwing(['start', '--no-sandbox'], {
    DATA_DIR: other,
    PORT: port,
    LOG_LEVEL: 'silent',
  })
  assert.equal(second.code, 1)
  assert.match(second.stderr, new RegExp(`port ${port} .* is taken .*\\n.*PORT=`))

  const health = await waxwing(['doctor'], { DATA_DIR: folder, PORT: port })
  assert.equal(health.code, 0, health.stdout)
  assert.match(health.stdout, /^warn {2}PORT .* a gateway is running/m)

  running.child.kill('SIGTERM')
  const { code, stdout, stderr } = await running.end()
  assert.equal(code, 0, stderr)
  assert.equal(stdout, `${line}\n`)
})

test('migrate brings a new database up to date, and again changes nothing', async () => {
  const env = { DATA_DIR: join(folder, 'migrated'), LOG_LEVEL: 'warn' }
  for (let i = 0; i < 2; i++) {
    const { code, records, stderr } = await waxwing(['migrate', '--json'], env)
    assert.equal(code, 0, stderr)
    assert.deepEqual(records, [{ ok: true }])
  }
})
