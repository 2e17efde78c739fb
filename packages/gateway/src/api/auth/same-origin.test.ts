/** The law: for its cookie a request is believed only when a browser says that a page of ours sent it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFromElsewhere, isFromOurPage } from './same-origin.ts'

type Headers = { host?: string; origin?: string; 'sec-fetch-site'?: string }
const here = { host: '192.168.1.5:3000' }
const proxied = 'https://hooks.example.org'

/** What is said, PUBLIC_URL, then: for the cookie it is believed; without one it is let through. */
const cases: [said: Headers, publicUrl: string | null, ours: boolean, elsewhere: boolean][] = [
  [{ ...here, 'sec-fetch-site': 'same-origin' }, null, true, false],
  [{ ...here, 'sec-fetch-site': 'same-site' }, null, false, true],
  [{ ...here, 'sec-fetch-site': 'cross-site' }, null, false, true],
  // The address bar: nothing that changes something comes from there.
  [{ ...here, 'sec-fetch-site': 'none' }, null, false, false],
  // A program says nothing. It has no cookie either, unless somebody took it there.
  [here, null, false, false],
  // Plain http to another machine: browsers do not say more than this.
  [{ ...here, origin: 'http://192.168.1.5:3000' }, null, true, false],
  [{ ...here, origin: 'http://192.168.1.5:3001' }, null, false, true],
  [{ ...here, origin: 'http://192.168.1.5' }, null, false, true],
  [{ ...here, origin: 'null' }, null, false, true],
  [{ ...here, origin: 'http://evil.example' }, null, false, true],
  [{ ...here, origin: 'file://' }, null, false, true],
  [{ origin: 'http://192.168.1.5:3000' }, null, false, true],
  // A proxy that speaks https and keeps the name, one that keeps nothing, and one that says it itself.
  [{ host: 'hooks.example.org', origin: proxied }, null, true, false],
  [{ host: 'gateway:3000', origin: proxied }, null, false, true],
  [{ host: 'gateway:3000', origin: proxied }, proxied, true, false],
  [{ host: 'gateway:3000', origin: 'http://hooks.example.org' }, proxied, false, true],
  [{ host: 'gateway:3000', origin: 'https://hooks.example.org.evil.example' }, proxied, false, true],
  // The surer word counts.
  [{ ...here, origin: 'http://192.168.1.5:3000', 'sec-fetch-site': 'cross-site' }, null, false, true],
]

for (const [headers, publicUrl, ours, elsewhere] of cases)
  test(`${JSON.stringify(headers)}${publicUrl ? ` at ${publicUrl}` : ''}`, () => {
    assert.equal(isFromOurPage({ headers }, publicUrl), ours)
    assert.equal(isFromElsewhere({ headers }, publicUrl), elsewhere)
  })
