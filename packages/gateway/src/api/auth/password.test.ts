/** The laws of passwords: the right one is right, nobody's is, and a crowd does not take the machine. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword, isPassword, PasswordsBusy } from './password.ts'

test('a password is right for its hash, typed either way, and nothing else is', async () => {
  const hash = await hashPassword('caf\u00e9 au lait, s\u2019il vous pla\u00eet')
  assert.match(hash, /^\$scrypt\$ln=15,r=8,p=3\$[\w+/]{22}==\$[\w+/]{43}=$/)
  assert.equal(await isPassword('cafe\u0301 au lait, s\u2019il vous plai\u0302t', hash), true)
  assert.equal(await isPassword('cafe au lait, s\u2019il vous plait', hash), false)
  assert.equal(await isPassword('', hash), false)
  assert.notEqual(await hashPassword('the same'), await hashPassword('the same'))
})

test('nobody has no password', async () => {
  assert.equal(await isPassword('', null), false)
  assert.equal(await isPassword('anything', null), false)
})

test('a hash keeps the cost it was made with, and a damaged one is an error', async () => {
  // RFC 7914, section 12: "pleaseletmein", N=16384, r=8, p=1, the first 32 bytes.
  const key = '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2'
  const text = (bytes: Buffer) => bytes.toString('base64')
  const hash = `$scrypt$ln=14,r=8,p=1$${text(Buffer.from('SodiumChloride'))}$${text(Buffer.from(key, 'hex'))}`
  assert.equal(await isPassword('pleaseletmein', hash), true)
  assert.equal(await isPassword('pleaseletmeout', hash), false)
  await assert.rejects(isPassword('x', 'plain text'), /damaged/)
})

test('of a crowd twenty wait, and the rest are told so at once', async () => {
  const answers = await Promise.allSettled(Array.from({ length: 23 }, () => isPassword('x', null)))
  const refused = answers.filter(answer => answer.status === 'rejected')
  assert.equal(refused.length, 3)
  for (const { reason } of refused) assert.ok(reason instanceof PasswordsBusy)
  assert.equal(await isPassword('x', null), false, 'and then it is quiet again')
})
