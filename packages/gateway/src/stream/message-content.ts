/** A message that exists, named from this account's point of view. `participant`: who wrote it, where that must be said. */
export type MessageTarget = { messageId: string; fromMe: boolean; participant?: string }

/** The message that another one answers; `body` is what is shown of it. */
export type Quotation = MessageTarget & { body: string }

/** A file that the api has kept, by the id under which the engine can read it. */
export type OutgoingFile = { id: string; mimeType: string; fileName: string | null }

/** What the api asks an engine to send: one of these, by `type`. Plain JSON. People are numbers or jids. */
export type MessageContent =
  | { type: 'text'; text: string; quoted?: Quotation; mentions?: string[] }
  | {
      type: 'location'
      latitude: number
      longitude: number
      name?: string
      address?: string
      quoted?: Quotation
    }
  | { type: 'contact'; contacts: { name: string; phones: string[] }[]; quoted?: Quotation }
  | { type: 'poll'; question: string; options: string[]; selectableCount: number; quoted?: Quotation }
  | {
      type: 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker'
      file: OutgoingFile
      caption?: string
      quoted?: Quotation
    }
  /** An empty emoji takes the reaction back. */
  | { type: 'reaction'; target: MessageTarget; emoji: string }
  | { type: 'edit'; messageId: string; text: string }
  | { type: 'delete'; target: MessageTarget }
