import { matches } from '@waxwing/events'
import type { Arrival } from './endpoint.ts'
import type { AttemptRecord, DeliveryRecord, EventRecord, Records } from './record.ts'
import type { Life, Outage } from './world.ts'

export type Receiver = {
  id: string
  name: string
  subscribed: readonly string[]
  arrivals: readonly Arrival[]
  bodies: ReadonlyMap<string, ReadonlySet<string>>
  forged: readonly string[]
}

/** What everybody saw, when all is over. */
export type Evidence = {
  /** WhatsApp's ids of the messages that were written. */
  written: readonly string[]
  records: Records
  receivers: readonly Receiver[]
  lives: readonly Life[]
  outages: readonly Outage[]
  crashes: readonly string[]
  maxAttempts: number
}

export type Verdict = {
  events: number
  deliveries: number
  delivered: number
  dead: number
  requests: number
  /** Requests of a delivery that its receiver had accepted already, all of them explained. */
  duplicates: number
  /** Of those accepted, the ones whose answer came when the deadline had passed: failures on record. */
  late: number
  /** Requests that are not on record, all of them explained. */
  unrecorded: number
  /** One sentence each; empty is what we want. */
  breaches: string[]
}

/**
 * How long before a death a request may have arrived and still be unrecorded, while the database is there: the longest
 * attempt, the batches before it, and a machine with much else to do.
 */
const unrecordedForMs = 10_000

/** The laws 1, 2, 4, 14, 16 and 18 of delivering, against what really happened. */
export function judge(evidence: Evidence): Verdict {
  const { records, receivers } = evidence
  const attempts = Map.groupBy(records.attempts, one => one.deliveryId)
  const arrivals = Map.groupBy(
    receivers.flatMap(one => one.arrivals),
    one => one.deliveryId,
  )
  const stories = records.deliveries.map(delivery =>
    storyOf(delivery, arrivals.get(delivery.id) ?? [], attempts.get(delivery.id) ?? [], evidence),
  )
  const sum = (of: (story: Story) => number) => stories.reduce((total, story) => total + of(story), 0)
  return {
    events: records.events.length,
    deliveries: records.deliveries.length,
    delivered: records.deliveries.filter(({ status }) => status === 'delivered').length,
    dead: records.deliveries.filter(({ status }) => status === 'failed').length,
    requests: receivers.reduce((total, one) => total + one.arrivals.length, 0),
    duplicates: sum(story => story.duplicates),
    late: sum(story => story.late),
    unrecorded: sum(story => story.unrecorded),
    breaches: [
      ...evidence.crashes.map(line => `PostgreSQL crashed by itself: ${line}`),
      ...neverEvents(evidence),
      ...neverDeliveries(evidence),
      ...strangers(evidence),
      ...garbled(evidence),
      ...receivers.flatMap(({ name, forged }) => forged.map(why => `does not verify at ${name}: ${why}`)),
      ...stories.flatMap(story => story.breaches),
    ],
  }
}

type Story = { duplicates: number; late: number; unrecorded: number; breaches: string[] }

/** Of one delivery: what its receiver saw, against what is on record. */
function storyOf(
  delivery: DeliveryRecord,
  arrivals: readonly Arrival[],
  attempts: readonly AttemptRecord[],
  evidence: Evidence,
): Story {
  const inOrder = arrivals.toSorted((one, other) => one.at - other.at)
  const recorded = new Map(attempts.map(one => [nameOf(one), one]))
  const unrecorded = inOrder.filter(one => !recorded.has(nameOf(one)))
  const accepted = inOrder.filter(one => one.accepted)
  const late = accepted.filter(one => isLate(recorded.get(nameOf(one))))
  const known = accepted.filter(one => recorded.has(nameOf(one)) && !late.includes(one))
  const faults = [
    ...unrecorded
      .filter(one => !isExplained(one, evidence))
      .map(one => `attempt ${one.attempt} (${one.mood}) is not on record, and nobody died`),
    ...known
      .filter(one => one !== inOrder.at(-1))
      .map(one => `sent again after attempt ${one.attempt}, which was accepted and is on record`),
    ...known
      .filter(one => recorded.get(nameOf(one))?.errorClass !== null)
      .map(one => `attempt ${one.attempt} was accepted, and is on record as a failure`),
    ...twice(attempts.map(nameOf)).map(name => `on record twice: ${name}`),
    ...endingFaults(delivery, { known: known.length, accepted: accepted.length }, attempts, evidence),
  ]
  return {
    duplicates: accepted.length === 0 ? 0 : inOrder.length - 1 - inOrder.indexOf(accepted[0] as Arrival),
    late: late.length,
    unrecorded: unrecorded.length,
    breaches: faults.map(
      fault => `delivery ${delivery.id} (${nameOfReceiver(delivery, evidence)}): ${fault}`,
    ),
  }
}

