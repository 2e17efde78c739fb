import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { describe, test } from 'node:test'
import { BlockedAddress, createGuard, type Guard, type GuardReason, type Resolve } from './guard.ts'

const strict = createGuard({ allow: 'public', allowLoopback: false })

/** URLs nobody's webhook may have, by why: every range, every notation, every trick we know of. */
const hostile: Record<GuardReason, string[]> = {
  not_a_url: [
    '',
    ' ',
    'example.com',
    '//example.com/hook',
    '/hook',
    'https://',
    'https:///',
    'http://[::1',
    'http://256.256.256.256/',
    'http://1.2.3.4.5/',
    'http://127.0.0.0x100/',
    'http://[fe80::1%25eth0]/',
    'http://[fe80::1%eth0]/',
    'http://[::ffff:127.0.0.256]/',
    'http://exa mple.com/',
    'http://example.com:99999/',
    'http://%00/',
  ],
  scheme: [
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com:6379/_FLUSHALL',
    'javascript:alert(1)',
    'data:text/plain,hi',
    'ws://example.com/',
    'unix:/var/run/docker.sock',
    'dict://127.0.0.1:11211/',
    'blob:https://example.com/1',
  ],
  credentials: [
    'https://user:secret@example.com/',
    'https://user@example.com/',
    'https://:secret@example.com/',
    'http://example.com@127.0.0.1/',
    'http://example.com:80@[::1]/',
  ],
  port: [],
  address: [
    // loopback, in every notation
    'http://127.0.0.1/',
    'http://127.0.0.1:8080/hook?x=1',
    'http://127.255.255.254/',
    'http://127.1/',
    'http://127.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0.0.1/',
    'http://0x7f.0x0.0x0.0x1/',
    'http://017700000001/',
    'http://0177.0.0.1/',
    'http://0177.0.0.01/',
    'http://127.0.0.1./',
    'http://%31%32%37.0.0.1/',
    'http://①②⑦.⓪.⓪.①/',
    'http://127。0。0。1/',
    'http://１２７.0.0.1/',
    'http:\\\\127.0.0.1\\',
    'http:127.0.0.1',
    'https://127.0.0.1:443/',
    'http://127.0.0.1#@example.com/',
    'http://127.0.0.1?@example.com/',
    'http://localhost/',
    'http://LOCALHOST/',
    'http://localhost./',
    'http://api.localhost/',
    'http://lo\tcalhost/',
    'http://[::1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[0000::0001]:80/',
    // unspecified
    'http://0/',
    'http://0.0.0.0/',
    'http://0.1.2.3/',
    'http://[::]/',
    // private
    'http://10.0.0.1/',
    'http://10.255.255.255/',
    'http://012.0.0.1/',
    'http://167772161/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.0.1/',
    'http://192.168.1/',
    'http://0xc0a80001/',
    'http://[fc00::1]/',
    'http://[fd12:3456:789a::1]/',
    'http://[fec0::1]/',
    // carrier-grade NAT
    'http://100.64.0.1/',
    'http://100.127.255.255/',
    // link-local and metadata
    'http://169.254.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://169.254.170.2/v2/credentials',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
    // multicast, broadcast, reserved
    'http://224.0.0.1/',
    'http://239.255.255.255/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://4294967295/',
    'http://[ff02::1]/',
    'http://192.0.0.1/',
    'http://192.88.99.1/',
    'http://198.18.0.1/',
    'http://198.19.255.255/',
    // documentation
    'http://192.0.2.1/',
    'http://198.51.100.1/',
    'http://203.0.113.1/',
    'http://[2001:db8::1]/',
    'http://[3fff::1]/',
    // IPv4 inside IPv6: mapped, compatible, translated, tunnelled
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[::ffff:8.8.8.8]/',
    'http://[::127.0.0.1]/',
    'http://[::a00:1]/',
    'http://[::ffff:0:127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b::10.0.0.1]/',
    'http://[64:ff9b:1::1]/',
    'http://[2002:7f00:1::]/',
    'http://[2002:a00:1::1]/',
    'http://[2001:0:7f00:1::]/',
    'http://[2001::1]/',
    // other special IPv6
    'http://[100::1]/',
    'http://[2001:2::1]/',
    'http://[2001:10::1]/',
    'http://[2001:20::1]/',
    'http://[5f00::1]/',
    'http://[4000::1]/',
    'http://[1::1]/',
  ],
}

describe('the guard refuses', () => {
  for (const [reason, urls] of Object.entries(hostile))
    for (const url of urls)
      test(`${reason}: ${JSON.stringify(url)}`, () => {
        const verdict = strict.checkUrl(url)
        assert.ok(!verdict.ok, `let through ${URL.parse(url)?.href}`)
        assert.equal(verdict.reason, reason)
        assert.ok(verdict.detail.length > 20)
      })
})

