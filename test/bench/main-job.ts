/**
 * The main job measured: simulated phones write, real Baileys decrypts, Postgres commits, a receiver in this process verifies.
 * Prints a table and, with --json, one JSON line. Bounded: `--messages` (default 2,000) at full speed, then 300 at 50 a second.
 * The simulator and the receiver share the machine with the gateway, so figures are a floor, not a ceiling.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { connected, type Journey, startJourney } from '../e2e/journey.ts'
import { percentile } from './clock.ts'
import { residentMb } from './idle-gateway.ts'

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '2000' }, json: { type: 'boolean', default: false } },
})
const total = Number(values.messages)

/** Milliseconds from each `say` to the receiver's last byte, in the order of arrival; throws when one is missing or doubled. */
async function write(
  journey: Journey,
  count: number,
  pauseMs: number,
  label: string,
): Promise<{ latencies: number[]; seconds: number }> {
  const contacts = Array.from({ length: 20 }, (_, i) =>
    journey.whatsapp.contact({ number: `155503${String(i).padStart(2, '0')}`, name: `C${i}` }),
  )
  const saidAt = new Map<string, number>()
  const from = journey.receiver.requests.length
  const start = performance.now()
  for (let i = 0; i < count; i++) {
    const contact = contacts[i % contacts.length]
    if (!contact) break
    saidAt.set(`${label} ${i}`, Date.now())
    const said = contact.say(journey.phone, `${label} ${i}`)
    if (pauseMs) await Promise.all([said, sleep(pauseMs)])
    else await said
  }
  await journey.receiver.until(requests => requests.length - from >= count, 120_000)
  const seconds = (performance.now() - start) / 1000
  const arrived = journey.receiver.requests.slice(from)
  const bodies = new Set(arrived.map(r => (r.event?.type === 'messages.received' ? r.event.data.body : '')))
  if (bodies.size !== count || arrived.length !== count)
    throw new Error(`${count} written, ${arrived.length} arrived, ${bodies.size} different`)
  const latencies = arrived.map(r =>
    r.event?.type === 'messages.received' ? r.at - (saidAt.get(r.event.data.body) ?? 0) : 0,
  )
  return { latencies: latencies.sort((a, b) => a - b), seconds }
}

const journey = await startJourney()
try {
  await connected(journey.gateway, journey.sessionId)
  await write(journey, 200, 0, 'warm up')
  const idleMb = residentMb(journey.gateway.pid)
  const burst = await write(journey, total, 0, 'burst')
  const steady = await write(journey, 300, 20, 'steady')
  const figures = {
    messages_per_second: Math.round(total / burst.seconds),
    steady_p50_ms: percentile(steady.latencies, 0.5),
    steady_p99_ms: percentile(steady.latencies, 0.99),
    memory_mb_before: idleMb,
    memory_mb_after: residentMb(journey.gateway.pid),
    start_ms: journey.gateway.startMs,
  }
  if (values.json) console.log(JSON.stringify(figures))
  else console.table(figures)
} finally {
  await journey.end()
}
