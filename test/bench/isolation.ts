/**
 * Law 12 of delivering, measured: endpoints that hang or fail may not move the p99 of the others by more than a factor of two.
 * The durable river of one process (commit, announce, attempt, record), composed as app.ts does it, an open loop, receivers in
 * another process. Rounds with and without the bad endpoints take turns, so that a noisy machine disturbs both alike; the bad ones
 * are new webhooks in every round, because an endpoint known to be bad is held and costs nothing any more.
 * Prints a table and, with --json, one line of JSON. Bounded by --rounds and --seconds; exit code 1 when something is lost.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { eventId } from '@waxwing/events/event-id'
import { testDatabase } from '../../packages/gateway/src/store/test-database.ts'
import { now, percentile } from './clock.ts'
import { type Endpoint, openRiver } from './river.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '6' },
    rate: { type: 'string', default: '7' },
    json: { type: 'boolean', default: false },
  },
})
const [rounds, seconds, perEndpoint] = [values.rounds, values.seconds, values.rate].map(Number) as [
  number,
  number,
  number,
]

type Scene = { name: string; good: number; failing: number; hanging: number; perEndpoint: number }
const scenes: readonly Scene[] = [
  { name: '20 hang and 10 fail of 100', good: 70, failing: 10, hanging: 20, perEndpoint },
  { name: '40 hang of 70', good: 30, failing: 0, hanging: 40, perEndpoint: perEndpoint * 2 },
  { name: '1 hangs of 10', good: 9, failing: 0, hanging: 1, perEndpoint: perEndpoint * 8 },
]
const leaseMs = 31_000

const database = await testDatabase()
const river = await openRiver({ databaseUrl: database.databaseUrl, leaseMs, logged: false })
const { store, profileId, dispatcher } = river

const subscribe = (ports: readonly number[]): Promise<Endpoint[]> =>
  Promise.all(ports.map(port => river.subscribe(`http://127.0.0.1:${port}/`)))

let serial = 0

function textEvent(sessionId: string) {
  const [type, at] = ['messages.received' as const, new Date()]
  const id = eventId({ sessionId, type, naturalKey: `bench ${serial++}`, at })
  const data = { messageId: id, body: 'A message of about the length that people write, in a chat' }
  const body = JSON.stringify({ id, type, timestamp: at.toISOString(), sessionId, data })
  return { id, type, at, sessionId, profileId, chat: '15550100@s.whatsapp.net', body }
}

/** Events of each endpoint at a constant rate whatever becomes of them. Resolves to when each one's commit was asked for. */
async function openLoop(
  endpoints: readonly Endpoint[],
  a: { perEndpoint: number },
): Promise<Map<string, number>> {
  const askedAt = new Map<string, number>()
  const rate = a.perEndpoint * endpoints.length
  const [total, began] = [Math.round(rate * seconds), now()]
  const commits: Promise<void>[] = []
  while (askedAt.size < total) {
    const due = Math.min(total, Math.floor(((now() - began) / 1000) * rate) + 1)
    while (askedAt.size < due) {
      const endpoint = endpoints[askedAt.size % endpoints.length] as Endpoint
      const event = textEvent(endpoint.sessionId)
      askedAt.set(event.id, now())
      commits.push(store.events.commit([event]).then(born => void river.lane.announce(born)))
    }
    await sleep(1)
  }
  await Promise.all(commits)
  return askedAt
}

type Report = { ids: string[]; times: number[] }

function startReceivers(scene: Scene) {
  const file = join(import.meta.dirname, 'isolation-receivers.ts')
  const child = fork(file, [scene.good, scene.failing, scene.hanging].map(String))
  const next = async <T>() => (await once(child, 'message'))[0] as T
  return {
    ports: next<{ good: number[]; failing: number[]; hanging: number[] }>(),
    report(): Promise<Report> {
      child.send('report')
      return next<Report>()
    },
    stop: () => child.disconnect(),
  }
}

/** Milliseconds from asking for the commit to the last byte, of everything sent to the good ones; throws when one is missing or doubled. */
async function measured(
  receivers: ReturnType<typeof startReceivers>,
  good: readonly Endpoint[],
  bad: readonly Endpoint[],
  scene: Scene,
): Promise<number[]> {
  const noise = openLoop(bad, scene)
  const askedAt = await openLoop(good, scene)
  await noise
  const arrivedAt = new Map<string, number>()
  for (let i = 0; i < 600 && arrivedAt.size < askedAt.size; i++) {
    const { ids, times } = await receivers.report()
    for (const [index, id] of ids.entries()) {
      if (arrivedAt.has(id) || !askedAt.has(id)) throw new Error(`${id} arrived twice, or from nowhere`)
      arrivedAt.set(id, times[index] as number)
    }
    await sleep(50)
  }
  if (arrivedAt.size < askedAt.size) throw new Error(`${arrivedAt.size} arrived of ${askedAt.size}`)
  return [...askedAt].map(([id, at]) => (arrivedAt.get(id) as number) - at)
}

async function idle(): Promise<void> {
  while (dispatcher.stats().inFlight > 0) await sleep(50)
}

async function play(scene: Scene) {
  const receivers = startReceivers(scene)
  const ports = await receivers.ports
  const good = await subscribe(ports.good)
  const [alone, beside]: [number[], number[]] = [[], []]
  await measured(receivers, good, [], scene) // warms up
  for (let round = 0; round < rounds; round++) {
    alone.push(...(await measured(receivers, good, [], scene)))
    const bad = await subscribe([...ports.failing, ...ports.hanging])
    beside.push(...(await measured(receivers, good, bad, scene)))
    for (const { webhookId } of bad) await store.webhooks.remove(profileId, webhookId)
    await idle()
  }
  for (const { webhookId } of good) await store.webhooks.remove(profileId, webhookId)
  receivers.stop()
  const figures = [alone, beside]
    .map(list => list.toSorted((one, other) => one - other))
    .map(list => [0.5, 0.99, 0.999].map(share => percentile(list, share)))
  const [[p50 = 0, p99 = 0, p999 = 0] = [], [bad50 = 0, bad99 = 0, bad999 = 0] = []] = figures
  const ms = (value: number) => Math.round(value * 10) / 10
  return {
    'events a second': scene.good * scene.perEndpoint,
    'p50 alone, ms': ms(p50),
    'p50 beside, ms': ms(bad50),
    'p99 alone, ms': ms(p99),
    'p99 beside, ms': ms(bad99),
    'p99.9 alone, ms': ms(p999),
    'p99.9 beside, ms': ms(bad999),
    'p99 factor': Math.round((bad99 / p99) * 100) / 100,
  }
}

const table: Record<string, Awaited<ReturnType<typeof play>>> = {}
try {
  for (const scene of scenes) table[scene.name] = await play(scene)
} finally {
  await river.close()
  await database.drop()
}
if (values.json) console.log(JSON.stringify(table))
else console.table(table)
process.exit(0)
