/** The other people of an installation: each with a profile of their own, invited and let go by the owner. */
import { z } from 'zod'
import type { Account } from '../store/accounts.ts'
import type { Api, ApiDeps } from './api.ts'
import { moment } from './page.ts'
import { found, problem } from './problem.ts'
import { removeProfile } from './remove-profile.ts'
import { baseOf, link, linkUrl } from './sign-ins.ts'
import { displayName, email, ownerOf } from './signed-in.ts'
import { noContent, pathId } from './validate.ts'

const tags = ['Accounts']
const params = pathId('account_not_found')
/** Over a weekend. */
const invitationValidMs = 3 * 86_400_000

const member = z
  .object({
    profile_id: z.uuid(),
    email: z.string().nullable(),
    display_name: z.string().nullable(),
    role: z.enum(['owner', 'member']),
    has_password: z.boolean().describe('false: has not set one yet.'),
    created_at: moment,
  })
  .meta({ id: 'Member', description: 'Somebody with an account here.' })

function show(account: Account): z.output<typeof member> {
  return {
    profile_id: account.profileId,
    email: account.email,
    display_name: account.displayName,
    role: account.role,
    has_password: account.hasPassword,
    created_at: account.createdAt.toISOString(),
  }
}

type Deps = Pick<ApiDeps, 'store' | 'commands' | 'publicUrl'>

export function memberRoutes(app: Api, deps: Deps): void {
  listAndInvite(app, deps)
  linkAndRemove(app, deps)
}

function listAndInvite(app: Api, { store, publicUrl }: Deps): void {
  app.get(
    '/auth/members',
    {
      schema: {
        tags,
        operationId: 'listMembers',
        summary: 'List who has an account',
        description: 'For the owner. Nothing of what they own is shown.',
        response: { 200: z.object({ data: z.array(member) }) },
      },
      config: { problems: ownerOnly },
    },
    async request => {
      await ownerOf(request, store.accounts)
      return { data: (await store.accounts.list()).map(show) }
    },
  )

  app.post(
    '/auth/members',
    {
      schema: {
        tags,
        operationId: 'inviteMember',
        summary: 'Invite somebody',
        description:
          'Makes them a profile of their own, which sees nothing of yours, and a link that works once within three ' +
          'days. Give it to them yourself: the gateway sends no mail.',
        body: z.strictObject({ email, display_name: displayName.optional() }),
        response: { 201: link.extend({ member }) },
      },
      config: { problems: [...ownerOnly, 'email_taken'] },
    },
    async (request, reply) => {
      await ownerOf(request, store.accounts)
      const { email, display_name = null } = request.body
      const account = await store.accounts.invite({ email, displayName: display_name })
      if (account === 'email_taken') throw problem('email_taken')
      const invitation = { profileId: account.profileId, validMs: invitationValidMs }
      const { token, expiresAt } = await store.signIns.createLink(invitation)
      const url = linkUrl(baseOf(request, publicUrl), token)
      return reply.code(201).send({ member: show(account), url, expires_at: expiresAt.toISOString() })
    },
  )
}

function linkAndRemove(app: Api, { store, commands, publicUrl }: Deps): void {
  app.post(
    '/auth/members/:id/link',
    {
      schema: {
        tags,
        operationId: 'createMemberLink',
        summary: 'Make a member a new link',
        description: 'When the invitation ran out, or the password is forgotten. Whoever opens it is them.',
        params,
        response: { 201: link },
      },
      config: { problems: ownerOnly },
    },
    async (request, reply) => {
      await ownerOf(request, store.accounts)
      const { profileId } = found(await store.accounts.get(request.params.id), 'account_not_found')
      const { token, expiresAt } = await store.signIns.createLink({ profileId, validMs: invitationValidMs })
      const url = linkUrl(baseOf(request, publicUrl), token)
      return reply.code(201).send({ url, expires_at: expiresAt.toISOString() })
    },
  )

  app.delete(
    '/auth/members/:id',
    {
      schema: {
        tags,
        operationId: 'removeMember',
        summary: 'Remove a member with everything they own',
        description:
          'First the sign-ins and keys, then the numbers (logged out as well as it can be), then the rows. Repeat it ' +
          'when an engine did not answer. The owner cannot be removed.',
        params,
        response: { 204: noContent },
      },
      config: { problems: [...ownerOnly, 'engine_unavailable', 'timeout'] },
    },
    async (request, reply) => {
      await ownerOf(request, store.accounts)
      const account = found(await store.accounts.get(request.params.id), 'account_not_found')
      if (account.role === 'owner') throw problem('account_not_found', 'The owner cannot be removed.')
      await removeProfile(account.profileId, { store, commands })
      return reply.code(204).send()
    },
  )
}

const ownerOnly = ['person_required', 'owner_required', 'account_not_found'] as const
