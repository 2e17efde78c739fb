import { type Arrivals, createArrivals } from './arrivals.ts'
import { type Flow, flows, killOnce, type Run } from './run.ts'
import { breaches } from './verdict.ts'
import type { WireLog } from './wire-log.ts'
import { startWorld } from './world.ts'

export type CampaignOptions = {
  seed: string
  /** Kills in all, half of them of each flow. */
  kills: number
  /** Messages around each kill. */
  messages: number
  flow?: Flow
  logFile?: string
  onRun?: (run: Run) => void
}

export type Campaign = {
  seed: string
  runs: Run[]
  /** Everything that breaks the law, one sentence each; empty is what we want. */
  breaches: string[]
  /** How many ciphertexts of each type the server sent, repetitions included. */
  sealed: Readonly<Record<string, number>>
}

/** Kills one gateway again and again, on one database and one network, and says what that cost. */
export async function killRepeatedly(options: CampaignOptions): Promise<Campaign> {
  const { seed, kills, messages, onRun = () => {} } = options
  const arrivals = createArrivals()
  const world = await startWorld({ seed, onRequest: arrivals.note, logFile: options.logFile })
  const runs: Run[] = []
  try {
    for (let run = 0; run < kills; run++) {
      const flow = options.flow ?? (run < kills / 2 ? flows[0] : flows[1])
      runs.push(await killOnce(world, arrivals, seed, { run, flow, messages }))
      onRun(runs[run] as Run)
    }
    const inRuns = runs.flatMap(run =>
      breaches(run.verdict).map(breach => `run ${run.run} (${run.flow}): ${breach}`),
    )
    return {
      seed,
      runs,
      breaches: [...inRuns, ...afterwards(runs, arrivals, world.wire)],
      sealed: world.wire.sealed,
    }
  } finally {
    await world.end()
  }
}

/** What only shows when all is over: a second event that came after its run was judged, unsigned requests, and trouble with stanzas of the network itself. */
function afterwards(runs: readonly Run[], arrivals: Arrivals, wire: WireLog): string[] {
  const known = new Set(runs.flatMap(({ verdict }) => verdict.doubled))
  const late = [...arrivals.facts]
    .filter(([fact, events]) => events.length > 1 && !known.has(fact))
    .map(([fact]) => `told by two events, after its run: ${fact}`)
  const expected = new Set(runs.flatMap(({ verdict }) => verdict.stanzas))
  const strays = wire
    .troubled()
    .filter(stanza => !expected.has(stanza))
    .map(stanza => `refused or asked for again, though nobody wrote it: ${stanza}`)
  return [...late, ...strays, ...arrivals.refused.map(refusal => `a request did not verify: ${refusal}`)]
}
