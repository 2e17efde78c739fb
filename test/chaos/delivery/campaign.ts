import { setTimeout as sleep } from 'node:timers/promises'
import type { StopMode } from '../../../packages/gateway/src/store/test-server.ts'
import { type Chance, createChance } from '../chance.ts'
import { type Load, startLoad } from './load.ts'
import { isSettled, readRecords } from './record.ts'
import { judge, type Verdict } from './verdict.ts'
import { startWorld, type World } from './world.ts'

/**
 * `kill`: SIGKILL under load. `kill while starting`: and the next process too, before it has said anything. `fast`, `immediate`:
 * PostgreSQL is stopped so, and comes back. `kill while away`: the gateway dies with what it could not write down.
 */
export type Blow = 'kill' | 'kill while starting' | 'fast' | 'immediate' | 'kill while away'

export type Round = {
  round: number
  blow: Blow
  /** Requests between the recovery from the blow before and this one, and how long that took. */
  requests: number
  calmMs: number
  /** The database was away for so long. */
  awayMs: number | null
  /** From the blow until a request arrived after everything was there again. */
  backMs: number
}

export type CampaignOptions = {
  seed: string
  /** Of SIGKILL; every fourth of them comes while the gateway starts. */
  kills: number
  /** Of PostgreSQL, in turns `immediate`, `fast`, and with the gateway killed meanwhile. */
  outages: number
  messagesPerSecond: number
  logFile?: string
  onRound?: (round: Round) => void
}

export type Campaign = {
  seed: string
  rounds: Round[]
  verdict: Verdict
  /** Requests, while the gateway and its database were there. */
  perSecond: number
  seconds: number
}

/** Between two blows come the requests of so many messages for each message a second: those of one to three seconds. */
const calmSeconds = { least: 1, more: 2 }
/** A blow that finds no load comes all the same, and the line says so. */
const calmAtMostMs = 30_000
/** A gateway starts and links its session within this, on a machine with nothing else to do. */
const startingMs = 1_500
/** Away for less than a heartbeat, or for longer than a lease (7 s with the deadline of `World`). */
const awayMs = { least: 200, more: 8_000 }
/** When nothing has arrived for so long after the last blow, nothing will: leases and retries are a few seconds. */
const quietMs = 30_000
/** As webhooks are made unless told otherwise. */
const maxAttempts = 3

/** Blows at a gateway that delivers, one after the other, and what became of everything it was told. */
export async function strikeRepeatedly(options: CampaignOptions): Promise<Campaign> {
  const { seed, messagesPerSecond, logFile, onRound = () => {} } = options
  const chance = createChance(seed)
  const world = await startWorld({ seed, logFile })
  const began = performance.now()
  const load = startLoad({ whatsapp: world.whatsapp, phone: world.phone, perSecond: messagesPerSecond })
  const rounds: Round[] = []
  try {
    for (const blow of blowsOf(options, chance)) {
      const seconds = calmSeconds.least + (calmSeconds.more * chance.below(1_000)) / 1_000
      const enough = Math.round(seconds * messagesPerSecond * world.hooks.length)
      const round = await strike(world, { round: rounds.length, blow, chance, enough })
      rounds.push(round)
      onRound(round)
    }
    await load.stop()
    await settle(world)
    const verdict = await verdictOn(world, load)
    const seconds = Math.round((performance.now() - began) / 1000)
    return { seed, rounds, verdict, perSecond: paceOf(rounds), seconds }
  } finally {
    await load.stop()
    await world.end()
  }
}

function blowsOf({ kills, outages }: CampaignOptions, chance: Chance): Blow[] {
  const ofServer: readonly Blow[] = ['immediate', 'fast', 'kill while away']
  return chance.shuffled([
    ...Array.from({ length: kills }, (_, i): Blow => (i % 4 === 3 ? 'kill while starting' : 'kill')),
    ...Array.from({ length: outages }, (_, i) => ofServer[i % ofServer.length] as Blow),
  ])
}

function paceOf(rounds: readonly Round[]): number {
  const [requests, ms] = rounds.reduce(([n, sum], round) => [n + round.requests, sum + round.calmMs], [0, 0])
  return Math.round((requests / ms) * 1000)
}

const requests = ({ hooks }: World) =>
  hooks.reduce((total, { endpoint }) => total + endpoint.arrivals.length, 0)

/** Each resolves when everything that was struck is there again, to how long the database was away. */
const strikes: Record<Blow, (world: World, chance: Chance) => Promise<number | null>> = {
  async kill(world) {
    await world.kill()
    await world.boot().ready
    return null
  },
  async 'kill while starting'(world, chance) {
    await world.kill()
    world.boot()
    await sleep(chance.below(startingMs))
    await world.kill()
    await world.boot().ready
    return null
  },
  immediate: (world, chance) => away(world, chance, 'immediate', async () => {}),
  fast: (world, chance) => away(world, chance, 'fast', async () => {}),
  async 'kill while away'(world, chance) {
    const ms = await away(world, chance, chance.below(2) === 0 ? 'fast' : 'immediate', world.kill)
    await world.boot().ready
    return ms
  },
}

async function away(
  world: World,
  chance: Chance,
  mode: StopMode,
  atItsEnd: () => Promise<void>,
): Promise<number> {
  const ms = awayMs.least + chance.below(awayMs.more)
  await world.stopDatabase(mode)
  await sleep(ms)
  await atItsEnd()
  await world.startDatabase()
  return ms
}

/** `enough`: the requests that come before the blow. */
async function strike(
  world: World,
  a: { round: number; blow: Blow; chance: Chance; enough: number },
): Promise<Round> {
  const { round, blow, chance, enough } = a
  const [from, before] = [performance.now(), requests(world)]
  await until(calmAtMostMs, () => requests(world) >= before + enough)
  await sleep(chance.below(10))
  const calm = { requests: requests(world) - before, calmMs: Math.round(performance.now() - from) }
  const struck = performance.now()
  const ms = await strikes[blow](world, chance)
  const there = requests(world)
  await until(calmAtMostMs, () => requests(world) > there)
  return { round, blow, ...calm, awayMs: ms, backMs: Math.round(performance.now() - struck) }
}

/** Every receiver is well and no endpoint is held: what can arrive does. */
async function settle(world: World): Promise<void> {
  for (const { endpoint } of world.hooks) await endpoint.calm()
  await world.enableAll()
  let [arrived, quietSince] = [requests(world), performance.now()]
  while (performance.now() - quietSince < quietMs && !(await isSettled(world))) {
    await sleep(200)
    if (requests(world) > arrived) [arrived, quietSince] = [requests(world), performance.now()]
  }
}

async function verdictOn(world: World, load: Load): Promise<Verdict> {
  await world.noteCrashes()
  const { hooks, lives, outages, crashes } = world
  return judge({
    written: load.written,
    records: await readRecords(world),
    receivers: hooks.map(({ id, subscribed, endpoint }) => ({ ...endpoint, id, subscribed })),
    lives,
    outages,
    crashes,
    maxAttempts,
  })
}

/** Until it holds, or this long. */
async function until(ms: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + ms
  while (performance.now() < end && !(await holds())) await sleep(5)
}
