/** Groups of simulated contacts with the phone of a session. */
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'
import { onePage, pageOf } from './page.ts'
import { found } from './problem.ts'
import type { SandboxGroup, SandboxNetwork } from './sandbox-network.ts'
import { contactOf, linkedPhone, network, refused } from './sandbox-phone.ts'

const tags = ['Sandbox']
const params = z.strictObject({ id: z.string().max(64, { error: 'group_not_found' }) })

const number = z.string().regex(/^\d{7,15}$/, { error: 'Expected digits only.' })
const numbers = z.array(number).min(1).max(50)
const subject = z.string().trim().min(1).max(100)
const group = z
  .object({ id: z.string(), subject: z.string(), members: z.array(z.string()) })
  .meta({ id: 'SandboxGroup', description: 'A group of the simulated network; members are numbers.' })

const showGroup = ({ id, subject, members }: SandboxGroup) => ({ id, subject, members: [...members] })

export function groupOf(sandbox: SandboxNetwork, profileId: string, id: string): SandboxGroup {
  return found(sandbox.groups(profileId).find(each => each.id === id) ?? null, 'group_not_found')
}

type Deps = Pick<ApiDeps, 'store' | 'sandbox'>

export function sandboxGroupRoutes(app: Api, deps: Deps): void {
  makeAndList(app, deps)
  change(app, deps)
}

function makeAndList(app: Api, deps: Deps): void {
  app.get(
    '/sandbox/groups',
    {
      schema: {
        tags,
        operationId: 'listSandboxGroups',
        summary: 'List the simulated groups',
        response: { 200: pageOf(group) },
      },
      config: { problems: ['network_unavailable'] },
    },
    async request => onePage(network(deps).groups(request.profileId), showGroup),
  )

  app.post(
    '/sandbox/groups',
    {
      schema: {
        tags,
        operationId: 'createSandboxGroup',
        summary: 'Make a group of contacts and the phone of a session',
        description: 'The first contact makes it. The session hears of it when somebody writes.',
        body: z.strictObject({
          subject,
          session_id: z.uuid(),
          contacts: numbers,
        }),
        response: { 201: group },
      },
      config: {
        problems: [
          'network_unavailable',
          'contact_not_found',
          'session_not_found',
          'session_not_linked',
          'sandbox_refused',
        ],
      },
    },
    async (request, reply) => {
      const { profileId, body } = request
      const sandbox = network(deps)
      const contacts = [...new Set(body.contacts)].map(each => contactOf(sandbox, profileId, each).number)
      const phone = await linkedPhone(deps, profileId, body.session_id)
      const members = [...contacts, phone.number]
      const made = await refused(async () => sandbox.addGroup(profileId, { subject: body.subject, members }))
      return reply.code(201).send(showGroup(made))
    },
  )
}

function change(app: Api, deps: Deps): void {
  app.patch(
    '/sandbox/groups/:id',
    {
      schema: {
        tags,
        operationId: 'changeSandboxGroup',
        summary: 'Change a group: its subject, who is in it, who is an admin',
        description: 'Only admins may add, remove others, promote and demote; who removes itself leaves.',
        params,
        body: z.strictObject({
          by: number.describe('Who does it: a member.'),
          subject: subject.optional(),
          add: numbers.optional(),
          remove: numbers.optional(),
          promote: numbers.optional(),
          demote: numbers.optional(),
        }),
        response: { 200: group },
      },
      config: {
        problems: ['network_unavailable', 'group_not_found', 'contact_not_found', 'sandbox_refused'],
      },
    },
    async request => {
      const { profileId } = request
      const { by, subject, ...changes } = request.body
      const sandbox = network(deps)
      const changed = groupOf(sandbox, profileId, request.params.id)
      // Anybody's number may be named; only the profile's own contacts, and who is in the group, can be.
      for (const each of [by, ...Object.values(changes).flatMap(named => named ?? [])])
        if (!changed.members.includes(each)) contactOf(sandbox, profileId, each)
      await refused(async () => {
        if (subject !== undefined) await changed.change(by, { verb: 'subject', subject })
        for (const verb of ['add', 'remove', 'promote', 'demote'] as const) {
          const named = changes[verb]
          if (named) await changed.change(by, { verb, numbers: named })
        }
      })
      return showGroup(changed)
    },
  )
}
