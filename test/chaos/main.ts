/**
 * `npm run chaos`: a gateway is killed with SIGKILL again and again while messages arrive, and nothing may be lost or told
 * twice. Prints a line a kill, a table, and a verdict; with --json, the whole result as one line of JSON instead. --log FILE
 * collects the debug logs of all gateways and the stanzas. Exit code 1
 * when the law is broken.
 */
import { parseArgs } from 'node:util'
import { type Campaign, killRepeatedly } from './campaign.ts'
import { anySeed } from './chance.ts'
import { type Again, type Flow, flows, type Run } from './run.ts'
import { breaches } from './verdict.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    messages: { type: 'string', default: '300' },
    seed: { type: 'string', default: anySeed() },
    flow: { type: 'string' },
    log: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const say = (line: string) => void (values.json || console.log(line))

function count(text: string, name: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  console.error(`--${name} takes a whole number above 0, not "${text}"`)
  process.exit(2)
}

function chosenFlow(text: string | undefined): Flow | undefined {
  const flow = flows.find(each => each === text)
  if (text === undefined || flow) return flow
  console.error(`--flow takes ${flows.join(' or ')}, not "${text}"`)
  process.exit(2)
}

const sum = (runs: readonly Run[], of: (run: Run) => number) =>
  runs.reduce((total, run) => total + of(run), 0)

/** One row of the table: what happened to everything in these runs. */
function row(runs: readonly Run[]) {
  return {
    kills: runs.length + runs.filter(run => run.again).length,
    expected: sum(runs, run => run.stanzas),
    'in inbox at death': sum(runs, run => run.inboxAtDeath),
    lost: sum(runs, run => run.verdict.lost.length),
    'two events': sum(runs, run => run.verdict.doubled.length),
    wrong: sum(runs, run => run.verdict.wrong.length),
    'resent, same id': sum(runs, run => run.verdict.resent),
    'retry receipts': sum(runs, run => run.verdict.retries.length),
    NACKs: sum(runs, run => run.verdict.refusals.length),
    seconds: Math.round(sum(runs, run => run.ms) / 1000),
  }
}

const againOf = (again: Again) => ('afterMs' in again ? `${again.afterMs} ms` : `${again.afterCleared} more`)

function lineOf(run: Run): string {
  const { verdict } = run
  const faults = breaches(verdict).length
  return (
    `${String(run.run).padStart(3)} ${run.flow.padEnd(7)} killed ${run.delayMs} ms after ${String(run.killAfter).padStart(3)}` +
    ` of ${run.stanzas} (${run.clearedAtDeath} at death), ${run.again ? `again after ${againOf(run.again)}, ` : ''}` +
    `inbox ${run.inboxAtDeath}, resent ${verdict.resent},` +
    ` lost ${verdict.lost.length}, ${faults === 0 ? 'ok' : `${faults} breaches`}, ${(run.ms / 1000).toFixed(1)} s`
  )
}

function tell(campaign: Campaign): void {
  const rows: Record<string, ReturnType<typeof row>> = {}
  for (const flow of flows) {
    const runs = campaign.runs.filter(run => run.flow === flow)
    if (runs.length > 0) rows[flow] = row(runs)
  }
  rows.all = row(campaign.runs)
  console.table(rows)
  const kinds = new Map<string, number>()
  for (const { verdict } of campaign.runs)
    for (const [kind, number] of Object.entries(verdict.expected))
      kinds.set(kind, (kinds.get(kind) ?? 0) + number)
  console.log(`expected: ${[...kinds].map(([kind, number]) => `${number} ${kind}`).join(', ')}`)
  console.log(
    `ciphertexts sent: ${Object.entries(campaign.sealed)
      .map(([type, number]) => `${number} ${type}`)
      .join(', ')}`,
  )
  for (const breach of campaign.breaches.slice(0, 100)) console.log(`  ${breach}`)
  const verdict =
    campaign.breaches.length === 0
      ? 'nothing lost, nothing told twice'
      : `${campaign.breaches.length} breaches`
  console.log(`\nseed ${campaign.seed}: ${verdict}`)
}

const options = {
  seed: values.seed,
  kills: count(values.kills, 'kills'),
  messages: count(values.messages, 'messages'),
  flow: chosenFlow(values.flow),
  logFile: values.log,
}
say(`seed ${options.seed}: ${options.kills} kills, ${options.messages} messages around each`)
const campaign = await killRepeatedly({ ...options, onRun: run => say(lineOf(run)) })
if (values.json) console.log(JSON.stringify(campaign))
else tell(campaign)
process.exit(campaign.breaches.length === 0 ? 0 : 1)
