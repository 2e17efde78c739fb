/** Sessions: linked WhatsApp numbers. The rows are the store's, the sockets are the engine's. */

import { sessionStatuses } from '@waxwing/events'
import { z } from 'zod'
import type { SessionRow } from '../store/sessions.ts'
import type { Api, ApiDeps } from './api.ts'
import { ask } from './ask.ts'
import { iso, moment, page, pageOf, pageQuery } from './page.ts'
import { found, invalid, problem } from './problem.ts'
import { noContent, pathId } from './validate.ts'

const tags = ['Sessions']
const params = pathId('session_not_found')

/** Enough for every behaviour with its texts, far from what would make a row slow to read. */
const MAX_SETTINGS_BYTES = 16_384

const session = z
  .object({
    id: z.uuid(),
    name: z.string(),
    network: z.enum(['whatsapp', 'sandbox']),
    status: z.enum(sessionStatuses),
    reason: z.string().nullable().describe('A sentence: why the session is in this status.'),
    final: z.boolean().describe('Waiting will not change the status; somebody has to act.'),
    phone: z.string().nullable().describe('E.164, with the plus, once linked.'),
    lid: z.string().nullable(),
    push_name: z.string().nullable(),
    settings: z.record(z.string(), z.unknown()),
    connected_at: moment.nullable(),
    created_at: moment,
    updated_at: moment,
  })
  .meta({ id: 'Session', description: 'One linked WhatsApp number.' })

const settings = z
  .record(z.string().min(1).max(64), z.unknown())
  .refine(
    value => Buffer.byteLength(JSON.stringify(value)) <= MAX_SETTINGS_BYTES,
    'Settings may have 16 KiB.',
  )
const name = z.string().trim().min(1).max(100).describe('For people.')

function show(row: SessionRow): z.output<typeof session> {
  return {
    id: row.id,
    name: row.name,
    network: row.network,
    status: row.status,
    reason: row.reason,
    final: row.final,
    phone: row.phone,
    lid: row.lid,
    push_name: row.pushName,
    settings: row.settings,
    connected_at: iso(row.connectedAt),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}

export function sessionRoutes(app: Api, deps: Pick<ApiDeps, 'store' | 'commands' | 'networks'>): void {
  readAndCreate(app, deps)
  changeAndRemove(app, deps)
  steer(app, deps)
}

function readAndCreate(app: Api, { store, networks }: Pick<ApiDeps, 'store' | 'networks'>): void {
  app.post(
    '/sessions',
    {
      schema: {
        tags,
        operationId: 'createSession',
        summary: 'Create a session',
        description: 'It is not connected yet: POST /connect, then scan the QR or enter a pairing code.',
        body: z.strictObject({
          name,
          network: z.enum(['whatsapp', 'sandbox']).default('whatsapp'),
          settings: settings.default({}),
        }),
        response: { 201: session },
      },
      config: { problems: ['network_unavailable'] },
    },
    async (request, reply) => {
      if (request.body.network === 'sandbox' && !networks.sandbox) throw problem('network_unavailable')
      const row = await store.sessions.create({ profileId: request.profileId, ...request.body })
      return reply.code(201).send(show(row))
    },
  )

  app.get(
    '/sessions',
    {
      schema: {
        tags,
        operationId: 'listSessions',
        summary: 'List sessions',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(session) },
      },
    },
    async request =>
      page(await store.sessions.list({ profileId: request.profileId, ...request.query }), show),
  )

  app.get(
    '/sessions/:id',
    {
      schema: {
        tags,
        operationId: 'getSession',
        summary: 'Get a session',
        params,
        response: { 200: session },
      },
      config: { problems: ['session_not_found'] },
    },
    async request =>
      show(found(await store.sessions.get(request.profileId, request.params.id), 'session_not_found')),
  )
}

