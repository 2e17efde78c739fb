/** What is counted at each attempt, for the page of metrics. */
import { Counter, Histogram, type Registry } from '@prometheus-io/client'
import { errorClasses } from '@waxwing/events'
import type { DueDelivery, RecordedOutcome } from './store/deliveries.ts'

/** From a healthy delivery (milliseconds) to the hours of a retry. */
const latencyBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800]
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export function attemptMetrics(
  registers: Registry[],
): (delivery: DueDelivery, outcome: RecordedOutcome) => void {
  const attempts = new Counter({
    name: 'waxwing_delivery_attempts_total',
    help: 'Attempts by what came of them: delivered, or the error class.',
    labelNames: ['result'],
    registers,
  })
  for (const result of ['delivered', ...errorClasses]) attempts.inc({ result }, 0)
  const died = new Counter({
    name: 'waxwing_deliveries_died_total',
    help: 'Deliveries whose last attempt failed here.',
    registers,
  })
  const duration = new Histogram({
    name: 'waxwing_delivery_attempt_duration_seconds',
    help: 'How long an attempt took.',
    buckets: durationBuckets,
    registers,
  })
  const first = new Histogram({
    name: 'waxwing_event_to_first_attempt_seconds',
    help: 'From the commit of a delivery (with its event, or by a replay) to its first attempt. Without what a person asked for and trials of an endpoint in trouble.',
    buckets: latencyBuckets,
    registers,
  })
  return (delivery, { attempt, startedAt, durationMs, errorClass, next }) => {
    attempts.inc({ result: errorClass ?? 'delivered' })
    duration.observe(durationMs / 1_000)
    if (next.kind === 'dead') died.inc()
    // The clocks of the database and of this machine may differ by a moment.
    const ageMs = Math.max(0, startedAt.getTime() - delivery.createdAt.getTime())
    if (attempt === 1 && !delivery.manual && !delivery.trial) first.observe(ageMs / 1_000)
  }
}
