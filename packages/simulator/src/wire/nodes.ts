import type { BinaryNode } from 'baileys'

/** The server itself, as an address: nobody at WhatsApp. */
export const SERVER = '@s.whatsapp.net'

/** A node without the attributes that are undefined. */
export function node(
  tag: string,
  attrs: Record<string, string | undefined> = {},
  content?: BinaryNode['content'],
): BinaryNode {
  const told: Record<string, string> = {}
  for (const [name, value] of Object.entries(attrs)) if (value !== undefined) told[name] = value
  return content === undefined ? { tag, attrs: told } : { tag, attrs: told, content }
}

export function children(parent: BinaryNode | undefined, tag?: string): BinaryNode[] {
  const all = Array.isArray(parent?.content) ? parent.content : []
  return tag === undefined ? all : all.filter(child => child.tag === tag)
}

export function child(parent: BinaryNode | undefined, tag: string): BinaryNode | undefined {
  return children(parent, tag)[0]
}

/** The bytes of a node; what the codec gave back as text or not at all becomes bytes or none. */
export function bytes(of: BinaryNode | undefined): Buffer {
  const content = of?.content
  if (typeof content === 'string') return Buffer.from(content)
  return content instanceof Uint8Array ? Buffer.from(content) : Buffer.alloc(0)
}

export function text(of: BinaryNode | undefined): string {
  return bytes(of).toString('utf8')
}

/** Unix seconds, as `t` attributes carry them. */
export function seconds(at: Date = new Date()): string {
  return String(Math.floor(at.getTime() / 1000))
}

/** `size` bytes big-endian: registration ids travel in 4, key ids in 3. */
export function bigEndian(value: number, size: number): Buffer {
  const out = Buffer.alloc(size)
  out.writeUIntBE(value, 0, size)
  return out
}

export function fromBigEndian(raw: Buffer): number {
  return raw.length === 0 ? 0 : raw.readUIntBE(0, Math.min(raw.length, 6))
}