function changeAndRemove(app: Api, { store, commands }: Pick<ApiDeps, 'store' | 'commands'>): void {
  app.patch(
    '/sessions/:id',
    {
      schema: {
        tags,
        operationId: 'updateSession',
        summary: 'Rename a session, change its settings',
        description:
          'Settings are merged; a key set to null is removed. They apply at once to a connected session: ' +
          '`applied_at` says when, null that they will at the next connect.',
        params,
        body: z.strictObject({ name: name.optional(), settings: settings.optional() }),
        response: { 200: session.extend({ applied_at: moment.nullable() }) },
      },
      config: { problems: ['session_not_found'] },
    },
    async request => {
      const { profileId, body } = request
      const { id } = request.params
      const before = found(await store.sessions.get(profileId, id), 'session_not_found')
      const change = { name: body.name, settings: body.settings && merged(before.settings, body.settings) }
      const row = found(await store.sessions.update(profileId, id, change), 'session_not_found')
      if (!body.settings) return { ...show(row), applied_at: null }
      // Nobody there to apply them is no failure: they are stored, and every connect reads them.
      const answer = await commands.call('session.apply-settings', { sessionId: id })
      return { ...show(row), applied_at: answer.ok ? answer.result.appliedAt : null }
    },
  )

  app.delete(
    '/sessions/:id',
    {
      schema: {
        tags,
        operationId: 'deleteSession',
        summary: 'Delete a session',
        description: 'Logs out from the phone as well as it can, then forgets the session and its keys.',
        params,
        response: { 204: noContent },
      },
      config: { problems: ['session_not_found', 'engine_unavailable', 'timeout'] },
    },
    async (request, reply) => {
      const { id } = request.params
      const row = found(await store.sessions.get(request.profileId, id), 'session_not_found')
      await removeSession(row, { store, commands })
      return reply.code(204).send()
    },
  )
}

/** Refuses what the engine refuses, with the row still there. */
export async function removeSession(
  row: SessionRow,
  { store, commands }: Pick<ApiDeps, 'store' | 'commands'>,
): Promise<void> {
  // First the socket: a row removed under a live socket would leave a device on the phone that nobody owns.
  // What never was connected has none, and can go without an engine.
  if (row.status !== 'created' || row.wanted) await ask(commands, 'session.remove', { sessionId: row.id })
  await store.sessions.remove(row.profileId, row.id)
}

const verbs = [
  {
    verb: 'connect',
    summary: 'Connect a session',
    description: 'Goes online, or begins to link: watch `status`.',
  },
  {
    verb: 'logout',
    summary: 'Log a session out',
    description: 'Unlinks the device; to use it again, link it again.',
  },
  {
    verb: 'restart',
    summary: 'Restart a connection',
    description: 'Closes the socket and connects anew; the link stays.',
  },
] as const

/** The commands that move a session. Each answers with the session and the status the engine has brought it to. */
function steer(app: Api, { store, commands }: Pick<ApiDeps, 'store' | 'commands'>): void {
  for (const { verb, summary, description } of verbs) {
    app.post(
      `/sessions/:id/${verb}`,
      {
        schema: {
          tags,
          operationId: `${verb}Session`,
          summary,
          description,
          params,
          response: { 200: session },
        },
        config: {
          problems: [
            'session_not_found',
            'session_not_connected',
            'network_unavailable',
            'whatsapp_refused',
            'engine_unavailable',
            'timeout',
          ],
        },
      },
      async request => {
        const { profileId } = request
        const { id } = request.params
        found(await store.sessions.get(profileId, id), 'session_not_found')
        const { status } = await ask(commands, `session.${verb}`, { sessionId: id })
        const row = found(await store.sessions.get(profileId, id), 'session_not_found')
        // The engine answers as soon as it has decided; the row may follow a moment later.
        return show({ ...row, status: sessionStatuses.find(known => known === status) ?? row.status })
      },
    )
  }
}

function merged(before: Record<string, unknown>, change: Record<string, unknown>): Record<string, unknown> {
  const after = Object.fromEntries(
    Object.entries({ ...before, ...change }).filter(([, value]) => value !== null),
  )
  if (Buffer.byteLength(JSON.stringify(after)) <= MAX_SETTINGS_BYTES) return after
  throw invalid([{ pointer: '/settings', detail: 'Together with what is stored, settings may have 16 KiB.' }])
}
