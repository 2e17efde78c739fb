import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFrameReader, encodeFrame, GREETING } from './frames.ts'

const stream = Buffer.concat([
  GREETING,
  encodeFrame(Buffer.from('first')),
  encodeFrame(Buffer.from('second')),
])

test('frames come out whole, however the bytes are cut', () => {
  for (let size = 1; size <= stream.length; size++) {
    const read = createFrameReader()
    const frames: string[] = []
    for (let at = 0; at < stream.length; at += size) {
      for (const frame of read(stream.subarray(at, at + size))) frames.push(frame.toString())
    }
    assert.deepEqual(frames, ['first', 'second'], `cut every ${size} bytes`)
  }
})

test('an edge-routing header before the greeting is skipped', () => {
  const routing = Buffer.from('where to')
  const header = Buffer.concat([Buffer.from('ED'), Buffer.from([0, 1]), encodeFrame(routing)])
  const frames = createFrameReader()(Buffer.concat([header, stream]))
  assert.deepEqual(frames.map(String), ['first', 'second'])
})

test('another protocol is refused', () => {
  assert.throws(() => createFrameReader()(Buffer.from('GET / HTTP/1.1')), /not a WhatsApp greeting/)
})
