import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Arrival, Arrivals } from './arrivals.ts'
import type { Expected } from './script.ts'
import { breaches, judge } from './verdict.ts'
import { createWireLog, stanzaName, type WireLog } from './wire-log.ts'

const bootedAt = 1000
const message: Expected = {
  kind: 'answered',
  stanza: stanzaName('message', 'A'),
  fact: 'fact A',
  body: 'hello',
}
const told = (eventId: string, at: number[], body = 'hello') => ({ eventId, at, event: { data: { body } } })

/** The breaches when this one message was expected, these events came, and the client said this on the wire. */
function breachesOf(
  events: ReturnType<typeof told>[],
  say: (wire: WireLog) => void = () => {},
  settled = true,
) {
  const wire = createWireLog(() => [])
  say(wire)
  const arrivals: Arrivals = {
    note: () => {},
    of: fact => (fact === message.fact ? (events as unknown as Arrival[]) : []),
    refused: [],
    facts: new Map(),
  }
  return breaches(judge({ wanted: [message], arrivals, wire, lives: [bootedAt], settled }))
}

const client = (tag: string, attrs: Record<string, string>) => (wire: WireLog) =>
  wire.log.debug({ direction: 'in', tag, attrs }, 'stanza')

test('one event that says what was written keeps the law', () => {
  assert.deepEqual(breachesOf([told('e1', [900])], client('receipt', { id: 'A' })), [])
})

test('a message is lost whether the server was told that we have it, that we never will, or nothing', () => {
  const [acknowledged] = breachesOf([], client('receipt', { id: 'A', type: 'inactive' }))
  assert.match(acknowledged ?? '', /^lost: message A \(answered, "hello"\), acknowledged/)
  const [refused] = breachesOf([], client('ack', { class: 'message', id: 'A', error: '487' }))
  assert.match(refused ?? '', /^lost: .* refused with 487/)
  const [kept] = breachesOf([])
  assert.match(kept ?? '', /^lost: .* kept$/)
})

test('the same event once from each process is allowed, twice from one is not, and two events never are', () => {
  assert.deepEqual(breachesOf([told('e1', [900, 1500])]), [])
  assert.equal(breachesOf([told('e1', [1400, 1500])]).length, 1)
  assert.equal(breachesOf([told('e1', [800, 900])]).length, 1)
  assert.equal(breachesOf([told('e1', [900, 1400, 1500])]).length, 1)
  assert.equal(breachesOf([told('e1', [900]), told('e2', [1500])]).length, 1)
})

test('asking again, refusing, other words and a queue that never empties break the law too', () => {
  const one = [told('e1', [900])]
  assert.equal(breachesOf(one, client('receipt', { id: 'A', type: 'retry' })).length, 1)
  assert.equal(breachesOf(one, client('ack', { class: 'message', id: 'A', error: '500' })).length, 1)
  assert.equal(breachesOf([told('e1', [900], 'hullo')]).length, 1)
  assert.equal(breachesOf(one, undefined, false).length, 1)
})
