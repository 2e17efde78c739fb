import type { BinaryNode } from 'baileys'
import type { InboxPart } from '../store/inbox.ts'
import { decodeJson, encodeJson } from './auth-codec.ts'

/** One encrypted part and where in which stanza it stands. */
export type StanzaPart = {
  stanza: BinaryNode
  /** Of the part itself: its type, how often it was sent. */
  attrs: Record<string, string>
  delivery: string
  part: number
  parts: number
}

type Journaled = {
  attrs: Record<string, string>
  part: Record<string, string>
  /** What stands in the stanza beside its parts; with the first part only. */
  others?: BinaryNode[]
  /** As it was decrypted, padding included. */
  plaintext: Uint8Array | null
}

/**
 * Bytes of a plaintext that is kept. Whole histories come inline in messages of megabytes; such a one is read, but not
 * given again: the phone can be asked for its history.
 */
const largestPlaintext = 1_000_000

export function journaledPart(place: StanzaPart, plaintext: Uint8Array): InboxPart {
  const { stanza, delivery, part, parts } = place
  const kept: Journaled = {
    attrs: stanza.attrs,
    part: place.attrs,
    ...(part === 0 && { others: othersOf(stanza) }),
    plaintext: plaintext.length > largestPlaintext ? null : plaintext,
  }
  return { delivery, part, parts, value: encodeJson(kept) }
}

/** Throws when it was too large to be kept. */
export function plaintextOf(value: string): Uint8Array {
  const { plaintext } = decodeJson(value) as Journaled
  if (plaintext === null) throw new Error('this message was read before and is too large to be kept')
  return plaintext
}

/**
 * The stanza as it would be without encryption, which Baileys reads like any other, and how often it had been sent.
 * Null when a part was too large to be kept.
 */
export function stanzaOf(values: readonly string[]): { node: BinaryNode; retryCount: number } | null {
  const parts = values.map(value => decodeJson(value) as Journaled)
  const [first] = parts
  if (first === undefined) return null
  const content: BinaryNode[] = [...(first.others ?? [])]
  for (const { plaintext } of parts) {
    if (plaintext === null) return null
    content.push({ tag: 'plaintext', attrs: {}, content: unpadded(plaintext) })
  }
  const retryCount = Math.max(...parts.map(({ part }) => Number(part.count ?? 0)))
  return { node: { tag: 'message', attrs: first.attrs, content }, retryCount }
}

const othersOf = ({ content }: BinaryNode): BinaryNode[] =>
  Array.isArray(content) ? content.filter(({ tag }) => tag !== 'enc') : []

/** Signal's plaintexts end in 1 to 16 bytes that each say how many they are. */
function unpadded(plaintext: Uint8Array): Uint8Array {
  return plaintext.subarray(0, plaintext.length - (plaintext.at(-1) ?? 0))
}
