import { BufferJSON, proto, type SignalDataTypeMap } from 'baileys'

/** The JSON texts a `set` writes, by key type and id; null deletes. */
export type EncodedKeys = Record<string, Record<string, string | null>>

/** Any value Baileys keeps, as JSON text; buffers at any depth survive. */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value, BufferJSON.replacer)
}

export function decodeJson(text: string): unknown {
  return JSON.parse(text, BufferJSON.reviver)
}

/** One batch of Baileys' keys as texts. Types are free text: release candidates add new ones. */
export function encodeKeys(data: object): EncodedKeys {
  const encoded: EncodedKeys = {}
  for (const [type, values] of Object.entries(data as Record<string, Record<string, unknown>>)) {
    const row: Record<string, string | null> = {}
    for (const [id, value] of Object.entries(values)) row[id] = encodeKey(type, value)
    encoded[type] = row
  }
  return encoded
}

function encodeKey(type: string, value: unknown): string | null {
  if (value === null || value === undefined) return null
  return encodeJson(type === 'sender-key' && value instanceof Uint8Array ? reencodeSenderKey(value) : value)
}

/**
 * A sender key is JSON text in which Baileys leaves skipped message keys as `{type:'Buffer',data:[numbers]}`, a form
 * its own reader does not turn back into buffers: a group message that overtakes another could then never be read.
 * Written with the replacer they are base64, which the reader knows, and a third of the size.
 */
function reencodeSenderKey(record: Uint8Array): Buffer {
  return Buffer.from(encodeJson(JSON.parse(Buffer.from(record).toString('utf8'))))
}

/** One key as Baileys wants it back. */
export function decodeKey<T extends keyof SignalDataTypeMap>(type: T, text: string): SignalDataTypeMap[T] {
  const value = decodeJson(text)
  const hydrated =
    type === 'app-state-sync-key'
      ? proto.Message.AppStateSyncKeyData.fromObject(value as Record<string, unknown>)
      : value
  return hydrated as SignalDataTypeMap[T]
}
