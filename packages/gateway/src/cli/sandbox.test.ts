import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spawnWaxwing } from './run-waxwing.ts'

test('sandbox says where it is, obeys one line after the other, and ends with quit', async () => {
  const running = spawnWaxwing(['sandbox', '--port', '0', '--json'])
  running.child.stdin.end(
    'contact 15550102 Grace\nsay hello there\ndance\nscan nonsense\nquit\nsay too late\n',
  )
  const { code, records } = await running.end()
  assert.equal(code, 0)
  assert.deepEqual(
    records.map(({ event }) => event),
    ['ready', 'contact', 'said', 'refused', 'refused'],
  )
  assert.match(String(records[0]?.url), /^ws:\/\/127\.0\.0\.1:\d+\/ws\/chat$/)
  assert.match(String(records[0]?.root_key), /^[0-9a-f]{64}$/)
  assert.equal(records[2]?.contact, '15550102')
  assert.match(String(records[3]?.fault), /there is no "dance"/)
})

test('sandbox prints lines to export, stays after the end of its input, and ends well on SIGTERM', async () => {
  const running = spawnWaxwing(['sandbox', '--port', '0'])
  running.child.stdin.end('say hello\n')
  for await (const line of running.lines) if (line.startsWith('Ada wrote')) running.child.kill('SIGTERM')
  const { code, stdout } = await running.end()
  assert.equal(code, 0)
  assert.match(stdout, /^export WHATSAPP_URL=ws:\/\/\S+\nexport WHATSAPP_ROOT_KEY=[0-9a-f]{64}$/m)
})

test('the root key is the same from one sandbox to the next', async () => {
  const keys: unknown[] = []
  for (let i = 0; i < 2; i++) {
    const running = spawnWaxwing(['sandbox', '--port', '0', '--json'])
    running.child.stdin.end('quit\n')
    keys.push((await running.end()).records[0]?.root_key)
  }
  assert.equal(keys[0], keys[1])
})
