import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { spawnWaxwing, waxwing } from './run-waxwing.ts'

const folder = mkdtempSync(join(tmpdir(), 'waxwing-demo-test-'))
chmodSync(folder, 0o755)
after(() => rmSync(folder, { recursive: true }))

test('the demo plays the whole journey whatever the environment says, and leaves nothing behind', async () => {
  const env = { TMPDIR: folder, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing', PORT: 'not a port' }
  const { code, records, stderr } = await waxwing(['demo', '--json'], env)
  assert.equal(code, 0, `${stderr}\n${JSON.stringify(records)}`)
  assert.deepEqual(
    records.slice(0, -1).map(({ step }) => step),
    [
      'start the gateway',
      'create the webhook',
      'show the QR',
      'scan it and connect',
      'a contact writes and the webhook arrives',
      'reply through the API',
      'message.sent arrives',
    ],
  )
  assert.equal(records.at(-1)?.ok, true)
  assert.deepEqual(readdirSync(folder), [])
})

test('an interrupted demo says where it was, fails, and leaves nothing behind', async () => {
  const running = spawnWaxwing(['demo'], { TMPDIR: folder })
  for await (const line of running.lines) if (line.includes('The gateway is up')) running.child.kill('SIGINT')
  const { code, stderr } = await running.end()
  assert.equal(code, 1)
  assert.match(stderr, /interrupted while: /)
  assert.deepEqual(readdirSync(folder), [])
})
