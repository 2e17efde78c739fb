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

export type StanzaLog = {
  /** Oldest first, at most the newest 2,000. */
  readonly all: readonly Stanza[]
  add(stanza: Stanza): void
  /** The first stanza, already seen or yet to come, that `matches`; rejects after `timeoutMs`. */
  saw(matches: (stanza: Stanza) => boolean, options?: { timeoutMs?: number }): Promise<Stanza>
}
