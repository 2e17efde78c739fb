import type { BinaryNode } from 'baileys'

/** One stanza as it crossed the wire, for tests and for people who want to watch. */
export type Stanza = {
  at: Date
  /** `in`: a client sent it. `out`: the server sent it. */
  direction: 'in' | 'out'
  /** The linked device at the other end; null before it has logged in. */
  device: { number: string; index: number } | null
  node: BinaryNode
}
