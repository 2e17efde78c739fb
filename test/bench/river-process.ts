/**
 * The river of a gateway in a process of its own. Told a rate and a time it lets events arrive at exactly that rate, whatever
 * becomes of them (an open loop), and answers with their ids and the times their commit was asked for.
 * Arguments: database URL, receiver URL, webhooks, how many of those hang.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { definitionOf } from '@waxwing/events'
import { type EventDraft, sealEvent } from '@waxwing/events/event-id'
import { cpuMs, now } from './clock.ts'
import { openRiver } from './river.ts'

export type Order = { do: 'load'; rate: number; seconds: number } | { do: 'use' } | { do: 'stop' }
/** `times`: when each commit was asked for, on the machine's monotonic clock. Event n is one of endpoint n % webhooks. */
export type Load = { ids: string[]; times: number[]; refused: number }
export type Use = { cpuMs: number; residentMb: number; putBack: number; inFlight: number; waiting: number }

const [databaseUrl = '', receiver = '', webhooks = '10', hanging = '0'] = process.argv.slice(2)
const river = await openRiver({ databaseUrl, leaseMs: 60_000, logged: true })
const sessions: string[] = []
for (let index = 0; index < Number(webhooks); index++) {
  const path = index < Number(hanging) ? 'hang' : 'hook'
  const { sessionId } = await river.subscribe(`${receiver}/${path}/${index}`)
  sessions.push(sessionId)
}

const sample = definitionOf('messages.received').samples.text
let serial = 0

function draft(): EventDraft<'messages.received'> {
  const n = serial++
  return {
    type: 'messages.received',
    at: new Date(),
    sessionId: sessions[n % sessions.length] ?? '',
    profileId: river.profileId,
    chat: sample.from,
    naturalKey: `${process.pid} ${n}`,
    data: { ...sample, messageId: `${sample.messageId}${n}` },
  }
}

async function load(rate: number, seconds: number): Promise<Load> {
  const result: Load = { ids: [], times: [], refused: 0 }
  const total = Math.round(rate * seconds)
  const start = now()
  const committing: Promise<void>[] = []
  while (result.ids.length < total) {
    const due = Math.min(total, Math.floor(((now() - start) * rate) / 1_000) + 1)
    while (result.ids.length < due) committing.push(arrive(result))
    await sleep(1)
  }
  await Promise.all(committing)
  return result
}

async function arrive(result: Load): Promise<void> {
  result.times.push(now())
  const event = sealEvent(draft())
  result.ids.push(event.id)
  try {
    river.lane.announce(await river.store.events.commit([event]))
  } catch {
    result.refused++
  }
}

function use(): Use {
  const { putBack, inFlight, waiting } = river.dispatcher.stats()
  return {
    cpuMs: cpuMs(),
    residentMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    putBack,
    inFlight,
    waiting,
  }
}

process.on('message', async (order: Order) => {
  if (order.do === 'load') return process.send?.(await load(order.rate, order.seconds))
  if (order.do === 'use') return process.send?.(use())
  await river.close()
  process.exit()
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
