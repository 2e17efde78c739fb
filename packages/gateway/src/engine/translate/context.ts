import type { EventData, EventType } from '@waxwing/events'
import type { EventDraft } from '@waxwing/events/event-id'
import type { OtherAddress, Person } from '../jid.ts'

/** What a translation knows besides the event itself. */
export type TranslationContext = {
  sessionId: string
  profileId: string
  /** The linked account. */
  me: Person
  /** The other address of somebody Baileys named by one only, where it is known. */
  otherAddress: OtherAddress
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

/** Protobuf's 64-bit numbers arrive as number, Long or, after JSON, as string. */
type WireNumber = number | string | { toNumber(): number } | null | undefined

/** Unix seconds; a missing or senseless time is now. */
export function secondsOf(value: WireNumber, now: Date): number {
  const number = typeof value === 'object' && value !== null ? value.toNumber() : Number(value ?? Number.NaN)
  const sensible = Number.isInteger(number) && number > 0 && number <= 9_999_999_999
  return sensible ? number : Math.floor(now.getTime() / 1000)
}
