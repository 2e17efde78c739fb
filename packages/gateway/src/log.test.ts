import assert from 'node:assert/strict'
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
