import { setTimeout as sleep } from 'node:timers/promises'
import type { Arrivals } from './arrivals.ts'
import { type Chance, createChance } from './chance.ts'
import { type Deed, type Expected, writeScript } from './script.ts'
import { judge, type Verdict } from './verdict.ts'
import type { World } from './world.ts'

/** `offline`: everything waits at the server when the gateway starts. `live`: it comes while the gateway is connected. */
export type Flow = 'offline' | 'live'
export const flows = ['offline', 'live'] as const satisfies readonly Flow[]

/** A second kill while the gateway recovers: this long after the spawn, or once so many further stanzas were cleared. */
export type Again = { afterMs: number } | { afterCleared: number }

export type Plan = { run: number; flow: Flow; messages: number }

export type Run = Plan & {
  /** The kill came `delayMs` after the server had been told to forget this many stanzas, of `stanzas`. */
  killAfter: number
  delayMs: number
  stanzas: number
  /** How many it really was when the process was gone: it goes on answering until it is dead. */
  clearedAtDeath: number
  /** Rows that the dead process had left in the inbox. */
  inboxAtDeath: number
  /** When the second process was killed too, if it was. */
  again: Again | null
  verdict: Verdict
  ms: number
}

/** As in the experiment this law was first measured with: anywhere in the work that follows a receipt. */
const longestDelayMs = 9
/** Between two stanzas of a live run: about as fast as the gateway reads, so that some wait and some do not. */
const longestPauseMs = 3
/** One run in so many is killed a second time, while it starts or soon after. */
const againOneIn = 3
const againWithinMs = 1_500
const againWithinCleared = 20
/** A kill that has not come by then comes anyway: a message that is refused twice may clear nothing more. */
const killWithinMs = 60_000
/** How long a run may take to settle before its state is judged as it is. */
const settleMs = 90_000
/** When nothing is left to do and something is still missing, it is lost after this much silence. */
const quietMs = 4_000

/** One script, one SIGKILL at a random point of it, a restart, and a verdict when nothing is left to do. */
export async function killOnce(world: World, arrivals: Arrivals, seed: string, plan: Plan): Promise<Run> {
  const started = performance.now()
  // The pauses have a chance of their own: they are drawn while other things happen, and must not change those.
  const chance = createChance(`${seed}, run ${plan.run}`)
  const pauses = createChance(`${seed}, pauses of run ${plan.run}`)
  const { deeds, stanzas } = await writeScript(world, { ...plan, chance })
  await settled(world, () => true)
  const killAfter = 1 + chance.below(stanzas)
  const delayMs = chance.below(longestDelayMs + 1)
  const killed = killAt(world, killAfter, delayMs)

  let expected: Promise<Expected[]>
  if (plan.flow === 'offline') {
    await world.stop()
    expected = Promise.resolve(await play(deeds, () => 0))
    world.boot()
  } else {
    expected = play(deeds, () => pauses.below(longestPauseMs + 1))
  }
  await killed
  const clearedAtDeath = world.wire.cleared
  await world.expireLeases()
  const left = await world.unfinished()
  const lives = [Date.now()]
  const again = drawAgain(chance, stanzas - clearedAtDeath)
  if (again) {
    await killAgain(world, again)
    await world.expireLeases()
    lives.push(Date.now())
  }
  await world.boot().ready
  const wanted = await expected
  const inTime = await settled(world, () => wanted.every(({ fact }) => arrivals.of(fact).length > 0))
  return {
    ...plan,
    killAfter,
    delayMs,
    stanzas,
    clearedAtDeath,
    inboxAtDeath: left.inbox,
    again,
    verdict: judge({ wanted, arrivals, wire: world.wire, lives, settled: inTime }),
    ms: Math.round(performance.now() - started),
  }
}

function drawAgain(chance: Chance, remaining: number): Again | null {
  if (remaining < 1 || chance.below(againOneIn) > 0) return null
  return chance.below(2) === 0
    ? { afterMs: chance.below(againWithinMs) }
    : { afterCleared: 1 + chance.below(Math.min(againWithinCleared, remaining)) }
}

async function killAgain(world: World, again: Again): Promise<void> {
  const killed = 'afterCleared' in again ? killAt(world, again.afterCleared, 0) : null
  world.boot()
  if (killed) return killed
  await sleep('afterMs' in again ? again.afterMs : 0)
  await world.kill()
}

/** Kills when the server has cleared `count` stanzas from now on, `delayMs` later. Resolves when it is gone. */
function killAt(world: World, count: number, delayMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let fired = false
    const fire = () => {
      if (fired) return
      fired = true
      clearTimeout(latest)
      world.kill().then(resolve, reject)
    }
    const latest = setTimeout(fire, killWithinMs)
    world.wire.restartCount(cleared => {
      if (cleared !== count) return
      if (delayMs === 0) fire()
      else setTimeout(fire, delayMs)
    })
  })
}

/** One deed after the other, with pauses in ms between them; a pause of 0 is none. */
async function play(deeds: readonly Deed[], pause: () => number): Promise<Expected[]> {
  const done: Expected[] = []
  for (const deed of deeds) {
    done.push(...(await deed()))
    const ms = pause()
    if (ms > 0) await sleep(ms)
  }
  return done
}

/**
 * Waits until the server has nothing left for the device, the database nothing left for the receiver, and `complete` is
 * true, or everything else is so and all has been silent. False when even that did not come in time.
 */
async function settled(world: World, complete: () => boolean): Promise<boolean> {
  const until = Date.now() + settleMs
  let quietSince = Date.now()
  while (Date.now() < until) {
    const left = await world.unfinished()
    const idle = world.phone.online && world.phone.pending === 0 && left.deliveries === 0 && left.inbox === 0
    if (idle && complete()) return true
    if (!idle) quietSince = Date.now()
    if (Date.now() - Math.max(quietSince, world.wire.lastActivity) > quietMs) return true
    await sleep(50)
  }
  return false
}
