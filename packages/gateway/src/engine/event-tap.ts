import type { BaileysEventMap, WASocket } from 'baileys'

/**
 * Hears every event the moment Baileys emits it, before Baileys' own buffer does.
 *
 * The buffer would hold messages that WhatsApp believes delivered for up to 30 s, throw them away when the socket ends
 * (50-120 of 300), and merge what belongs to one message: a deletion takes the text with it that it deletes, a receipt
 * changes the message's time, and the second of two changes of a group vanishes. All emitters of the library go through
 * the property that is replaced here; a release that changes that would silence the engine, which every test of it shows.
 */
export function tapEvents(ev: WASocket['ev'], hear: (events: Partial<BaileysEventMap>) => void): void {
  const emit = ev.emit
  ev.emit = (event, payload) => {
    hear({
      [event]: event === 'messages.upsert' ? copy(payload as BaileysEventMap['messages.upsert']) : payload,
    })
    return emit(event, payload)
  }
}

/** The buffer writes later updates into the very objects it was given. Only the fields at the top are ever replaced. */
function copy(upsert: BaileysEventMap['messages.upsert']): BaileysEventMap['messages.upsert'] {
  return { ...upsert, messages: upsert.messages.map(message => ({ ...message, key: { ...message.key } })) }
}
