import type { Attempt, ErrorClass } from './attempt.ts'

/** What an attempt means for its delivery. */
export type Decision = { kind: 'delivered' } | { kind: 'retry'; at: Date } | { kind: 'dead' }
export type RetryConfig = { maxAttempts: number; backoffMs: number }

export declare function decide(
  attempt: Attempt,
  a: { number: number; retry: RetryConfig; now: Date; random: () => number },
): Decision
export declare function hint(errorClass: ErrorClass, status: number | null): string
