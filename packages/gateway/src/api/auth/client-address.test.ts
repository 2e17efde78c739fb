/** The law: from the internet one is where one is; behind a proxy of ours one is where the proxy saw one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientAddress, networkOf } from './client-address.ts'

const cases: [peer: string, forwarded: string | undefined, address: string][] = [
  ['203.0.113.9', undefined, '203.0.113.9'],
  // Whoever comes from outside may write into the header what they like.
  ['8.8.8.8', '1.2.3.4', '8.8.8.8'],
  ['2606:4700::1', '1.2.3.4', '2606:4700::1'],
  ['::ffff:8.8.8.8', '1.2.3.4', '8.8.8.8'],
  ['127.0.0.1', undefined, '127.0.0.1'],
  ['127.0.0.1', '8.8.4.4', '8.8.4.4'],
  // Only the last entry is the proxy's own; those before it came with the request.
  ['10.0.0.2', '1.1.1.1, 8.8.4.4', '8.8.4.4'],
  ['::1', '1.1.1.1,2606:4700::2', '2606:4700::2'],
  ['::ffff:172.18.0.3', '8.8.4.4', '8.8.4.4'],
  ['10.0.0.2', 'not an address', '10.0.0.2'],
  ['10.0.0.2', '', '10.0.0.2'],
  ['', '8.8.8.8', 'unknown'],
]

for (const [peer, forwarded, address] of cases)
  test(`${peer || 'nowhere'} with ${forwarded ?? 'no header'} is ${address}`, () => {
    assert.equal(clientAddress(peer, { 'x-forwarded-for': forwarded }), address)
  })

test('addresses of one /64 are counted together, and IPv4 addresses alone', () => {
  assert.equal(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:2:ffff:ffff:ffff:ffff'))
  assert.notEqual(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'))
  assert.equal(networkOf('8.8.8.8'), '8.8.8.8')
  assert.equal(networkOf('unknown'), 'unknown')
})
