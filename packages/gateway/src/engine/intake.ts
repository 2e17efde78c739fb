import type { EventDraft } from '@waxwing/events/event-id'
import type { BaileysEventMap } from 'baileys'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Person } from './jid.ts'
import type { Outbox } from './outbox.ts'
import { TimedOut, within } from './persistence.ts'
import { hiddenPeople } from './translate/hidden-people.ts'
import { translate } from './translate/table.ts'

/** Looks up the phone number's address of a LID; null when nobody knows it. */
export type FindNumber = (lid: string) => Promise<string | null>

/** Turns what Baileys tells into events of the catalog and hands them to the outbox, in the order in which it was told. */
export type Intake = {
  /** `stanza`: the one of the inbox that is done with these events. */
  take(events: Partial<BaileysEventMap>, findNumber: FindNumber, stanza?: string | null): void
  /** Resolves when everything taken so far is in the outbox. */
  idle(): Promise<void>
  /** How many things could not be translated since the start. */
  readonly failures: number
}

/** Gives drafts that came of one thing WhatsApp told a trace, begun when it was told. */
export type TraceCapture = (drafts: readonly EventDraft[], since: Date) => void

export type IntakeDeps = {
  session: { id: string; profileId: string }
  me: () => Person
  outbox: Pick<Outbox, 'add'>
  trace?: TraceCapture
  log: Logger
  now: () => Date
}

/** The mapping is in memory or in our own database; once keys could not be kept it never answers at all. */
const lookupMs = 2_000
/** Numbers remembered; people write more than once. */
const rememberedNumbers = 2_000

export function createIntake(deps: IntakeDeps): Intake {
  const numbers = new LRUCache<string, string>({ max: rememberedNumbers })
  /** Sockets that let a lookup time out: they are closed and will not answer the next one either. */
  const silent = new WeakSet<FindNumber>()
  let last: Promise<void> = Promise.resolve()
  let failures = 0

  const onError = (error: unknown, what: string) => {
    failures++
    deps.log.error({ err: error, what }, 'something WhatsApp sent could not be translated')
  }

  async function findNumbers(events: Partial<BaileysEventMap>, findNumber: FindNumber): Promise<void> {
    for (const lid of hiddenPeople(events)) {
      if (numbers.has(lid) || silent.has(findNumber)) continue
      try {
        const number = await within(findNumber(lid), lookupMs)
        if (number) numbers.set(lid, number)
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
    const { id: sessionId, profileId } = deps.session
    const otherAddress = (jid: string) => numbers.get(jid)
    const drafts = translate(events, {
      sessionId,
      profileId,
      me: deps.me(),
      otherAddress,
      now: deps.now(),
      onError,
    })
    deps.trace?.(drafts, since)
    deps.outbox.add(drafts, stanza)
  }

  return {
    take(events, findNumber, stanza = null) {
      const since = deps.now()
      last = last
        .then(() => handle(events, findNumber, stanza, since))
        .catch(error => onError(error, Object.keys(events).join()))
    },
    idle: () => last,
    get failures() {
      return failures
    },
  }
}
