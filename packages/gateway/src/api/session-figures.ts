/** How a session is doing at keeping messages: its own counts, asked of the engine, and the age of its inbox. */
import { z } from 'zod'
import type { CommandResult } from '../stream/commands.ts'
import type { Api, ApiDeps } from './api.ts'
import { found, problem } from './problem.ts'
import { pathId } from './validate.ts'

/** The engine only reads a few numbers; one that starts a session at this moment may take a little longer. */
const ANSWER_WITHIN_MS = 5_000

const count = z.int().min(0)
const figures = z
  .object({
    recovered: count.describe('Stanzas told from the inbox after a crash or a lost connection.'),
    remembered: count.describe(
      'Ciphertexts that came again and were answered with what they said the first time.',
    ),
    undecryptable: count.describe(
      'Messages that could not be decrypted when they came; their sender is asked again.',
    ),
    refused: count.describe('Messages refused on the wire: WhatsApp has forgotten them. Should stay 0.'),
    asked: count.describe('Messages the phone was asked for.'),
    gate: z
      .object({ count, average_ms: z.number(), longest_ms: z.number() })
      .describe(
        'Frames that waited for what was told before them to be stored; the average is 0 without any.',
      ),
  })
  .meta({ id: 'SessionFigures', description: 'Counted since the session was started in its engine.' })

export function sessionFiguresRoute(
  app: Api,
  { store, commands }: Pick<ApiDeps, 'store' | 'commands'>,
): void {
  app.get(
    '/sessions/:id/figures',
    {
      schema: {
        tags: ['Sessions'],
        operationId: 'getSessionFigures',
        summary: 'How well a session keeps messages',
        params: pathId('session_not_found'),
        response: {
          200: z.object({
            figures: figures.nullable().describe('Null while no engine holds the session.'),
            inbox_oldest_s: z
              .number()
              .nullable()
              .describe('Age of the oldest message that is stored but not told yet; null without one.'),
          }),
        },
      },
      config: { problems: ['session_not_found', 'timeout'] },
    },
    async request => {
      const { id } = request.params
      found(await store.sessions.get(request.profileId, id), 'session_not_found')
      const [counted, age] = await Promise.all([countedBy(commands, id), store.backlog.inboxOf(id)])
      return { figures: counted && show(counted), inbox_oldest_s: age }
    },
  )
}

type Counted = NonNullable<CommandResult<'session.figures'>['figures']>

async function countedBy(
  commands: Pick<ApiDeps['commands'], 'call'>,
  sessionId: string,
): Promise<Counted | null> {
  const answer = await commands.call('session.figures', { sessionId }, { timeoutMs: ANSWER_WITHIN_MS })
  if (answer.ok) return answer.result.figures
  if (answer.code === 'engine_unavailable') return null
  throw problem(answer.code, answer.code === 'internal_error' ? undefined : answer.detail)
}

function show({
  recovered,
  remembered,
  undecryptable,
  refused,
  asked,
  gated,
  gateMs,
  longestGateMs,
}: Counted) {
  return {
    recovered,
    remembered,
    undecryptable,
    refused,
    asked,
    gate: {
      count: gated,
      average_ms: gated === 0 ? 0 : rounded(gateMs / gated),
      longest_ms: rounded(longestGateMs),
    },
  }
}

/** Microseconds are the finest that means anything. */
const rounded = (ms: number) => Math.round(ms * 1_000) / 1_000
