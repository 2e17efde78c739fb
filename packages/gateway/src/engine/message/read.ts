import type { proto } from 'baileys'
import { type MessageRow, messageTable } from './table.ts'
import type { ReadContent } from './text.ts'

/** A message without its wrappers: the field that carries the content, what it says, and what it refers to. */
export type ReadMessage = ReadContent & { context: proto.IContextInfo }

/** WhatsApp nests two or three envelopes; more is somebody trying how deep we go. */
const deepest = 8

/**
 * What a person would read in this message, or null when it is none: keys, edits, deletions, votes.
 * A field nobody has decided about is told as `unknown`. Pure.
 */
export function readMessage(message: proto.IMessage | null | undefined): ReadMessage | null {
  const found = contentOf(message)
  if (!found) return null
  const [field, value] = found
  return { ...readField(field, value), context: contextOf(value) }
}

/** The field that carries the content, without its wrappers; null for what is no message. */
export function contentOf(message: proto.IMessage | null | undefined): [string, unknown] | null {
  const inner = unwrap(message)
  return inner ? (contentField(inner) ?? null) : null
}

/** The name of the field that carries the content, for a message that could not be read. */
export function contentName(message: proto.IMessage | null | undefined): string | null {
  return contentOf(message)?.[0] ?? null
}

/** The message inside its wrappers; null when there is none. */
export function unwrap(message: proto.IMessage | null | undefined): proto.IMessage | null {
  let current = message ?? null
  for (let depth = 0; depth < deepest && current; depth++) {
    const wrapped: { message?: proto.IMessage | null } | undefined = fieldsOf(current).find(
      ([field]) => rowOf(field)?.kind === 'wrapper',
    )?.[1] as { message?: proto.IMessage | null } | undefined
    if (!wrapped) return current
    current = wrapped.message ?? null
  }
  return null
}

function contentField(message: proto.IMessage): [string, unknown] | undefined {
  return fieldsOf(message).find(([field]) => rowOf(field)?.kind !== 'silent')
}

function fieldsOf(message: proto.IMessage): [string, unknown][] {
  return Object.entries(message).filter(([, value]) => value !== null && value !== undefined)
}

function rowOf(field: string): MessageRow | undefined {
  return Object.hasOwn(messageTable, field)
    ? (messageTable[field as keyof typeof messageTable] as MessageRow)
    : undefined
}

function readField(field: string, value: unknown): ReadContent {
  const row = rowOf(field)
  if (row?.kind === 'content') return row.read(value as never)
  return { body: captionOf(value), content: { type: 'unknown', field } }
}

/** The words that came with it are what people read, whatever else it is. */
function captionOf(value: unknown): string {
  const caption = (value as { caption?: unknown } | null)?.caption
  return typeof caption === 'string' ? caption : ''
}

function contextOf(value: unknown): proto.IContextInfo {
  const context =
    typeof value === 'object' ? (value as { contextInfo?: proto.IContextInfo | null }).contextInfo : null
  return context ?? {}
}