/** A receiver that answers after the deadline does not know that its answer was not heard. */
const isLate = (attempt: AttemptRecord | undefined) =>
  attempt?.errorClass === 'timeout' || attempt?.errorClass === 'too_slow'

function endingFaults(
  { status, attempts: spent }: DeliveryRecord,
  heard: { known: number; accepted: number },
  attempts: readonly AttemptRecord[],
  { maxAttempts }: Evidence,
): string[] {
  if (status === 'delivered')
    return heard.accepted > 0 ? [] : ['delivered, says the record; its receiver has it not']
  if (status !== 'failed') return [`ended neither delivered nor dead: ${status}`]
  const numbers = new Set(attempts.map(one => one.attempt))
  const missing = Array.from({ length: maxAttempts }, (_, i) => i + 1).filter(n => !numbers.has(n))
  return [
    ...(spent === maxAttempts ? [] : [`dead after ${spent} attempts of ${maxAttempts}`]),
    ...missing.map(n => `dead, and attempt ${n} is not on record`),
    ...(heard.known === 0 ? [] : ['dead, though its receiver accepted it in time']),
  ]
}

/**
 * An attempt is missing on record only when the process that made it was killed before it could write it down: in flight,
 * in the batch being written, or kept while the database was away; it may have been away twice in a row.
 */
function isExplained(arrival: Arrival, { lives, outages }: Evidence): boolean {
  const life = lives.findLast(one => one.from <= arrival.at)
  if (life === undefined || life.killedAt === null) return false
  const unheardFrom = outages.reduceRight(
    (from, outage) => (outage.to >= from - unrecordedForMs ? Math.min(from, outage.from) : from),
    life.killedAt,
  )
  return arrival.at >= unheardFrom - unrecordedForMs
}

const nameOf = ({ attempt, timestamp }: Pick<Arrival, 'attempt' | 'timestamp'>) =>
  `attempt ${attempt} of ${timestamp}`

function twice(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
}

function nameOfReceiver({ webhookId }: DeliveryRecord, { receivers }: Evidence): string {
  return receivers.find(({ id }) => id === webhookId)?.name ?? webhookId
}

function neverEvents({ written, records }: Evidence): string[] {
  const told = new Set(records.events.map(({ messageId }) => messageId))
  return written.filter(id => !told.has(id)).map(id => `message ${id} never became an event`)
}

function neverDeliveries({ records, receivers }: Evidence): string[] {
  const born = new Set(records.deliveries.map(({ eventId, webhookId }) => `${eventId} ${webhookId}`))
  const wants = (receiver: Receiver, { type, about }: EventRecord) =>
    about !== receiver.id && matches(receiver.subscribed, type)
  return receivers.flatMap(receiver =>
    records.events
      .filter(event => wants(receiver, event) !== born.has(`${event.id} ${receiver.id}`))
      .map(({ id, type }) => `${type} ${id} and ${receiver.name}: a delivery too few or too many`),
  )
}

/** Requests that no delivery of this webhook and event stands behind. */
function strangers({ records, receivers }: Evidence): string[] {
  const known = new Map(records.deliveries.map(one => [one.id, one]))
  return receivers.flatMap(({ id, name, arrivals }) =>
    arrivals
      .filter(one => {
        const delivery = known.get(one.deliveryId)
        return delivery?.webhookId !== id || delivery.eventId !== one.eventId
      })
      .map(
        one => `${name} got delivery ${one.deliveryId} with webhook-id ${one.eventId}, which is not its own`,
      ),
  )
}

/** Bodies that are not the committed bytes. */
function garbled({ records, receivers }: Evidence): string[] {
  const bodies = new Map(records.events.map(({ id, body }) => [id, body]))
  return receivers.flatMap(receiver =>
    [...receiver.bodies]
      .filter(([id, seen]) => seen.size !== 1 || !seen.has(bodies.get(id) ?? ''))
      .map(([id]) => `${receiver.name} got other bytes for event ${id} than were committed`),
  )
}
