/** The law: a sealed value opens with its key in its place, and nowhere else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVault, ForeignKeyError, VaultError } from './vault.ts'

const vault = createVault(Buffer.alloc(32, 1))

test('what was sealed opens in its place', () => {
  for (const text of ['', 'short', '{"ключ":"🗝"}', 'x'.repeat(100_000)]) {
    assert.equal(vault.open(vault.seal(text, 'a/1'), 'a/1'), text)
  }
})

test('two seals of one text differ', () => {
  assert.notDeepEqual(vault.seal('same', 'a'), vault.seal('same', 'a'))
})

test('a value that was moved to another place, cut or changed does not open', () => {
  const sealed = vault.seal('text', 'sessions/1')
  assert.throws(() => vault.open(sealed, 'sessions/2'), VaultError)
  for (let index = 0; index < sealed.length; index++) {
    const changed = Buffer.from(sealed)
    changed[index] = (changed[index] ?? 0) ^ 1
    assert.throws(() => vault.open(changed, 'sessions/1'), VaultError)
    assert.throws(() => vault.open(sealed.subarray(0, index), 'sessions/1'), VaultError)
  }
})

test('another key is told apart from a damaged value, and no message holds the text', () => {
  const sealed = vault.seal('marigold', 'a')
  assert.throws(
    () => createVault(Buffer.alloc(32, 2)).open(sealed, 'a'),
    (error: Error) => /encrypted with another key/.test(error.message) && !error.message.includes('marigold'),
  )
})

test('an older key still opens what it sealed, and the newer one seals', () => {
  const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const rotated = createVault(second, [first, second, first])
  assert.deepEqual(rotated.keyIds, [...createVault(second).keyIds, ...vault.keyIds], 'each named once')
  assert.equal(rotated.open(vault.seal('marigold', 'a'), 'a'), 'marigold')
  const sealed = rotated.seal('marigold', 'a')
  assert.equal(createVault(second).open(sealed, 'a'), 'marigold')
  assert.throws(() => vault.open(sealed, 'a'), ForeignKeyError)
})

test('a key of another length is refused', () => {
  assert.throws(() => createVault(Buffer.alloc(31)), /31 bytes instead of 32/)
})
