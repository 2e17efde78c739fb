import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkUserHeaders, type HeaderProblem, sendableHeaders } from './user-headers.ts'

test('ordinary headers pass', () => {
  assert.deepEqual(
    checkUserHeaders({
      Authorization: 'Bearer abc.def==',
      'X-Tenant': '5',
      Cookie: 'a=b; c="d"',
      'x-empty': '',
    }),
    [],
  )
})

test('ours and those of the connection are refused in any case', () => {
  for (const name of [
    'Content-Type',
    'content-length',
    'CONTENT-ENCODING',
    'User-Agent',
    'Host',
    'Connection',
    'Keep-Alive',
    'Proxy-Authorization',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'Expect',
    'X-Event-Type',
    'X-Hub-Signature',
    'x-hub-signature-256',
    'Webhook-Id',
    'webhook-signature',
    'WEBHOOK-TIMESTAMP',
    'X-Delivery-Id',
    'x-delivery-attempt',
    'Traceparent',
    'tracestate',
  ])
    assert.deepEqual(
      checkUserHeaders({ [name]: 'x' }).map(problem => problem.name),
      [name],
    )
})

test('nothing can smuggle a second header or request', () => {
  for (const value of ['a\r\nX-Evil: 1', 'a\nb', 'a\rb', 'a\0b', 'ä', '\u2028', 'a\x7f'])
    assert.equal(checkUserHeaders({ 'X-Tenant': value }).length, 1, JSON.stringify(value))
  for (const name of ['', 'a b', 'a:b', 'a\r\nb', 'ä', '(a)', 'a\0'])
    assert.equal(checkUserHeaders({ [name]: 'x' }).length, 1, JSON.stringify(name))
})

test('too many, too long, too much and twice are said', () => {
  const many = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`X-${i}`, 'v']))
  assert.deepEqual(checkUserHeaders(many), [{ name: null, detail: 'has 21 headers; at most 20 are sent' }])
  assert.equal(checkUserHeaders({ 'X-Long': 'v'.repeat(2049) }).length, 1)
  assert.equal(checkUserHeaders({ [`X-${'n'.repeat(100)}`]: 'v' }).length, 1)
  const heavy = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`X-${i}`, 'v'.repeat(2000)]))
  assert.equal(checkUserHeaders(heavy).length, 1)
  assert.deepEqual(checkUserHeaders({ 'X-A': '1', 'x-a': '2' }), [{ name: 'x-a', detail: 'appears twice' }])
})

test('of stored headers the faulty ones are left out and the rest is sent', () => {
  assert.deepEqual(sendableHeaders({ 'X-Tenant': '5', Host: 'evil.example', 'X-B': 'a\r\nb' }), {
    'X-Tenant': '5',
  })
})

test('headers beyond a limit are left out one by one, and it is said once which', () => {
  const told: string[][] = []
  const onLeftOut = (problems: HeaderProblem[]) => told.push(problems.map(({ name }) => `${name}`))
  const many = Object.fromEntries(Array.from({ length: 22 }, (_, i) => [`X-${i}`, 'v']))
  for (let i = 0; i < 3; i++) {
    const sent = Object.keys(sendableHeaders(many, onLeftOut))
    assert.deepEqual(sent, Object.keys(many).slice(0, 20))
  }
  assert.deepEqual(told.splice(0), [['X-20', 'X-21']])

  const long = 'v'.repeat(2_000)
  const heavy = { 'X-A': long, 'X-B': long, 'X-C': long, 'X-D': long, Authorization: 'Bearer abc', '': 'x' }
  assert.deepEqual(Object.keys(sendableHeaders(heavy, onLeftOut)), ['X-A', 'X-B', 'X-C', 'Authorization'])
  assert.deepEqual(told.splice(0), [['', 'X-D']])

  assert.deepEqual(sendableHeaders({ 'X-Tenant': '5' }, onLeftOut), { 'X-Tenant': '5' })
  assert.deepEqual(told, [])
})
