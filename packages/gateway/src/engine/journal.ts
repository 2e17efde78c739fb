import { createHash } from 'node:crypto'
import {
  type BaileysEventMap,
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  type SignalKeyStoreWithTransaction,
  type SocketConfig,
  type WASocket,
} from 'baileys'
import { LRUCache } from 'lru-cache'
import type { InboxPart } from '../store/inbox.ts'
import type { Figures } from './figures.ts'
import { journaledPart, plaintextOf, type StanzaPart } from './journal-codec.ts'

/** Baileys writes rows of this kind of key through the same `set` as the ratchet; the auth state takes them out again. */
export const journalType = 'inbound-journal'

type MakeRepository = SocketConfig['makeSignalRepository']

/** A stanza whose content is being told: by the socket that decrypted it, or again after a crash. */
type OpenStanza = { delivery: string; parts: number; read: Set<number> }

/**
 * What makes a message durable before WhatsApp hears that we have it (research/persist-before-ack.md).
 *
 * - A part of a stanza is decrypted inside a transaction that also holds the plaintext, so the ratchet step and the
 *   plaintext are one statement of the store, and the receipt leaves after it.
 * - A ciphertext can be decrypted once. When WhatsApp sends it again because our receipt did not arrive, what it said
 *   the first time is given back; Baileys would otherwise refuse it (NACK 487) and the message would be lost.
 * - Baileys handles one stanza of messages at a time, within `messageMutex`. What it tells of the message is held until
 *   the handling has ended and is then told together with the name of the stanza, so that one transaction commits the
 *   events and marks the stanza.
 *
 * One journal belongs to one socket.
 */
export type Journal = {
  makeRepository: MakeRepository
  /** Hangs itself onto a socket just made. */
  attach(baileys: WASocket): void
  /** True: the journal keeps these events and tells them when their stanza is done. */
  holds(events: Partial<BaileysEventMap>): boolean
  /** Does `work`, which tells once more what a stanza of the inbox said, as if that had just been read. */
  retell(baileys: WASocket, delivery: string, work: () => Promise<void>): Promise<void>
  /** The socket has ended: tells what is still held. Its stanza stays untold in the inbox and is told again. */
  release(): void
}

export type JournalDeps = {
  /** What a part said when it was read before; null if it never was. Never rejects. */
  recall: (delivery: string, part: number) => Promise<string | null>
  /** Called with events that were held, and with the stanza that is done with them. */
  tell: (events: Partial<BaileysEventMap>, delivery: string | null) => void
  /** WhatsApp has our receipt of these stanzas: they will not come again. */
  onConfirmed: (deliveries: string[]) => void
  figures: Figures
}

/** Stanzas whose receipt may still be confirmed; the others keep their row until it expires. */
const awaitingConfirmation = 5_000

