/**
 * The main job measured: simulated phones write, real Baileys decrypts, Postgres commits, a receiver in this process verifies.
 * Prints a table and, with --json, one JSON line. Bounded: `--messages` (default 2,000) at full speed, then 300 at 50 a second.
 * The simulator and the receiver share the machine with the gateway, so figures are a floor, not a ceiling.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { connected, type Journey, startJourney } from '../e2e/journey.ts'

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '2000' }, json: { type: 'boolean', default: false } },
})
const total = Number(values.messages)

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Resident memory in MB of a process, as Linux counts it; NaN elsewhere. */
function residentMb(pid: number): number {
  try {
    const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+) kB/)
    return line ? Math.round(Number(line[1]) / 1024) : Number.NaN
  } catch {
    return Number.NaN
  }
}

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