test('ordinary public URLs pass', () => {
  for (const url of [
    'https://example.com/hooks/whatsapp?tenant=5',
    'http://example.com:8080/',
    'https://bücher.example/',
    'https://1.1.1.1/',
    'https://[2606:4700:4700::1111]/',
    'https://localhost.example.com/',
    'https://127.0.0.1.example.com/',
    'https://100.63.255.255/',
    'https://172.32.0.1/',
  ])
    assert.deepEqual(strict.checkUrl(url), { ok: true }, url)
})

test('loopback passes only where it is allowed, and brings nothing else with it', () => {
  const guard = createGuard({ allow: 'public', allowLoopback: true })
  for (const url of [
    'http://127.0.0.1:3000/',
    'http://localhost:3000/',
    'http://[::1]/',
    'http://2130706433/',
  ])
    assert.ok(guard.checkUrl(url).ok, url)
  for (const url of ['http://0.0.0.0/', 'http://10.0.0.1/', 'http://[::ffff:127.0.0.1]/', 'http://[::]/'])
    assert.ok(!guard.checkUrl(url).ok, url)
})

test('named networks open exactly themselves', () => {
  const guard = createGuard({
    allow: ['10.1.0.0/16', 'fd00:1::/32', '169.254.169.254/32'],
    allowLoopback: false,
  })
  for (const url of ['http://10.1.2.3/', 'http://[fd00:1::5]/', 'http://169.254.169.254/'])
    assert.ok(guard.checkUrl(url).ok, url)
  for (const url of ['http://10.2.0.1/', 'http://[fd00:2::5]/', 'http://127.0.0.1/', 'http://169.254.0.1/'])
    assert.ok(!guard.checkUrl(url).ok, url)
})

test('allowing any network does not open the places where clouds hand out credentials', () => {
  const guard = createGuard({ allow: 'any', allowLoopback: false })
  for (const url of ['http://10.0.0.1/', 'http://127.0.0.1/', 'http://[fe80::1]/', 'http://192.168.1.1/'])
    assert.ok(guard.checkUrl(url).ok, url)
  for (const url of ['http://169.254.169.254/', 'http://[fd00:ec2::254]/', 'http://168.63.129.16/'])
    assert.ok(!guard.checkUrl(url).ok, url)
})

test('with named ports, others are refused', () => {
  const guard = createGuard({ allow: 'public', allowLoopback: false, ports: [443, 8443] })
  assert.ok(guard.checkUrl('https://example.com/').ok)
  assert.ok(guard.checkUrl('https://example.com:8443/').ok)
  for (const url of ['http://example.com/', 'https://example.com:25/']) {
    const verdict = guard.checkUrl(url)
    assert.equal(verdict.ok ? '' : verdict.reason, 'port')
  }
})

describe('a name', () => {
  test('is refused when any of its addresses is, however many are public', async () => {
    for (const bad of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:10.0.0.1', '64:ff9b::1'])
      await assert.rejects(
        lookup(guardResolving([['1.1.1.1', bad]]), 'mixed.example'),
        (error: Error) => error instanceof BlockedAddress && error.message.includes(bad),
      )
  })

  test('that passed once and then answers with a private address is refused the second time', async () => {
    const guard = guardResolving([['1.1.1.1'], ['10.0.0.1']])
    assert.deepEqual(await lookup(guard, 'rebind.example'), [{ address: '1.1.1.1', family: 4 }])
    await assert.rejects(lookup(guard, 'rebind.example'), BlockedAddress)
  })

  test('is resolved once for those who ask at the same time', async () => {
    let asked = 0
    const guard = createGuard({
      allow: 'public',
      allowLoopback: false,
      resolve: async () => {
        asked++
        await new Promise(resolve => setImmediate(resolve))
        return addresses(['1.1.1.1'])
      },
    })
    await Promise.all([
      lookup(guard, 'one.example'),
      lookup(guard, 'one.example'),
      lookup(guard, 'two.example'),
    ])
    assert.equal(asked, 2)
  })

  test('that does not resolve fails with the resolver’s own error', async () => {
    const failing = createGuard({
      allow: 'public',
      allowLoopback: false,
      resolve: async () => {
        throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
      },
    })
    await assert.rejects(lookup(failing, 'gone.example'), { code: 'ENOTFOUND' })
  })

  test('with only addresses of another family than wanted does not resolve', async () => {
    const guard = guardResolving([['1.1.1.1']])
    await assert.rejects(
      new Promise((resolve, reject) =>
        guard.lookup('v4.example', { family: 6 }, (error, address) =>
          error ? reject(error) : resolve(address),
        ),
      ),
      { code: 'ENOTFOUND' },
    )
  })
})

/** Answers the first question with the first list, the second with the second, and so on. */
function guardResolving(answers: string[][]): Guard {
  const left = [...answers]
  const resolve: Resolve = async () => addresses(left.shift() ?? [])
  return createGuard({ allow: 'public', allowLoopback: false, resolve })
}

function addresses(list: string[]): LookupAddress[] {
  return list.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
}

/** As `net.connect` asks. */
function lookup(guard: Guard, hostname: string): Promise<unknown> {
  return new Promise((resolve, reject) =>
    guard.lookup(hostname, { all: true }, (error, found) => (error ? reject(error) : resolve(found))),
  )
}