export function createJournal(deps: JournalDeps): Journal {
  const { figures } = deps
  const places = new WeakMap<Uint8Array, StanzaPart>()
  const receipts = new LRUCache<string, string[]>({ max: awaitingConfirmation })
  let open: OpenStanza | null = null
  let handling = false
  let held: Partial<BaileysEventMap>[] = []

  const makeRepository: MakeRepository = (auth, logger, pnToLid) => {
    const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, pnToLid)
    // Typed as either; Baileys itself relies on being given the one with transactions.
    const keys = auth.keys as SignalKeyStoreWithTransaction

    async function read(ciphertext: Uint8Array, transaction: string, decrypt: () => Promise<Uint8Array>) {
      const place = places.get(ciphertext)
      if (!place) {
        figures.uncorrelated++
        return decrypt()
      }
      const plaintext = await decryptOnce(place, transaction, decrypt)
      if (open?.delivery !== place.delivery)
        open = { delivery: place.delivery, parts: place.parts, read: new Set() }
      open.read.add(place.part)
      return plaintext
    }

    async function decryptOnce(place: StanzaPart, transaction: string, decrypt: () => Promise<Uint8Array>) {
      try {
        // The key of Baileys' own transaction, which joins this one: one commit, and one mutex.
        return await keys.transaction(async () => {
          const plaintext = await decrypt()
          const part: InboxPart = journaledPart(place, plaintext)
          await keys.set({ [journalType]: { [`${part.delivery} ${part.part}`]: part } } as never)
          return plaintext
        }, transaction)
      } catch (error) {
        const remembered = await deps.recall(place.delivery, place.part)
        if (remembered === null) throw error
        figures.remembered++
        return plaintextOf(remembered)
      }
    }

    return {
      ...repository,
      decryptMessage: given => read(given.ciphertext, given.jid, () => repository.decryptMessage(given)),
      decryptGroupMessage: given => read(given.msg, given.group, () => repository.decryptGroupMessage(given)),
    }
  }

  function note(stanza: BinaryNode): void {
    const parts = partsOf(stanza)
    for (const { content, place } of parts) places.set(content, place)
    const [first] = parts
    const id = stanza.attrs.id
    if (first && id) receipts.set(id, [...(receipts.get(id) ?? []), first.place.delivery])
  }

  function confirm(id: string | undefined): void {
    const deliveries = id === undefined ? undefined : receipts.get(id)
    if (id === undefined || deliveries === undefined) return
    receipts.delete(id)
    deps.onConfirmed(deliveries)
  }

  /** Everything that was told while a stanza was handled, and its name if it was read whole and nothing failed. */
  function close(done: boolean): void {
    const delivery = done && open?.read.size === open?.parts ? (open?.delivery ?? null) : null
    const earlier = held
    const last = earlier.pop()
    open = null
    held = []
    for (const events of earlier) deps.tell(events, null)
    if (last !== undefined || delivery !== null) deps.tell(last ?? {}, delivery)
  }

  async function handle<T>(work: () => Promise<T> | T): Promise<T> {
    open = null
    handling = true
    let done = false
    try {
      const result = await work()
      done = true
      return result
    } finally {
      handling = false
      close(done)
    }
  }

  return {
    makeRepository,
    attach(baileys) {
      queueLikeOffline(baileys)
      baileys.ws.prependListener('CB:message', note)
      baileys.ws.on('CB:ack,class:receipt', (node: BinaryNode) => confirm(node.attrs.id))
      const exclusively = baileys.messageMutex.mutex
      baileys.messageMutex.mutex = work => exclusively(() => handle(work))
    },
    holds(events) {
      // Only messages: they are in the inbox. Whatever else is told meanwhile must not wait for a message.
      if (!handling || open === null || !('messages.upsert' in events)) return false
      held.push(events)
      return true
    },
    retell: (baileys, delivery, work) =>
      baileys.messageMutex.mutex(() => {
        open = { delivery, parts: 0, read: new Set() }
        return work()
      }),
    release: () => close(false),
  }
}

/**
 * Messages of one session are read in the order in which they come. Baileys does so for those that waited while we were
 * offline; a live one looks up addresses before it takes its place, and may then overtake: a group's second message
 * comes before the first, which brings its key, and is refused. So while Baileys decides, every message looks like one
 * that waited; what is told of it reads the attribute later.
 */
function queueLikeOffline(baileys: WASocket): void {
  const live = new WeakSet<BinaryNode>()
  baileys.ws.prependListener('CB:message', (stanza: BinaryNode) => {
    if (stanza.attrs.offline) return
    live.add(stanza)
    stanza.attrs.offline = '1'
  })
  baileys.ws.on('CB:message', (stanza: BinaryNode) => {
    if (live.has(stanza)) delete stanza.attrs.offline
  })
}

/** The encrypted parts of a stanza with their place in it; none for what is not encrypted. */
function partsOf(stanza: BinaryNode): { content: Uint8Array; place: StanzaPart }[] {
  const children = Array.isArray(stanza.content) ? stanza.content : []
  const encrypted = children.flatMap(child =>
    child.tag === 'enc' && child.content instanceof Uint8Array
      ? [{ content: child.content, attrs: child.attrs }]
      : [],
  )
  const delivery = deliveryOf(
    stanza,
    encrypted.map(({ content }) => content),
  )
  return encrypted.map(({ content, attrs }, part) => ({
    content,
    place: { stanza, attrs, delivery, part, parts: encrypted.length },
  }))
}

/** The same for every delivery of one stanza, another one when its sender encrypts the message again. */
function deliveryOf({ attrs }: BinaryNode, ciphertexts: readonly Uint8Array[]): string {
  const hash = createHash('sha256').update(JSON.stringify([attrs.id, attrs.from, attrs.participant ?? '']))
  for (const ciphertext of ciphertexts) hash.update(ciphertext)
  return hash.digest('base64url')
}
