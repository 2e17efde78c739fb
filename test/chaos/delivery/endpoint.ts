import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { verifySignature } from '@waxwing/events'
import type { Chance } from '../chance.ts'

/** What becomes of one request. `refused` is about all of them: nothing listens. */
export type Mood = 'ok' | '404' | '500' | 'hang' | 'reset' | 'slow' | 'refused'

/** One request, as the receiver can tell of it. */
export type Arrival = {
  at: number
  deliveryId: string
  eventId: string
  /** The number the request says it has. */
  attempt: number
  /** `webhook-timestamp`: with delivery and number it names the attempt on record. */
  timestamp: string
  mood: Mood
  /** Everything of a 2xx was handed to the network. */
  accepted: boolean
}

/** How an endpoint behaves. `moody` draws for every request, `wavering` for a while. */
export type Temper = 'steady' | 'moody' | 'wavering' | 'denying'

export type Endpoint = {
  name: string
  temper: Temper
  url: string
  arrivals: Arrival[]
  /** Every body an event came with: one, or something is wrong. */
  bodies: Map<string, Set<string>>
  /** Why requests did not verify. */
  forged: string[]
  /** The webhook's, once it is made. */
  secret: string
  /** Answers everything with 200 from now on; only who denies goes on denying. */
  calm(): Promise<void>
  stop(): Promise<void>
}

/** Four in eleven fail: one delivery in twenty fails three times, and seldom do five in a row. */
const moods: readonly Mood[] = ['ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok', '500', 'hang', 'reset', 'slow']
const troubles: readonly Mood[] = ['500', 'hang', 'reset', 'refused', 'slow']
/** Of good and of bad times in turn. */
const goodMs = { least: 1_500, more: 3_000 }
const badMs = { least: 300, more: 2_000 }

export async function startEndpoint(name: string, temper: Temper, chance: Chance): Promise<Endpoint> {
  const accepted = new Set<string>()
  let wave: Mood = 'ok'
  let calmed = false
  let turn: NodeJS.Timeout | undefined
  let changes = Promise.resolve()
  /** Answers that will never be complete. */
  const open = new Set<ServerResponse>()
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    if (body === null) return
    const arrival = arrivalOf(request, moodFor(String(request.headers['webhook-id'])))
    endpoint.arrivals.push(arrival)
    const known = endpoint.bodies.get(arrival.eventId) ?? new Set<string>()
    endpoint.bodies.set(arrival.eventId, known.add(body))
    const { secret } = endpoint
    const verdict = await verifySignature({ headers: request.headers, body, secret })
    if (!verdict.ok) endpoint.forged.push(`${arrival.deliveryId}: ${verdict.detail}`)
    response.once('finish', () => {
      arrival.accepted = arrival.mood === 'ok'
      if (arrival.accepted) accepted.add(arrival.eventId)
    })
    if (arrival.mood === 'hang' || arrival.mood === 'slow')
      open.add(response.once('close', () => open.delete(response)))
    answer(arrival.mood, request, response)
  })

  /** A moody receiver takes what it has taken before: it deduplicates, as receivers should. */
  function moodFor(eventId: string): Mood {
    if (temper === 'denying') return '404'
    if (calmed || temper === 'steady' || (temper === 'moody' && accepted.has(eventId))) return 'ok'
    return temper === 'moody' ? drawn(moods, chance) : wave
  }

  /** One after the other: a port takes its time to open and to close. */
  function change(mood: Mood): Promise<void> {
    changes = changes.then(async () => {
      if (mood === wave) return
      const before = wave
      wave = mood
      if (mood === 'refused') await close()
      else if (before === 'refused') await listen(port)
    })
    return changes
  }

  function listen(onPort: number): Promise<unknown> {
    server.listen(onPort, '127.0.0.1')
    return once(server, 'listening')
  }

  /** A good answer under way still leaves: one that is cut off would look accepted here, and there not. */
  async function close(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    for (const response of open) response.destroy()
    await closed
  }

  async function waver(): Promise<void> {
    await change(wave === 'ok' ? drawn(troubles, chance) : 'ok')
    if (calmed) return
    const { least, more } = wave === 'ok' ? goodMs : badMs
    turn = setTimeout(() => void waver(), least + chance.below(more))
  }

  await listen(0)
  const { port } = server.address() as AddressInfo
  if (temper === 'wavering') turn = setTimeout(() => void waver(), goodMs.least)
  const endpoint: Endpoint = {
    name,
    temper,
    url: `http://127.0.0.1:${port}/hook`,
    arrivals: [],
    bodies: new Map(),
    forged: [],
    secret: '',
    async calm() {
      calmed = true
      clearTimeout(turn)
      await change('ok')
    },
    async stop() {
      await endpoint.calm()
      await close()
    },
  }
  return endpoint
}

function drawn<T>(items: readonly T[], chance: Chance): T {
  return items[chance.below(items.length)] as T
}

function arrivalOf({ headers }: IncomingMessage, mood: Mood): Arrival {
  return {
    at: Date.now(),
    deliveryId: String(headers['x-delivery-id']),
    eventId: String(headers['webhook-id']),
    attempt: Number(headers['x-delivery-attempt']),
    timestamp: String(headers['webhook-timestamp']),
    mood,
    accepted: false,
  }
}

/** Null: cut off, by a sender that was killed; it never arrived. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  } catch {
    return null
  }
}

function answer(mood: Mood, request: IncomingMessage, response: ServerResponse): void {
  if (mood === 'hang') return
  if (mood === 'reset' || mood === 'refused') request.socket.resetAndDestroy()
  else if (mood === 'slow') drip(response)
  else response.writeHead(mood === 'ok' ? 200 : Number(mood)).end()
}

/** A good status, and a body that never ends: no success. */
function drip(response: ServerResponse): void {
  response.writeHead(200)
  const dripping = setInterval(() => response.write('.'), 100)
  response.once('close', () => clearInterval(dripping))
}
