import type { EventDraft } from '@waxwing/events/event-id'
import type { BaileysEventMap, GroupMetadata, WAMessage } from 'baileys'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import { bareJid, type Person } from './jid.ts'
import type { FetchedMedia, FetchedOf, Files } from './media/files.ts'
import type { Outbox } from './outbox.ts'
import { TimedOut, within } from './persistence.ts'
import type { TranslationContext } from './translate/context.ts'
import { hiddenPeople, knownPeople } from './translate/hidden-people.ts'
import { translateLateMedia } from './translate/media.ts'
import { translate } from './translate/table.ts'

/** Looks up the phone number's address of a LID; null when nobody knows it. */
export type FindNumber = (lid: string) => Promise<string | null>

/** Turns what Baileys tells into events of the catalog and hands them to the outbox, in the order in which it was told. */
export type Intake = {
  /** `stanza`: the one of the inbox that is done with these events. */
  take(events: Partial<BaileysEventMap>, findNumber: FindNumber, stanza?: string | null): void
  /** Resolves when everything taken so far is in the outbox. */
  idle(): Promise<void>
  /** Resolves when no message waits for its file any more: see `Files.hurry`. */
  unheld(): Promise<void>
  /** How many things could not be translated since the start. */
  readonly failures: number
}

/** Gives drafts that came of one thing WhatsApp told a trace, begun when it was told. */
export type TraceCapture = (drafts: readonly EventDraft[], since: Date) => void

/** Makes events of messages with a memory of its own, where `translate` has none. Rejects when the store does not answer. */
export type MessageReader = {
  take(messages: readonly WAMessage[], context: TranslationContext): Promise<EventDraft[]>
}

export type IntakeDeps = {
  session: { id: string; profileId: string }
  me: () => Person
  outbox: Pick<Outbox, 'add' | 'size' | 'stored'>
  readers?: readonly MessageReader[]
  /** Without it no files are fetched, and messages are told without them. */
  files?: Files
  trace?: TraceCapture
  log: Logger
  now: () => Date
}

/** The mapping is in memory or in our own database; once keys could not be kept it never answers at all. */
const lookupMs = 2_000
/** Addresses remembered with the other one of the same person; people write more than once. */
const rememberedNumbers = 4_000
/**
 * After linking, Baileys tells the whole address book at once, one event a contact. From this many waiting events on, the
 * next ones of the shared state of the app wait for the store: the outbox would take them for a store that refuses.
 */
const crowded = 500
/** As long as the outbox itself is patient; a store that is away is its business. */
const roomMs = 15_000
const ofSharedState = ['contacts.upsert', 'labels.edit', 'labels.association', 'messages.delete'] as const

/** Groups just joined: their description is needed once, by the message that follows it. */
const rememberedGroups = 50

export function createIntake(deps: IntakeDeps): Intake {
  const numbers = new LRUCache<string, string>({ max: rememberedNumbers })
  const groups = new LRUCache<string, GroupMetadata>({ max: rememberedGroups })
  /** Sockets that let a lookup time out: they are closed and will not answer the next one either. */
  const silent = new WeakSet<FindNumber>()
  /** Messages that wait for their files. */
  const held = new Set<Promise<void>>()
  let last: Promise<void> = Promise.resolve()
  let failures = 0

  const onError = (error: unknown, what: string) => {
    failures++
    deps.log.error({ err: error, what }, 'something WhatsApp sent could not be translated')
  }

  async function findNumbers(events: Partial<BaileysEventMap>, findNumber: FindNumber): Promise<void> {
    for (const [jid, other] of knownPeople(events)) numbers.set(jid, other).set(other, jid)
    for (const lid of hiddenPeople(events)) {
      if (numbers.has(lid) || silent.has(findNumber)) continue
      try {
        const number = await within(findNumber(lid), lookupMs)
        if (number) numbers.set(lid, number).set(bareJid(number), lid)
      } catch (error) {
        if (error instanceof TimedOut) silent.add(findNumber)
        else onError(error, 'a lookup of a number')
      }
    }
  }

  async function handle(
    events: Partial<BaileysEventMap>,
    findNumber: FindNumber,
    stanza: string | null,
    since: Date,
  ): Promise<void> {
    await findNumbers(events, findNumber)
    if (deps.outbox.size >= crowded && ofSharedState.some(name => events[name]))
      await within(deps.outbox.stored(), roomMs).catch(() => {})
    for (const group of events['groups.upsert'] ?? []) groups.set(group.id, group)
    const messages = events['messages.upsert']?.messages ?? []
    const more: EventDraft[] = []
    for (const reader of deps.readers ?? [])
      more.push(...(await reader.take(messages, context()).catch(forgiven(stanza))))
    const wanted = deps.files?.wanted(messages) ?? []
    if (!deps.files || wanted.length === 0) return tell(events, stanza, since, { more })
    // Only the message itself waits for its file, and only when the inbox keeps it meanwhile.
    const waiting = deps.files
      .fetch(wanted, stanza === null ? 'at once' : 'patient')
      .then(({ of, late }) => {
        tell(events, stanza, since, { of, more })
        for (const { message, media } of late) void media.then(came => came && tellLate(message, came))
      })
      .catch(error => onError(error, 'a message with a file'))
      .finally(() => held.delete(waiting))
    held.add(waiting)
    if (stanza === null) await waiting
  }

  /** What is in the inbox stays there when the memory of a reader fails, and is told again; the rest is told without it. */
  const forgiven =
    (stanza: string | null) =>
    (error: unknown): EventDraft[] => {
      if (stanza !== null) throw error
      onError(error, 'what a message changes')
      return []
    }

  const context = (media?: FetchedOf): TranslationContext => ({
    sessionId: deps.session.id,
    profileId: deps.session.profileId,
    me: deps.me(),
    otherAddress: jid => numbers.get(jid),
    group: jid => groups.get(jid),
    media,
    now: deps.now(),
    onError,
  })

  function tell(
    events: Partial<BaileysEventMap>,
    stanza: string | null,
    since: Date,
    { of, more }: { of?: FetchedOf; more: EventDraft[] },
  ): void {
    const drafts = [...translate(events, context(of)), ...more]
    deps.trace?.(drafts, since)
    deps.outbox.add(drafts, stanza)
  }

  /** After what was taken meanwhile, as everything that is told. */
  function tellLate(message: WAMessage, media: FetchedMedia): void {
    last = last
      .then(() => deps.outbox.add(translateLateMedia(message, media, context())))
      .catch(error => onError(error, 'a file that came late'))
  }

  return {
    take(events, findNumber, stanza = null) {
      const since = deps.now()
      last = last
        .then(() => handle(events, findNumber, stanza, since))
        .catch(error => onError(error, Object.keys(events).join()))
    },
    idle: () => last,
    unheld: async () => void (await Promise.all(held)),
    get failures() {
      return failures
    },
  }
}
