import type { SimulatorLog, Stanza } from '@waxwing/simulator'

/** What the client told the server about one stanza: taken, refused (and so forgotten by the server), or asked for again. */
export type Answer = { said: 'taken' | 'refused' | 'again'; code: string | null; at: number }

/** Everything that crossed the simulated wire, as far as it decides what is lost. A stanza is named as `stanzaName` says. */
export type WireLog = {
  /** Hand this to `startWhatsApp`. */
  readonly log: SimulatorLog
  /** Answers of the client, oldest first. */
  answersTo(stanza: string): readonly Answer[]
  /** Stanzas that were refused or asked for again at any time. */
  troubled(): string[]
  /** How many different stanzas the server was allowed to forget since the last `restartCount`. */
  readonly cleared: number
  /** Counts from 0 again; `onCleared` hears each new count. */
  restartCount(onCleared: (count: number) => void): void
  /** `<enc type>`s the server sent, by type; a stanza sent twice counts twice. */
  readonly sealed: Readonly<Record<string, number>>
  readonly lastActivity: number
}

/** Messages have one name whatever is said about them; receipts, notifications and calls differ by their type. */
export function stanzaName(tag: string, id: string, type = ''): string {
  return tag === 'message' ? `message ${id}` : `${tag} ${id} ${type}`
}

/** Receipts that take a message over; the rest (read, played) say something about it later. */
const takesOver = new Set([undefined, 'inactive'])

/** `trace` hears of every stanza, as JSON text: what a person needs who looks for the cause of a breach. */
export function createWireLog(stanzas: () => readonly Stanza[], trace?: (line: string) => void): WireLog {
  const answers = new Map<string, Answer[]>()
  const sealed: Record<string, number> = {}
  let cleared = new Set<string>()
  let onCleared: (count: number) => void = () => {}
  let lastActivity = 0

  function answer(stanza: string, said: Answer['said'], code: string | null = null): void {
    const list = answers.get(stanza) ?? []
    answers.set(stanza, [...list, { said, code, at: Date.now() }])
    if (said === 'again' || cleared.has(stanza)) return
    cleared.add(stanza)
    onCleared(cleared.size)
  }

  function fromClient(tag: string, attrs: Record<string, string>): void {
    const { id = '', type } = attrs
    if (tag === 'receipt' && type === 'retry') answer(stanzaName('message', id), 'again')
    else if (tag === 'receipt' && takesOver.has(type)) answer(stanzaName('message', id), 'taken')
    else if (tag === 'ack') {
      const stanza = stanzaName(attrs.class ?? '', id, type)
      answer(stanza, attrs.error === undefined ? 'taken' : 'refused', attrs.error ?? null)
    }
  }

  return {
    log: {
      warn: () => {},
      debug(details) {
        const { direction, tag, attrs } = details as Pick<Stanza, 'direction'> & Stanza['node']
        if (tag === 'iq') return
        lastActivity = Date.now()
        // The log tells no children; the stanza itself is the newest the network kept.
        const enc = tag === 'message' ? encTypes(stanzas().at(-1)) : []
        trace?.(JSON.stringify({ time: lastActivity, wire: direction, tag, ...attrs, enc }))
        if (direction === 'in') fromClient(tag, attrs)
        else for (const type of enc) sealed[type] = (sealed[type] ?? 0) + 1
      },
    },
    answersTo: stanza => answers.get(stanza) ?? [],
    troubled: () =>
      [...answers].filter(([, list]) => list.some(one => one.said !== 'taken')).map(([name]) => name),
    get cleared() {
      return cleared.size
    },
    restartCount(heard) {
      cleared = new Set()
      onCleared = heard
    },
    sealed,
    get lastActivity() {
      return lastActivity
    },
  }
}

function encTypes(stanza: Stanza | undefined): string[] {
  const content = stanza?.node.content
  return Array.isArray(content)
    ? content.flatMap(child => (child.tag === 'enc' ? (child.attrs.type ?? '') : []))
    : []
}
