/** What happens now, as it happens: events, attempts and sessions over Server-Sent Events. */
import { Readable } from 'node:stream'
import { checkSubscription } from '@waxwing/events'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'
import { droppedText, heartbeat, type LiveFilter, lineOf, opening, wants } from './live-lines.ts'
import { createLiveQueue, type Line, type LiveQueue } from './live-queue.ts'
import { createMissed, type Missed } from './live-resume.ts'
import { invalid, problem } from './problem.ts'

/** Bounds of the live stream; tests narrow them. */
export type LiveLimits = {
  /** Readers of one profile in this process. A browser tab needs one. */
  readers: number
  /** What may wait for one reader, in characters: half a minute of a busy number, or one large event. */
  queueLength: number
  /** A quiet stream says so this often, and the right to read it is checked again. */
  heartbeatMs: number
}
export const liveLimits: LiveLimits = { readers: 20, queueLength: 524_288, heartbeatMs: 15_000 }

/** Timers of Node end here; a stream ends when its reader does. */
const NEVER_MS = 2 ** 31 - 1

const kinds = ['event', 'delivery', 'session'] as const
const lastEventId = z.uuidv7({ error: 'This is not the id of an event.' })
const withCommas = z.string().transform(text => text.split(',').map(part => part.trim()))
const query = z.strictObject({
  kinds: withCommas
    .pipe(z.array(z.enum(kinds)))
    .optional()
    .describe('Which of event, delivery, session; with commas. Default: all.'),
  types: withCommas
    .pipe(z.array(z.string().max(100)).max(100))
    .optional()
    .describe('Types or families, with commas: `messages.*,call`. Default: all.'),
  session_id: z.uuid().optional(),
  webhook_id: z.uuid().optional().describe('Only the deliveries of this webhook.'),
  last_event_id: lastEventId.optional().describe('As the header, which a first EventSource cannot set.'),
})

const description = `Server-Sent Events: \`event\` (as GET /events/:id shows it), \`delivery\` (an attempt that was made and where \
it leaves the delivery) and \`session\` (where a session stands). Only events have an \`id:\` and are resumed: with \`Last-Event-ID\` \
the stream begins with what became durable after that event, from the database, as far back as events are kept. What was committed \
in the five seconds before it may come again: deduplicate on the id. Deliveries and sessions are only live; their routes say where \
they stand. A reader that is too slow gets \`dropped\` with counts and the id to resume from, instead of what it missed. \
A comment comes every 15 seconds. The stream ends when its key does, and when the gateway stops.`

export function liveRoute(
  app: Api,
  { store, feed, limits }: Pick<ApiDeps, 'store' | 'feed' | 'limits'>,
): void {
  const bounds = { ...liveLimits, ...limits?.live }
  const readers = new Map<string, Set<LiveQueue>>()
  // Before the server waits for its connections to end: these would not.
  app.addHook('preClose', async () => {
    for (const queue of [...readers.values()].flatMap(queues => [...queues])) queue.close()
  })

  function admit(profileId: string): LiveQueue {
    const queues = readers.get(profileId) ?? new Set()
    if (queues.size >= bounds.readers) throw problem('too_many_streams')
    const queue = createLiveQueue({ limit: bounds.queueLength })
    readers.set(profileId, queues.add(queue))
    return queue
  }

  function dismiss(profileId: string, queue: LiveQueue): void {
    queue.close()
    const queues = readers.get(profileId)
    queues?.delete(queue)
    if (queues?.size === 0) readers.delete(profileId)
  }

  app.get(
    '/live',
    {
      exposeHeadRoute: false,
      handlerTimeout: NEVER_MS,
      schema: {
        tags: ['Live'],
        operationId: 'watchLive',
        summary: 'Watch what happens',
        description,
        querystring: query,
        response: {
          200: {
            description: 'The stream.',
            content: { 'text/event-stream': { schema: z.custom<Readable>().meta({ type: 'string' }) } },
          },
        },
      },
      config: { problems: ['too_many_streams'] },
    },
    async (request, reply) => {
      const { profileId, caller, headers } = request
      const filter = filterOf(request.query)
      const after = request.query.last_event_id ?? resumeFrom(headers['last-event-id'])
      const queue = admit(profileId)
      whenGone(reply, () => dismiss(profileId, queue))
      const listening = await feed
        .listen(profileId, items => queue.offer(items.filter(item => wants(filter, item)).map(lineOf)))
        .catch(error => {
          dismiss(profileId, queue)
          throw error
        })
      whenGone(reply, () => listening.stop())
      const missed = after === null ? null : createMissed(store.events, { profileId, after, filter, queue })
      const { heartbeatMs } = bounds
      return (
        reply
          .type('text/event-stream; charset=utf-8')
          // nginx would collect the stream.
          .header('X-Accel-Buffering', 'no')
          .send(
            Readable.from(text({ queue, missed, heartbeatMs, mayRead: caller.holds }), { objectMode: false }),
          )
      )
    },
  )
}

/** When the connection is over, or at once when it is already. */
function whenGone({ raw }: FastifyReply, then: () => void): void {
  if (raw.destroyed || raw.closed) then()
  else raw.once('close', then)
}

function filterOf(q: z.output<typeof query>): LiveFilter {
  const checked = q.types && checkSubscription(q.types)
  if (checked?.ok === false)
    throw invalid(checked.problems.map(({ detail }) => ({ pointer: '?types', detail })))
  return { kinds: q.kinds, types: checked?.patterns, sessionId: q.session_id, webhookId: q.webhook_id }
}

function resumeFrom(header: string | string[] | undefined): string | null {
  if (header === undefined || header === '') return null
  const parsed = lastEventId.safeParse(header)
  if (parsed.success) return parsed.data
  throw invalid([{ pointer: 'Last-Event-ID', detail: 'This is not the id of an event.' }])
}

/** Pulled by the connection as it can take more: what it does not take stays in the queue, which is bounded. */
async function* text(a: {
  queue: LiveQueue
  missed: Missed | null
  heartbeatMs: number
  mayRead: () => Promise<boolean>
}): AsyncGenerator<string> {
  const { queue, missed, heartbeatMs, mayRead } = a
  let lastId: string | null = null
  const say = (lines: readonly Line[]) => {
    lastId = lines.findLast(line => line.id !== null)?.id ?? lastId
    return lines.map(line => line.text).join('')
  }
  let checkAt = Date.now() + heartbeatMs
  const mayGoOn = async () => {
    checkAt = Date.now() + heartbeatMs
    // A database that is away says nothing about the key.
    return mayRead().catch(() => true)
  }
  yield opening
  if (missed !== null)
    for await (const lines of missed.read()) {
      if (Date.now() >= checkAt && !(await mayGoOn())) return
      yield say(lines)
    }
  while (!queue.closed) {
    const { lines, dropped } = await queue.next(Math.max(0, checkAt - Date.now()))
    const said = say(missed === null ? lines : lines.filter(missed.isNew))
    if (said !== '') yield said
    if (dropped !== null) yield droppedText(dropped, lastId)
    if (Date.now() < checkAt) continue
    if (!(await mayGoOn())) return
    yield heartbeat
  }
}
