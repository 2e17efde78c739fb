import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLog } from './log.ts'

function linesOf(format: 'json' | 'pretty', write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = []
  write(createLog({ logLevel: 'info', logFormat: format }, { write: line => lines.push(line) }))
  return lines.join('')
}

for (const format of ['json', 'pretty'] as const)
  test(`keys, secrets, credentials and what people wrote never reach a ${format} log`, () => {
    const text = linesOf(format, log => {
      log.info({ apiKey: 'hush', delivery: { body: 'hush', secret: 'hush' }, deliveryId: 'd1' }, 'attempt')
      log.info(
        { req: { headers: { authorization: 'Bearer hush', 'x-api-key': 'hush', accept: 'all' } } },
        'in',
      )
      log.info({ headers: { cookie: 'hush' }, creds: { a: 'hush' }, message: { text: 'hush' } }, 'out')
    })
    assert.ok(!text.includes('hush'), text)
    assert.match(text, /d1/)
    assert.match(text, /all/)
  })

test('they are hidden in lists, deep inside, in errors and in what a child logger always says', () => {
  const text = linesOf('json', log => {
    log.info({ list: [{ token: 'hush', id: 'i1' }], a: { b: { c: { password: 'hush' } } } }, 'deep')
    log.warn(
      { err: Object.assign(new Error('refused'), { body: 'hush', more: { secret: 'hush' } }) },
      'error',
    )
    log.child({ room: 'api', apiKey: 'hush' }).info('child')
  })
  assert.ok(!text.includes('hush'), text)
  assert.match(text, /i1/)
  assert.match(text, /refused/)
  assert.match(text, /"room":"api"/)
})

test('what is logged is not changed by logging it, and a circle does no harm', () => {
  const circle: Record<string, unknown> = { secret: 'mine', list: [{ token: 'mine' }] }
  circle.self = circle
  const text = linesOf('json', log => log.info({ circle }, 'round'))
  assert.ok(!text.includes('mine'), text)
  assert.deepEqual([circle.secret, circle.list], ['mine', [{ token: 'mine' }]])
})

for (const [ending, code] of [
  ['process.exit(0)', 0],
  ["throw new Error('unforeseen')", 1],
  ["setImmediate(() => Promise.reject(new Error('unforeseen')))", 1],
  ['void 0', 0],
] as const)
  test(`every line is written, in order, by a process that ends with: ${ending}`, () => {
    const script = `import { createLog } from ${JSON.stringify(join(import.meta.dirname, 'log.ts'))}
      const log = createLog({ logLevel: 'info', logFormat: 'json' })
      for (let line = 0; line < 5_000; line++) log.info({ line }, 'attempt delivered')
      ${ending}`
    const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
    assert.equal(child.status, code)
    const lines = child.stderr.split('\n').filter(line => line.startsWith('{"level"'))
    assert.deepEqual(
      lines.map(line => JSON.parse(line).line),
      Array.from({ length: 5_000 }, (_, line) => line),
    )
  })

test('a JSON line is one object with level, time and message', () => {
  const line = JSON.parse(linesOf('json', log => log.warn({ room: 'api' }, 'slow')))
  assert.equal(line.level, 40)
  assert.equal(line.msg, 'slow')
  assert.equal(line.room, 'api')
  assert.equal(typeof line.time, 'number')
})

test('lines below the level are not written', () => {
  assert.equal(
    linesOf('json', log => log.debug('quiet')),
    '',
  )
})
