import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { emptySha256, signS3 } from './s3-signature.ts'

/** The examples of Amazon's documentation of Signature Version 4 ("Authenticating Requests: Using the Authorization Header"). */
const by = {
  keyId: 'AKIAIOSFODNN7EXAMPLE',
  secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
}
const now = new Date('2013-05-24T00:00:00Z')
const at = (path: string) => new URL(`https://examplebucket.s3.amazonaws.com${path}`)
const signatureOf = (headers: Record<string, string>) => headers.authorization?.split('Signature=')[1]

test('a GET of a range is signed as Amazon signs it', () => {
  const headers = signS3(
    { method: 'GET', url: at('/test.txt'), headers: { range: 'bytes=0-9' }, sha256: emptySha256 },
    by,
    now,
  )
  assert.equal(signatureOf(headers), 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41')
  assert.match(headers.authorization ?? '', /SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,/)
})

test('a PUT with a path to be encoded is signed as Amazon signs it', () => {
  const headers = {
    date: 'Fri, 24 May 2013 00:00:00 GMT',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
  }
  const sha256 = createHash('sha256').update('Welcome to Amazon S3.').digest('hex')
  const signed = signS3({ method: 'PUT', url: at('/test$file.text'), headers, sha256 }, by, now)
  assert.equal(signatureOf(signed), '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd')
})

test('parameters are signed in their order', () => {
  const signed = signS3(
    { method: 'GET', url: at('/?prefix=J&max-keys=2'), headers: {}, sha256: emptySha256 },
    by,
    now,
  )
  assert.equal(signatureOf(signed), '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7')
})
