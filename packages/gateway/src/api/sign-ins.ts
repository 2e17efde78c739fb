/** The browsers somebody is signed in with, and links to sign in another one. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { SignIn } from '../store/sign-ins.ts'
import type { Api, ApiDeps } from './api.ts'
import type { Caller } from './authenticate.ts'
import { moment } from './page.ts'
import { found, problem } from './problem.ts'
import { signInOf } from './signed-in.ts'
import { noContent, pathId } from './validate.ts'

const tags = ['Accounts']

/** As long as reading the page that says what to do with it. */
export const linkValidMs = 60 * 60_000

export const link = z.object({
  url: z.string().describe('Signs in whoever opens it first.'),
  expires_at: moment,
})

const signIn = z
  .object({
    id: z.uuid(),
    current: z.boolean().describe('This browser.'),
    method: z.enum(['link', 'password']),
    address: z.string().nullable(),
    user_agent: z.string().nullable(),
    created_at: moment,
    last_seen_at: moment.describe('To the minute.'),
    expires_at: moment.describe('A week without use ends it sooner.'),
  })
  .meta({ id: 'SignIn', description: 'One browser that is signed in.' })

function show(row: SignIn, current: SignIn | null): z.output<typeof signIn> {
  return {
    id: row.id,
    current: row.id === current?.id,
    method: row.method,
    address: row.address,
    user_agent: row.userAgent,
    created_at: row.createdAt.toISOString(),
    last_seen_at: row.lastSeenAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
  }
}

/** Where the page is that takes the token. `#` keeps it from servers, proxies and their logs. */
export function linkUrl(base: string, token: string): string {
  return `${base}/#sign-in=${token}`
}

/** Where the caller reaches us: what the operator said, else where this request went. */
export function baseOf({ headers, protocol, host }: FastifyRequest, publicUrl: string | null): string {
  if (publicUrl !== null) return publicUrl
  const { origin } = headers
  // It passed the check of its host; and it knows of https before us.
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).origin : `${protocol}://${host}`
}

/** Who can read the machine's own key. Keys that are made over the API have scopes by name. */
function isOperator({ by, scopes }: Caller): boolean {
  return by === 'key' && scopes.includes('*')
}

export function signInsRoutes(app: Api, { store, publicUrl }: Pick<ApiDeps, 'store' | 'publicUrl'>): void {
  app.get(
    '/auth/sign-ins',
    {
      schema: {
        tags,
        operationId: 'listSignIns',
        summary: 'List the browsers that are signed in',
        response: { 200: z.object({ data: z.array(signIn) }) },
      },
    },
    async ({ profileId, caller }) => {
      const rows = await store.signIns.list(profileId)
      return { data: rows.map(row => show(row, caller.signIn)) }
    },
  )

  app.delete(
    '/auth/sign-ins',
    {
      schema: {
        tags,
        operationId: 'endOtherSignIns',
        summary: 'Sign every other browser out',
        response: { 204: noContent },
      },
      config: { problems: ['person_required'] },
    },
    async (request, reply) => {
      const { profileId, id } = signInOf(request)
      await store.signIns.removeOthers(profileId, id)
      return reply.code(204).send()
    },
  )

  app.delete(
    '/auth/sign-ins/:id',
    {
      schema: {
        tags,
        operationId: 'endSignIn',
        summary: 'Sign a browser out',
        params: pathId('sign_in_not_found'),
        response: { 204: noContent },
      },
      config: { problems: ['sign_in_not_found'] },
    },
    async ({ profileId, params }, reply) => {
      const removed = await store.signIns.remove(profileId, params.id)
      found(removed || null, 'sign_in_not_found')
      return reply.code(204).send()
    },
  )

  app.post(
    '/auth/links',
    {
      schema: {
        tags,
        operationId: 'createSignInLink',
        summary: 'Make a link to sign in with',
        description:
          'Works once, within an hour. Only with the key of API_KEY or of the file `api-key`, not with one made here, ' +
          'nor by a person: who comes through a link may set a new password.',
        response: { 201: link },
      },
      config: { problems: ['operator_required', 'account_not_found'] },
    },
    async (request, reply) => {
      if (!isOperator(request.caller)) throw problem('operator_required')
      const { profileId } = found(await store.accounts.get(request.profileId), 'account_not_found')
      const { token, expiresAt } = await store.signIns.createLink({ profileId, validMs: linkValidMs })
      const url = linkUrl(baseOf(request, publicUrl), token)
      return reply.code(201).send({ url, expires_at: expiresAt.toISOString() })
    },
  )
}
