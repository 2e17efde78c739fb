/** What WhatsApp encrypts is opened; what somebody has touched is not, wherever they touched it. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { encryptedStream } from 'baileys'
import fc from 'fast-check'
import type { Attachment } from '../message/attachment.ts'
import { decrypted } from './decrypt.ts'
import { MediaFault } from './fault.ts'

const quiet = {
  level: 'silent',
  child: () => quiet,
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
}
const maxBytes = 1_000_000

/** As an unmodified Baileys encrypts what it sends. */
async function sealed(file: Buffer): Promise<{ ciphertext: Buffer; attachment: Attachment }> {
  const { mediaKey, encFilePath, fileSha256, fileEncSha256, fileLength } = await encryptedStream(
    file,
    'document',
    { logger: quiet as never },
  )
  const attachment: Attachment = {
    kind: 'Document',
    directPath: '/v/file',
    mediaKey,
    fileSha256: fileSha256 ?? null,
    fileEncSha256,
    fileLength,
    mimeType: 'application/pdf',
    fileName: null,
  }
  return { ciphertext: await readFile(encFilePath), attachment }
}

async function* cut(bytes: Buffer, sizes: readonly number[]) {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function opened(bytes: Buffer, attachment: Attachment, sizes = [65_536], limit = maxBytes) {
  const pieces: Uint8Array[] = []
  for await (const piece of decrypted(cut(bytes, sizes), attachment, { maxBytes: limit })) pieces.push(piece)
  return Buffer.concat(pieces)
}

const isCorrupt = (error: unknown) => error instanceof MediaFault && error.code === 'corrupt'

test('a file opens whatever its size, and however the network cuts it', async () => {
  for (const size of [0, 1, 15, 16, 17, 1_000, 65_536]) {
    const file = randomBytes(size)
    const { ciphertext, attachment } = await sealed(file)
    for (const sizes of [[1], [9, 1], [10], [16], [26, 3], [65_536]])
      assert.deepEqual(await opened(ciphertext, attachment, sizes), file, `${size} in ${sizes}`)
  }
})

test('one bit that is another is found, wherever it is and whatever checksums the message leaves out', async () => {
  const file = randomBytes(1_000)
  const { ciphertext, attachment } = await sealed(file)
  await fc.assert(
    fc.asyncProperty(fc.nat(ciphertext.length * 8 - 1), fc.boolean(), fc.boolean(), async (bit, one, two) => {
      const changed = Buffer.from(ciphertext)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      const said = {
        ...attachment,
        ...(one && { fileSha256: null, fileLength: null }),
        ...(two && { fileEncSha256: null }),
      }
      await assert.rejects(opened(changed, said, [100]), isCorrupt)
    }),
  )
})

test('a file that lost its end, its beginning, or has more behind it is refused', async () => {
  const { ciphertext, attachment } = await sealed(randomBytes(1_000))
  const bare = { ...attachment, fileEncSha256: null, fileSha256: null, fileLength: null }
  for (const length of [0, 1, 9, 10, 11, 26, 500, ciphertext.length - 1])
    await assert.rejects(opened(ciphertext.subarray(0, length), bare), isCorrupt, `${length}`)
  await assert.rejects(opened(ciphertext.subarray(16), bare), isCorrupt)
  await assert.rejects(opened(Buffer.concat([ciphertext, randomBytes(16)]), bare), isCorrupt)
})

test('a file that is another than the message says is refused although its code is right', async () => {
  const { ciphertext, attachment } = await sealed(randomBytes(1_000))
  const untrue: Partial<Attachment>[] = [
    { fileSha256: randomBytes(32) },
    { fileEncSha256: randomBytes(32) },
    { fileLength: 999 },
    { mediaKey: randomBytes(32) },
    { kind: 'Image' },
  ]
  for (const lie of untrue)
    await assert.rejects(opened(ciphertext, { ...attachment, ...lie }), isCorrupt, Object.keys(lie).join())
})

test('a file that grows beyond the limit is cut off, whatever the message said', async () => {
  const { ciphertext, attachment } = await sealed(randomBytes(1_000))
  assert.equal((await opened(ciphertext, attachment, [100], 1_000)).length, 1_000)
  let taken = 0
  async function* endless() {
    for (;;) {
      taken += 100
      yield randomBytes(100)
    }
  }
  const isTooLarge = (error: unknown) => error instanceof MediaFault && error.code === 'too_large'
  for (const mediaKey of [attachment.mediaKey, null])
    await assert.rejects(
      (async () => {
        for await (const _ of decrypted(endless(), { ...attachment, mediaKey }, { maxBytes: 5_000 }));
      })(),
      isTooLarge,
    )
  assert.ok(taken <= 10_500, `${taken} bytes were taken`)
})

test('a file of a channel, which nobody encrypted, is held against its checksum', async () => {
  const file = randomBytes(1_000)
  const { attachment } = await sealed(file)
  const plain = { ...attachment, mediaKey: null, fileEncSha256: null }
  assert.deepEqual(await opened(file, plain), file)
  await assert.rejects(opened(randomBytes(1_000), plain), isCorrupt)
})
