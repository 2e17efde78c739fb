/** The simulated phone of a session: it scans, types, writes by itself, and takes the link away. */
import { z } from 'zod'
import type { SessionRow } from '../store/sessions.ts'
import type { Api, ApiDeps } from './api.ts'
import { found, Problem, problem } from './problem.ts'
import { sandboxMessage, textByDefault } from './sandbox-message.ts'
import type { SandboxContact, SandboxNetwork, SandboxPhone } from './sandbox-network.ts'
import { noContent, pathId } from './validate.ts'

const tags = ['Sandbox']
const params = pathId('session_not_found')

type Deps = Pick<ApiDeps, 'store' | 'sandbox'>

/** The network, or the refusal of a gateway that runs none. */
export function network({ sandbox }: Pick<Deps, 'sandbox'>): SandboxNetwork {
  if (sandbox === null) throw problem('network_unavailable')
  return sandbox
}

/** A contact of this profile, or the refusal of one it does not have. */
export function contactOf(sandbox: SandboxNetwork, profileId: string, number: string): SandboxContact {
  const known = sandbox.contacts(profileId).find(each => each.number === number)
  return found(known ?? null, 'contact_not_found')
}

/** What the simulated network says no to, in its own words. */
export async function refused<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Problem) throw error
    throw problem('sandbox_refused', error instanceof Error ? error.message.slice(0, 300) : undefined)
  }
}

async function sandboxSession({ store }: Deps, profileId: string, id: string): Promise<SessionRow> {
  const row = found(await store.sessions.get(profileId, id), 'session_not_found')
  // A session of the real network has no phone here: to the sandbox there is no such session.
  return found(row.network === 'sandbox' ? row : null, 'session_not_found')
}

/** The phone that others write to; it must be linked, or nobody would ever hear of it. */
export async function linkedPhone(deps: Deps, profileId: string, sessionId: string): Promise<SandboxPhone> {
  const row = await sandboxSession(deps, profileId, sessionId)
  if (row.phone === null || row.status === 'logged_out')
    throw problem('session_not_linked', undefined, { session_status: row.status })
  return network(deps).phone(row)
}

export function sandboxPhoneRoutes(app: Api, deps: Deps): void {
  link(app, deps)
  write(app, deps)
  part(app, deps)
}

function link(app: Api, deps: Deps): void {
  app.post(
    '/sandbox/sessions/:id/link',
    {
      schema: {
        tags,
        operationId: 'linkSandboxSession',
        summary: 'Link a session by its simulated phone',
        description:
          'Scans the QR the session shows, or types a pairing code of it. The status follows: watch GET /live.',
        params,
        body: z.strictObject({ code: z.string().max(16).optional().describe('ABCD-1234') }).nullish(),
        response: { 200: z.object({ number: z.string().describe('Of the phone, digits only.') }) },
      },
      config: {
        problems: ['network_unavailable', 'session_not_found', 'qr_not_available', 'sandbox_refused'],
      },
    },
    async request => {
      const sandbox = network(deps)
      const row = await sandboxSession(deps, request.profileId, request.params.id)
      const phone = sandbox.phone(row)
      const code = request.body?.code
      if (code !== undefined) await refused(() => phone.enterCode(code))
      else {
        const { qr, status } = row
        if (qr === null) throw problem('qr_not_available', undefined, { session_status: status })
        await refused(() => phone.scan(qr))
      }
      return { number: phone.number }
    },
  )
}

function write(app: Api, deps: Deps): void {
  app.post(
    '/sandbox/sessions/:id/messages',
    {
      preValidation: textByDefault,
      schema: {
        tags,
        operationId: 'sayFromSandboxPhone',
        summary: 'Type a message on the phone itself',
        description: 'The session sees it as `message.sent`, sent from elsewhere.',
        params,
        body: sandboxMessage({
          to: z.string().max(64).describe('The number of a contact, or the id of a group.'),
        }).meta({ examples: [{ to: '15550101', text: 'Hello' }] }),
        response: { 201: z.object({ message_id: z.string() }) },
      },
      config: {
        problems: [
          'network_unavailable',
          'session_not_found',
          'session_not_linked',
          'contact_not_found',
          'sandbox_refused',
        ],
      },
    },
    async (request, reply) => {
      const { profileId } = request
      const { to } = request.body
      const sandbox = network(deps)
      const phone = await linkedPhone(deps, profileId, request.params.id)
      const isGroup = sandbox.groups(profileId).some(({ id }) => id === to)
      const isContact = sandbox.contacts(profileId).some(({ number }) => number === to)
      if (!isGroup && !isContact) throw problem('contact_not_found')
      const { id } = await refused(() => phone.send(isGroup ? { group: to } : { contact: to }, request.body))
      return reply.code(201).send({ message_id: id })
    },
  )
}

function part(app: Api, deps: Deps): void {
  const verbs = [
    {
      verb: 'unlink',
      operationId: 'unlinkSandboxSession',
      summary: 'Take the link away on the phone',
      description: 'As a person does under "Linked devices": the session ends as `logged_out`.',
      carryOut: (phone: SandboxPhone) => phone.logOut(),
    },
    {
      verb: 'drop',
      operationId: 'dropSandboxSession',
      summary: 'Cut the connection of a session',
      description: 'Without a word, as a network does; the session reconnects.',
      carryOut: (phone: SandboxPhone) => phone.drop(),
    },
  ]
  for (const { verb, operationId, summary, description, carryOut } of verbs) {
    app.post(
      `/sandbox/sessions/:id/${verb}`,
      {
        schema: { tags, operationId, summary, description, params, response: { 204: noContent } },
        config: {
          problems: ['network_unavailable', 'session_not_found', 'session_not_linked', 'sandbox_refused'],
        },
      },
      async (request, reply) => {
        network(deps)
        const phone = await linkedPhone(deps, request.profileId, request.params.id)
        await refused(() => carryOut(phone))
        return reply.code(204).send()
      },
    )
  }
}
