import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createLinks } from './links.ts'

const encryptionKey = randomBytes(32)
const expiresAt = new Date('2026-12-01T00:00:00Z')
const before = new Date('2026-11-30T23:59:59Z')

function partsOf(link: string) {
  const url = new URL(link, 'https://waxwing.example.com')
  return {
    id: url.pathname.replace('/media/', ''),
    expires: url.searchParams.get('expires') ?? '',
    signature: url.searchParams.get('signature') ?? '',
  }
}

test('a link is valid until its time, and expired from then on', () => {
  const links = createLinks({ encryptionKey })
  const link = partsOf(links.sign(randomUUID(), expiresAt))
  assert.equal(links.verify(link, before), 'valid')
  assert.equal(links.verify(link, expiresAt), 'expired')
})

test('a link of which anything was changed is forged, also when it would have expired', () => {
  const links = createLinks({ encryptionKey })
  const id = randomUUID()
  const link = partsOf(links.sign(id, expiresAt))
  const flipped = `${link.signature.startsWith('A') ? 'B' : 'A'}${link.signature.slice(1)}`
  const changes = [
    { id: randomUUID() },
    { id: `${id}"` },
    { expires: String(Number(link.expires) + 1) },
    { expires: `${link.expires}0` },
    { expires: ` ${link.expires}` },
    { expires: 'Infinity' },
    { signature: flipped },
    { signature: '' },
    { signature: `${link.signature}=` },
    { signature: link.signature.slice(0, -1) },
    { signature: 'ü'.repeat(43) },
  ]
  for (const change of changes)
    for (const now of [before, new Date('2030-01-01')])
      assert.equal(links.verify({ ...link, ...change }, now), 'forged', JSON.stringify(change))
})

test('a link survives a change of keys as long as the older key is given', () => {
  const link = partsOf(createLinks({ encryptionKey }).sign(randomUUID(), expiresAt))
  const next = randomBytes(32)
  const during = createLinks({ encryptionKey: next, oldEncryptionKeys: [encryptionKey] })
  assert.equal(during.verify(link, before), 'valid')
  assert.equal(createLinks({ encryptionKey: next }).verify(link, before), 'forged')
})
