/** What a session counts about keeping messages, since it was started. Times in milliseconds. */
export type Figures = {
  /** Stanzas told from the inbox after a crash or a lost connection. */
  recovered: number
  /** Ciphertexts that came again and were answered with what they said the first time. */
  remembered: number
  /** Messages that could not be decrypted when they came; their sender is asked again. */
  undecryptable: number
  /** Messages refused on the wire: WhatsApp has forgotten them. Should stay 0. */
  refused: number
  /** Messages the phone was asked for, because nothing else had brought their content. */
  asked: number
  /** Parts decrypted without being kept, because their stanza was not recognised. A bug, or another Baileys. */
  uncorrelated: number
  /** Frames that waited for what was told before them to be stored, how long altogether, and the longest wait. */
  gated: number
  gateMs: number
  longestGateMs: number
}

export function newFigures(): Figures {
  return {
    recovered: 0,
    remembered: 0,
    undecryptable: 0,
    refused: 0,
    asked: 0,
    uncorrelated: 0,
    gated: 0,
    gateMs: 0,
    longestGateMs: 0,
  }
}
