/** How a webhook's retries are said and shown: a preset, numbers that double, or a list of waits. */
import { z } from 'zod'
import {
  isSame,
  listed,
  longestWaitMs,
  type Preset,
  presetNames,
  presetOf,
  presets,
  type RetryConfig,
} from '../delivery/retry-schedule.ts'
import type { FieldError } from './problem.ts'

/** A wait of nothing would be a flood; a list of more than thirty is a schedule nobody has in mind. */
const shortestWaitMs = 100
const maxRetries = 30

const wait = z
  .int({ error: 'Expected whole milliseconds.' })
  .min(shortestWaitMs, { error: `A wait is at least ${shortestWaitMs} ms; the first attempt needs none.` })
  .max(longestWaitMs, { error: `A wait is at most ${longestWaitMs} ms (24 h).` })

export const retryInput = z
  .strictObject({
    preset: z.enum(presetNames),
    max_attempts: z
      .int()
      .min(1)
      .max(maxRetries + 1)
      .describe('The first attempt and its retries.'),
    backoff_ms: wait.describe('The wait after the first attempt, doubled after each further one.'),
    delays_ms: z
      .array(wait)
      .min(1, { error: 'Name at least one wait; for no retries send max_attempts 1.' })
      .max(maxRetries, { error: `At most ${maxRetries} waits.` })
      .nullable()
      .describe(
        'The waits after the first attempt, the second …; then max_attempts is one more than it has.',
      ),
  })
  .partial()
  .describe(
    'quick: 3 attempts, after 1 s and 2 s. standard: 10 attempts over 75 h. custom: max_attempts and backoff_ms, or ' +
      'delays_ms. Each wait is up to 20 % longer, never shorter.',
  )

export type RetryInput = z.output<typeof retryInput>

export const retryShown = z.object({
  preset: z.enum(presetNames),
  max_attempts: z.int(),
  backoff_ms: z.int(),
  delays_ms: z
    .array(z.int())
    .nullable()
    .describe('null: the wait is backoff_ms, doubled after each attempt.'),
})

export function showRetry(retry: RetryConfig): z.output<typeof retryShown> {
  const { maxAttempts, backoffMs, delaysMs } = retry
  return {
    preset: presetOf(retry),
    max_attempts: maxAttempts,
    backoff_ms: backoffMs,
    delays_ms: delaysMs === undefined ? null : [...delaysMs],
  }
}

/** What was asked for, written as a preset where it is one; or what contradicts itself, and how to mend it. */
export type RetryVerdict = { retry: RetryConfig; faults: FieldError[] }

/** `before` lends what the request does not name: the webhook's own, or for a new one the default. */
export function retryOf(given: RetryInput, before: RetryConfig = presets.quick): RetryVerdict {
  const { preset = 'custom', delays_ms: delays = null } = given
  if (preset !== 'custom') return named(preset, given)
  if (delays !== null) return settled(listed(delays), given, `${delays.length} delays_ms`)
  const { max_attempts: maxAttempts, backoff_ms: backoffMs } = given
  if (maxAttempts === undefined && backoffMs === undefined && given.delays_ms === undefined)
    return { retry: before, faults: [] }
  const halfSaid = before.delaysMs !== undefined && given.delays_ms === undefined
  if (halfSaid && maxAttempts === undefined) return { retry: before, faults: [missing('max_attempts')] }
  if (halfSaid && backoffMs === undefined) return { retry: before, faults: [missing('backoff_ms')] }
  const retry = {
    maxAttempts: maxAttempts ?? before.maxAttempts,
    backoffMs: backoffMs ?? before.backoffMs,
  }
  return settled(retry, given, 'this')
}

function named(preset: Exclude<Preset, 'custom'>, given: RetryInput): RetryVerdict {
  const retry: RetryConfig = presets[preset]
  const { delays_ms: delays } = given
  const fits = delays === undefined || (delays === null ? !retry.delaysMs : isSame(listed(delays), retry))
  const { faults } = settled(retry, given, `the preset ${preset}`)
  if (fits) return { retry, faults }
  const detail = `These are not the waits of the preset ${preset}. Leave them out, or choose the preset custom.`
  return { retry, faults: [...faults, { pointer: '/retry_config/delays_ms', detail }] }
}

/** With the faults of numbers that were named beside what already says them. */
function settled(retry: RetryConfig, given: RetryInput, saidBy: string): RetryVerdict {
  const said = { max_attempts: retry.maxAttempts, backoff_ms: retry.backoffMs }
  const faults = (['max_attempts', 'backoff_ms'] as const).flatMap(key =>
    given[key] === undefined || given[key] === said[key]
      ? []
      : [
          {
            pointer: `/retry_config/${key}`,
            detail: `It is ${said[key]} with ${saidBy}. Leave it out, or send that.`,
          },
        ],
  )
  const preset = presetOf(retry)
  return { retry: preset === 'custom' ? retry : presets[preset], faults }
}

function missing(key: 'max_attempts' | 'backoff_ms'): FieldError {
  const detail = `This webhook has a list of waits. Send ${key} too for waits that double, or delays_ms for another list.`
  return { pointer: `/retry_config/${key}`, detail }
}
