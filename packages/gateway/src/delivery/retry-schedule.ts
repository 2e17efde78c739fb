/** When the attempts of a delivery are made, and the schedules that have a name. Pure: time and chance are arguments. */

/** How often a delivery is tried, and how far apart. */
export type RetryConfig = {
  /** Counts the first one. */
  maxAttempts: number
  /** The wait after the first attempt, in ms, doubled after each further one; with `delaysMs` only its first entry. */
  backoffMs: number
  /** The waits after the first attempt, the second …, in ms: one fewer than attempts. Absent: they double. */
  delaysMs?: readonly number[]
}

export const presetNames = ['quick', 'standard', 'custom'] as const
/** A preset is a name for a schedule, nothing more; `custom` is every schedule without one. */
export type Preset = (typeof presetNames)[number]

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** The longest wait there is: the last step of Standard Webhooks' own. Without it 2^n leaves all bounds. */
export const longestWaitMs = 24 * hour
const maxJitter = 0.2

export const presets = {
  /** The specification's default. */
  quick: { maxAttempts: 3, backoffMs: 1_000 },
  /** 75 hours: a receiver that is down from Friday to Monday gets everything by itself. */
  standard: listed([
    5 * second,
    5 * minute,
    30 * minute,
    2 * hour,
    5 * hour,
    10 * hour,
    14 * hour,
    20 * hour,
    24 * hour,
  ]),
} as const satisfies Record<Exclude<Preset, 'custom'>, RetryConfig>

/** The schedule with these waits; there must be one at least. `maxAttempts` and `backoffMs` say the same. */
export function listed(delaysMs: readonly number[]): RetryConfig {
  return { maxAttempts: delaysMs.length + 1, backoffMs: delaysMs[0] ?? 0, delaysMs }
}

/** The name of a schedule: whoever spells out a preset has it. */
export function presetOf(retry: RetryConfig): Preset {
  return presetNames.find(name => name !== 'custom' && isSame(retry, presets[name])) ?? 'custom'
}

/** Whether two schedules make the same attempts at the same times, however they are written. */
export function isSame(one: RetryConfig, other: RetryConfig): boolean {
  return (
    one.maxAttempts === other.maxAttempts &&
    waitsOf(one).every((wait, index) => wait === waitMs(other, index + 1))
  )
}

/** When the attempt after number `number` (from 1) is due: its wait, plus 0 to 20 %, never earlier. `random` gives [0, 1). */
export function nextAttemptAt(a: {
  number: number
  retry: Omit<RetryConfig, 'maxAttempts'>
  now: Date
  random: () => number
}): Date {
  const wait = waitMs(a.retry, a.number)
  return new Date(a.now.getTime() + Math.ceil(wait * (1 + maxJitter * a.random())))
}

/** One attempt of a schedule. `waitMs` is the wait before it without the jitter; with it, it is made from `earliest` to `latest`. */
export type PlannedAttempt = { number: number; waitMs: number; earliest: Date; latest: Date }

/** All attempts of a delivery that fails every time, at once, and whose receiver asks for no patience. */
export function planOf(retry: RetryConfig, from: Date): PlannedAttempt[] {
  const plan: PlannedAttempt[] = [{ number: 1, waitMs: 0, earliest: from, latest: from }]
  for (const [index, wait] of waitsOf(retry).entries()) {
    const number = index + 1
    const { earliest, latest } = plan[index] ?? { earliest: from, latest: from }
    plan.push({
      number: number + 1,
      waitMs: wait,
      earliest: nextAttemptAt({ number, retry, now: earliest, random: () => 0 }),
      latest: nextAttemptAt({ number, retry, now: latest, random: () => 1 }),
    })
  }
  return plan
}

function waitsOf(retry: RetryConfig): number[] {
  return Array.from({ length: retry.maxAttempts - 1 }, (_, index) => waitMs(retry, index + 1))
}

/** The wait after attempt `number`, without the jitter. After the last of a list: that of the last. */
function waitMs({ backoffMs, delaysMs }: Omit<RetryConfig, 'maxAttempts'>, number: number): number {
  const wait = delaysMs?.[Math.min(number, delaysMs.length) - 1] ?? backoffMs * 2 ** (number - 1)
  return Math.min(wait, longestWaitMs)
}
