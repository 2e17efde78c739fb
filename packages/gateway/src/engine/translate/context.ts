import type { EventData, EventType } from '@waxwing/events'
import type { EventDraft } from '@waxwing/events/event-id'
import type { GroupMetadata } from 'baileys'
import type { OtherAddress, Person } from '../jid.ts'
import type { FetchedOf } from '../media/files.ts'
import { numberOf, type WireNumber } from '../message/wire-number.ts'

/** What a translation knows besides the event itself. */
export type TranslationContext = {
  sessionId: string
  profileId: string
  /** The linked account. */
  me: Person
  /** The other address of somebody Baileys named by one only, where it is known. */
  otherAddress: OtherAddress
  /** What Baileys last told of a group this number has come into; the message about it names the subject alone. */
  group?: (jid: string) => GroupMetadata | undefined
  /** What became of the file of a message; without it messages say what they say themselves. */
  media?: FetchedOf
  now: Date
  /** Something could not be translated; the rest of the batch goes on. */
  onError: (error: unknown, what: string) => void
}

/** What makes an event the same event when it is told again. */
export type Fact = {
  at: Date
  chat: string | null
  naturalKey: readonly (string | number | boolean)[] | null
}

/** One event of the catalog, addressed and dated. */
export function draft<T extends EventType>(
  type: T,
  data: EventData<T>,
  fact: Fact,
  context: TranslationContext,
): EventDraft {
  return {
    type,
    data,
    at: fact.at,
    chat: fact.chat,
    naturalKey: fact.naturalKey?.map(String).join('\n') ?? null,
    sessionId: context.sessionId,
    profileId: context.profileId,
  } as EventDraft
}

/** Unix seconds; a missing or senseless time is now. */
export function secondsOf(value: WireNumber, now: Date): number {
  const number = numberOf(value) ?? 0
  const sensible = Number.isInteger(number) && number > 0 && number <= 9_999_999_999
  return sensible ? number : Math.floor(now.getTime() / 1000)
}
