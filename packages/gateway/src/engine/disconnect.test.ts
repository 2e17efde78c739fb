import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backOffMs } from './back-off.ts'
import { afterDisconnect, disconnectTable } from './disconnect.ts'

const cases = [
  [400, '', { kind: 'give up', status: 'failed' }],
  [401, '', { kind: 'logged out' }],
  [402, '', { kind: 'wait', delayMs: 3_600_000 }],
  [403, '', { kind: 'give up', status: 'banned' }],
  [405, '', { kind: 'refresh version' }],
  [408, 'Connection was lost', { kind: 'reconnect', when: 'back off' }],
  [408, 'QR refs attempts ended', { kind: 'give up', status: 'qr_expired' }],
  [411, '', { kind: 'give up', status: 'failed' }],
  [428, '', { kind: 'reconnect', when: 'back off' }],
  [440, '', { kind: 'check lease', delayMs: 60_000 }],
  [500, '', { kind: 'reconnect', when: 'back off' }],
  [503, '', { kind: 'reconnect', when: 'back off' }],
  [515, '', { kind: 'reconnect', when: 'at once' }],
  [undefined, 'network down', { kind: 'reconnect', when: 'back off' }],
  [599, '', { kind: 'reconnect', when: 'back off' }],
] as const

for (const [code, message, expected] of cases) {
  test(`after ${code ?? 'no code'}${message && ` “${message}”`}: ${Object.values(expected).join(', ')}`, () => {
    const { reason, ...action } = afterDisconnect({ code, message })
    assert.deepEqual(action, expected)
    assert.match(reason, /^[A-Z].*[.?]$/, 'a sentence for people')
  })
}

test('every row of the table is among these cases', () => {
  const tested = new Set(cases.map(([code]) => String(code)))
  assert.deepEqual(
    Object.keys(disconnectTable).filter(code => !tested.has(code)),
    [],
  )
})

test('a temporary ban is waited for as long as WhatsApp says', () => {
  const action = afterDisconnect({ code: 402, message: '', expireSeconds: 600 })
  assert.equal(action.kind === 'wait' && action.delayMs, 600_000)
})

test('a ban longer than a timer can count is looked at again after a day', () => {
  const action = afterDisconnect({ code: 402, message: '', expireSeconds: 30 * 86_400 })
  assert.equal(action.kind === 'wait' && action.delayMs, 86_400_000)
})

test('the back-off doubles from a second to a minute, a fifth up or down', () => {
  const plain = [1, 2, 3, 4, 5, 6, 7, 20].map(failures => backOffMs(failures, () => 0.5))
  assert.deepEqual(plain, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  assert.equal(
    backOffMs(1, () => 0),
    800,
  )
  assert.equal(
    backOffMs(20, () => 1),
    72_000,
  )
})
