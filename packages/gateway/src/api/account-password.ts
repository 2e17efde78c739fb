/** Setting a password: the first one, another one, and the one after the last was forgotten. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Account } from '../store/accounts.ts'
import type { SignIn } from '../store/sign-ins.ts'
import type { Api, ApiDeps } from './api.ts'
import { hashPassword, isPassword } from './auth/password.ts'
import { inTurn, tooMany } from './auth/too-many-tries.ts'
import { found, invalid, problem } from './problem.ts'
import { email, me, showMe, signInOf } from './signed-in.ts'

/** Who came through a link has shown what a forgotten password would; not for as long as the sign-in lasts. */
const linkIsFreshMs = 15 * 60_000
/** Wrong current passwords in a quarter of an hour. */
const tries = 10

const newPassword = z
  .string()
  .min(12, 'At least 12 characters: a few words are easier to keep than a few signs.')
  .max(256)
  .refine(text => new Set(text).size >= 5, 'At least 5 different characters.')

export function accountPasswordRoute(app: Api, { store }: Pick<ApiDeps, 'store'>): void {
  app.put(
    '/auth/password',
    {
      schema: {
        tags: ['Accounts'],
        operationId: 'setPassword',
        summary: 'Set the password, and the address to sign in with',
        description:
          'Ends every other sign-in and every link of the account. The current password is needed, unless there is ' +
          'none or this browser came through a link in the last 15 minutes.',
        body: z.strictObject({
          new_password: newPassword,
          current_password: z.string().max(1024).optional(),
          email: email.optional().describe('Needed the first time.'),
        }),
        response: { 200: me },
      },
      config: {
        problems: [
          'person_required',
          'account_not_found',
          'email_taken',
          'too_many_sign_ins',
          'sign_in_ended',
          'cross_site_request',
        ],
      },
    },
    async (request, reply) => {
      const signIn = signInOf(request)
      const { new_password, current_password, email = null } = request.body
      const account = found(await store.accounts.get(signIn.profileId), 'account_not_found')
      refuseNameless(account, email, new_password)
      if (!needsNoCurrent(account, signIn))
        await checkCurrent({ request, reply, profileId: account.profileId, given: current_password }, store)
      const passwordHash = await inTurn(reply, hashPassword(new_password))
      const change = { profileId: account.profileId, passwordHash, email, keepSignIn: signIn.id }
      if ((await store.accounts.setPassword(change)) === 'email_taken') throw problem('email_taken')
      return showMe(store, request.caller)
    },
  )
}

function refuseNameless(account: Account, given: string | null, password: string): void {
  const name = given ?? account.email
  if (name === null)
    throw invalid([{ pointer: '/email', detail: 'This is required: the account has no address yet.' }])
  if (password.toLowerCase() === name)
    throw invalid([{ pointer: '/new_password', detail: 'A password is not the address it belongs to.' }])
}

function needsNoCurrent({ hasPassword }: Account, { method, createdAt }: SignIn): boolean {
  return !hasPassword || (method === 'link' && Date.now() - createdAt.getTime() < linkIsFreshMs)
}

async function checkCurrent(
  a: { request: FastifyRequest; reply: FastifyReply; profileId: string; given: string | undefined },
  { accounts, signInTries }: Pick<ApiDeps['store'], 'accounts' | 'signInTries'>,
): Promise<void> {
  const fault = (detail: string) => invalid([{ pointer: '/current_password', detail }])
  if (a.given === undefined) throw fault('This is required: the account has a password.')
  const subject = { name: `password:${a.profileId}`, limit: tries }
  const waitS = await signInTries.count([subject])
  if (waitS !== null) throw tooMany(a.reply, waitS)
  const hash = await accounts.passwordHash(a.profileId)
  if (!(await inTurn(a.reply, isPassword(a.given, hash)))) throw fault('This is not the current password.')
  await signInTries.succeeded({ forgive: subject.name, others: [] })
}
