/**
 * `npm run chaos:delivery`: while messages come at a constant rate and receivers answer, fail, hang, cut off and refuse, the
 * gateway is killed with SIGKILL and its PostgreSQL stopped, again and again; everything must end delivered, or dead with its
 * attempts on record. Prints a line a blow, a table, and a verdict; with --json, the whole result as one line of JSON instead.
 * --log FILE collects the logs of all gateways. Exit code 1 when a law is broken.
 */
import { parseArgs } from 'node:util'
import { anySeed } from '../chance.ts'
import { type Round, strikeRepeatedly } from './campaign.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    outages: { type: 'string', default: '9' },
    rate: { type: 'string', default: '20' },
    seed: { type: 'string', default: anySeed() },
    log: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const say = (line: string) => void (values.json || console.log(line))

function count(text: string, name: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0) return number
  console.error(`--${name} takes a whole number, not "${text}"`)
  process.exit(2)
}

function lineOf({ round, blow, requests, awayMs, backMs }: Round): string {
  const gone = awayMs === null ? '' : `, the database away for ${awayMs} ms`
  return `${String(round).padStart(3)} ${blow} after ${requests} requests${gone}; back in ${backMs} ms`
}

const options = {
  seed: values.seed,
  kills: count(values.kills, 'kills'),
  outages: count(values.outages, 'outages'),
  messagesPerSecond: count(values.rate, 'rate'),
  logFile: values.log,
}
say(
  `seed ${options.seed}: ${options.kills} kills, ${options.outages} outages, ${options.messagesPerSecond} messages a second`,
)
const campaign = await strikeRepeatedly({ ...options, onRound: round => say(lineOf(round)) })
const { breaches, ...figures } = campaign.verdict
if (values.json) console.log(JSON.stringify(campaign))
else {
  console.table({ ...figures, 'requests a second': campaign.perSecond, seconds: campaign.seconds })
  for (const breach of breaches.slice(0, 100)) console.log(`  ${breach}`)
  const law = 'everything ended delivered or dead, and nothing was sent again without a reason'
  console.log(`\nseed ${campaign.seed}: ${breaches.length === 0 ? law : `${breaches.length} breaches`}`)
}
process.exit(breaches.length === 0 ? 0 : 1)
