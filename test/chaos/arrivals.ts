import type { Envelope } from '@waxwing/events'
import type { Received } from '../e2e/receiver.ts'

/** One event as it arrived: how often, and what it said. */
export type Arrival = { eventId: string; at: number[]; event: Envelope }

/** What has arrived at the receiver, by the fact it tells; all runs together, so that a late repetition is seen too. */
export type Arrivals = {
  note(request: Received): void
  /** Every event that told this fact: one, or something is wrong. */
  of(fact: string): readonly Arrival[]
  /** Requests whose signature did not verify. */
  readonly refused: readonly string[]
  /** Facts told since the beginning, by type. */
  readonly facts: ReadonlyMap<string, readonly Arrival[]>
}

/** The name of what an event tells, made of WhatsApp's own ids and not of ours; null for what no run asks about. */
export function factOf(event: Envelope): string | null {
  switch (event.type) {
    case 'messages.received':
      return `${event.type} ${event.data.messageId}`
    case 'messages.update':
    case 'message-receipt.update':
      return `${event.type} ${event.data.messageId} ${event.data.status}`
    case 'call':
      return `${event.type} ${event.data.callId} ${event.data.status}`
    case 'groups.update':
      return `${event.type} ${event.data.jid} ${event.data.subject}`
    case 'group-participants.update':
      return `${event.type} ${event.data.jid} ${event.data.action}`
    default:
      return null
  }
}

export function createArrivals(): Arrivals {
  const facts = new Map<string, Arrival[]>()
  const refused: string[] = []
  return {
    note({ at, event, refusal }) {
      if (!event) return void refused.push(refusal ?? 'without a reason')
      const fact = factOf(event)
      if (!fact) return
      const told = facts.get(fact) ?? []
      facts.set(fact, told)
      const same = told.find(arrival => arrival.eventId === event.id)
      if (same) same.at.push(at)
      else told.push({ eventId: event.id, at: [at], event })
    },
    of: fact => facts.get(fact) ?? [],
    refused,
    facts,
  }
}
