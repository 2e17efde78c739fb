/** Signing in and out. Nobody is known yet, so these routes ask for nothing but their body. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { NewSignIn } from '../store/sign-ins.ts'
import type { Api, ApiDeps } from './api.ts'
import { clientAddress, networkOf } from './auth/client-address.ts'
import type { Cookie } from './auth/cookie.ts'
import { isPassword } from './auth/password.ts'
import { isFromElsewhere } from './auth/same-origin.ts'
import { inTurn, tooMany } from './auth/too-many-tries.ts'
import { type ProblemCode, problem } from './problem.ts'
import { me, showMe } from './signed-in.ts'
import { noContent } from './validate.ts'

const tags = ['Accounts']
/** Nothing that was made before is needed to come in. */
const security: [] = []

/** Wrong passwords in a quarter of an hour. An office behind one address may be thirty people. */
const triesOfAccount = 10
const triesOfNetwork = 30

const refusals: ProblemCode[] = ['cross_site_request', 'validation_failed', 'store_unavailable']

type Deps = Pick<ApiDeps, 'store' | 'publicUrl' | 'log'> & { cookie: Cookie }

export function signInRoutes(app: Api, deps: Deps): void {
  app.addHook('onRequest', async request => {
    // Else a stranger's page could sign a browser in as the stranger, and watch what is typed into the dashboard.
    if (request.method !== 'GET' && isFromElsewhere(request, deps.publicUrl))
      throw problem('cross_site_request')
  })
  byPassword(app, deps)
  byLink(app, deps)
  out(app, deps)
}

function byPassword(app: Api, deps: Deps): void {
  const { store, log } = deps
  app.post(
    '/auth/sign-in',
    {
      schema: {
        tags,
        operationId: 'signIn',
        summary: 'Sign in with a password',
        description: 'The answer sets the cookie that every other route takes.',
        security,
        body: z.strictObject({
          // No rules here: a refusal must not tell what an address or a password looks like.
          email: z
            .string()
            .max(254)
            .transform(text => text.trim().toLowerCase()),
          password: z.string().max(1024),
        }),
        response: { 200: me },
      },
      config: { problems: [...refusals, 'sign_in_refused', 'too_many_sign_ins'] },
    },
    async (request, reply) => {
      const { email, password } = request.body
      const address = clientAddress(request.ip, request.headers)
      const account = { name: `account:${email}`, limit: triesOfAccount }
      const network = { name: `network:${networkOf(address)}`, limit: triesOfNetwork }
      const waitS = await store.signInTries.count([network, account])
      if (waitS !== null) throw tooMany(reply, waitS)
      const known = await store.accounts.byEmail(email)
      const right = await inTurn(reply, isPassword(password, known?.passwordHash ?? null))
      const signIn =
        right && known?.passwordHash
          ? await store.signIns.byPassword({
              profileId: known.profileId,
              passwordHash: known.passwordHash,
              ...browserOf(request, address),
            })
          : null
      if (signIn === null) {
        log.warn({ requestId: request.id, address }, 'a sign-in was refused')
        throw problem('sign_in_refused')
      }
      await store.signInTries.succeeded({ forgive: account.name, others: [network.name] })
      return welcome({ request, reply, signIn }, deps)
    },
  )
}

function byLink(app: Api, deps: Deps): void {
  const { store } = deps
  app.post(
    '/auth/sign-in/link',
    {
      schema: {
        tags,
        operationId: 'signInByLink',
        summary: 'Sign in with a link',
        description: 'Takes the token behind `#sign-in=` of a link, once.',
        security,
        body: z.strictObject({ token: z.string().max(256) }),
        response: { 200: me },
      },
      config: { problems: [...refusals, 'sign_in_link_invalid'] },
    },
    async (request, reply) => {
      const browser = browserOf(request, clientAddress(request.ip, request.headers))
      const signIn = await store.signIns.byLink({ link: request.body.token, ...browser })
      if (signIn === null) throw problem('sign_in_link_invalid')
      return welcome({ request, reply, signIn }, deps)
    },
  )
}

function out(app: Api, { store, cookie }: Deps): void {
  app.post(
    '/auth/sign-out',
    {
      schema: {
        tags,
        operationId: 'signOut',
        summary: 'Sign out',
        description: 'Ends the sign-in of this browser. Also fine when it has ended already.',
        security,
        response: { 204: noContent },
      },
      config: { problems: refusals },
    },
    async (request, reply) => {
      await end(request, { store, cookie })
      cookie.clear(reply)
      return reply.code(204).send()
    },
  )
}

/** One browser has one sign-in: the one it comes with ends. */
async function welcome(
  { request, reply, signIn }: { request: FastifyRequest; reply: FastifyReply; signIn: NewSignIn },
  deps: Pick<Deps, 'store' | 'cookie'>,
) {
  await end(request, deps)
  // For the line of this request in the log: who came in.
  request.profileId = signIn.profileId
  deps.cookie.give(reply, signIn.token)
  return showMe(deps.store, { profileId: signIn.profileId, by: 'cookie', scopes: ['*'], signIn })
}

async function end(
  request: FastifyRequest,
  { store, cookie }: Pick<Deps, 'store' | 'cookie'>,
): Promise<void> {
  const token = cookie.read(request)
  const signIn = token === null ? null : await store.signIns.verify(token)
  if (signIn !== null) await store.signIns.remove(signIn.profileId, signIn.id)
}

function browserOf({ headers }: FastifyRequest, address: string) {
  return { address, userAgent: headers['user-agent']?.slice(0, 300) ?? null }
}
