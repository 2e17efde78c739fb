/** Frames are a 24-bit big-endian length and as many bytes; a client's first bytes are an intro before them. */

/** 'W' 'A', protocol 6, dictionary 3: the client's greeting, which is also the Noise prologue. */
export const GREETING = Buffer.from([0x57, 0x41, 6, 3])

export function encodeFrame(payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(3 + payload.length)
  frame.writeUIntBE(payload.length, 0, 3)
  frame.set(payload, 3)
  return frame
}

/** Takes what the socket delivers, however it is cut, and gives whole frames. Throws on a wrong greeting. */
export function createFrameReader(): (bytes: Uint8Array) => Buffer[] {
  let held: Buffer = Buffer.alloc(0)
  let greeted = false
  return bytes => {
    held = Buffer.concat([held, bytes])
    if (!greeted) {
      const rest = skipIntro(held)
      if (!rest) return []
      held = rest
      greeted = true
    }
    const frames: Buffer[] = []
    while (held.length >= 3) {
      const end = 3 + held.readUIntBE(0, 3)
      if (held.length < end) break
      frames.push(held.subarray(3, end))
      held = held.subarray(end)
    }
    return frames
  }
}

/** Skips the greeting and the edge-routing header that may stand before it; null while it is incomplete. */
function skipIntro(bytes: Buffer): Buffer | null {
  let at = 0
  if (bytes.subarray(0, 2).toString('latin1') === 'ED') {
    if (bytes.length < 7) return null
    at = 7 + bytes.readUIntBE(4, 3)
  }
  if (bytes.length < at + GREETING.length) return null
  if (!bytes.subarray(at, at + GREETING.length).equals(GREETING)) throw new Error('not a WhatsApp greeting')
  return bytes.subarray(at + GREETING.length)
}
