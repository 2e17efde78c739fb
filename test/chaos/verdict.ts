import type { Arrivals } from './arrivals.ts'
import type { Expected, Kind } from './script.ts'
import type { WireLog } from './wire-log.ts'

/**
 * Why something is missing. `acknowledged`: the server was told that we have it. `refused`: it was told that we never will,
 * with the code. `kept`: it was told nothing and has not been asked again.
 */
export type Fate = 'acknowledged' | 'refused' | 'kept'
export type Lost = Expected & { fate: Fate; code: string | null; beforeKill: boolean }

export type Verdict = {
  /** Expected, by kind. */
  expected: Partial<Record<Kind, number>>
  lost: Lost[]
  /** Facts told by two events of different ids: a receiver cannot know that they are one. */
  doubled: string[]
  /** Facts whose event says something else than what was written. */
  wrong: string[]
  /** Events sent again by a later process because one died between sending and recording: same id, allowed. */
  resent: number
  /** Events one process sent twice. */
  repeated: string[]
  /** Stanzas for which the client asked again: an answer depends on the sender's phone being there. */
  retries: string[]
  /** Stanzas the client refused, with the code. */
  refusals: string[]
  /** Names of all stanzas expected. */
  stanzas: string[]
  settled: boolean
}

/** What became of everything that was expected. `lives`: when each process after the first was spawned, ms since the epoch. */
export function judge(a: {
  wanted: readonly Expected[]
  arrivals: Arrivals
  wire: WireLog
  lives: readonly number[]
  settled: boolean
}): Verdict {
  const { wanted, arrivals, wire } = a
  const told = wanted.map(one => ({
    one,
    events: arrivals.of(one.fact),
    answers: wire.answersTo(one.stanza),
  }))
  const expected: Verdict['expected'] = {}
  for (const { kind } of wanted) expected[kind] = (expected[kind] ?? 0) + 1
  const repetitions = told.flatMap(({ one, events }) => events.map(({ at }) => ({ fact: one.fact, at })))
  return {
    expected,
    lost: told
      .filter(({ events }) => events.length === 0)
      .map(({ one, answers }) => {
        const last = answers.findLast(({ said }) => said !== 'again')
        const fate = last ? (last.said === 'refused' ? 'refused' : 'acknowledged') : 'kept'
        return {
          ...one,
          fate,
          code: last?.code ?? null,
          beforeKill: last ? last.at < (a.lives[0] ?? 0) : false,
        }
      }),
    doubled: told.filter(({ events }) => events.length > 1).map(({ one }) => one.fact),
    wrong: told
      .filter(({ one, events }) =>
        events.some(({ event }) => one.body !== null && bodyOf(event) !== one.body),
      )
      .map(({ one }) => one.fact),
    resent: repetitions.filter(({ at }) => at.length > 1 && isResent(at, a.lives)).length,
    repeated: repetitions.filter(({ at }) => at.length > 1 && !isResent(at, a.lives)).map(({ fact }) => fact),
    retries: told
      .filter(({ answers }) => answers.some(({ said }) => said === 'again'))
      .map(({ one }) => described(one)),
    refusals: told.flatMap(({ one, answers }) =>
      answers.filter(({ said }) => said === 'refused').map(({ code }) => `${described(one)}, ${code}`),
    ),
    stanzas: wanted.map(({ stanza }) => stanza),
    settled: a.settled,
  }
}

/** At most once by each process. A request that one had sent is read here long before the next can send any. */
function isResent(at: readonly number[], lives: readonly number[]): boolean {
  const senders = at.map(time => lives.filter(spawned => spawned <= time).length)
  return new Set(senders).size === senders.length
}

function described({ stanza, kind, body }: Expected): string {
  return `${stanza} (${kind}${body === null ? '' : `, "${body}"`})`
}

function bodyOf(event: { data: unknown }): unknown {
  return (event.data as { body?: unknown }).body
}

/** The law: nothing lost, nothing told as two, nothing garbled, nothing asked for again or refused. One sentence a breach. */
export function breaches(verdict: Verdict): string[] {
  return [
    ...verdict.lost.map(({ fate, code, beforeKill, ...one }) => {
      const when = fate === 'kept' ? '' : beforeKill ? ' before the kill' : ' after the restart'
      return `lost: ${described(one)}, ${fate}${code === null ? '' : ` with ${code}`}${when}`
    }),
    ...verdict.doubled.map(fact => `told by two events: ${fact}`),
    ...verdict.wrong.map(fact => `says something else: ${fact}`),
    ...verdict.repeated.map(fact => `sent twice by one process: ${fact}`),
    ...verdict.retries.map(stanza => `asked for again: ${stanza}`),
    ...verdict.refusals.map(stanza => `refused: ${stanza}`),
    ...(verdict.settled ? [] : ['did not settle: something still waits at the server or in the database']),
  ]
}
