/** The person behind a request, and what is shown of them. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Account } from '../store/accounts.ts'
import type { SignIn } from '../store/sign-ins.ts'
import type { Store } from '../store/store.ts'
import { found, problem } from './problem.ts'
import { scopes, scopesIn } from './scopes.ts'

export const email = z
  .email('Expected an address such as ada@example.org.')
  .max(254)
  .transform(text => text.toLowerCase())
export const displayName = z.string().trim().min(1).max(100).describe('For people.')

export const me = z
  .object({
    profile_id: z.uuid(),
    email: z.string().nullable(),
    display_name: z.string().nullable(),
    role: z
      .enum(['owner', 'member'])
      .nullable()
      .describe('null: who signs in is not decided here (Supabase).'),
    has_password: z.boolean(),
    signed_in_by: z.enum(['key', 'link', 'password', 'token']),
    sign_in_id: z.uuid().nullable().describe('This browser, among GET /auth/sign-ins.'),
    scopes: z.array(z.enum(scopes)),
  })
  .meta({ id: 'Me', description: 'Who is asking.' })

type Accounts = Pick<Store, 'accounts' | 'profiles'>

/** The caller as they see themselves. */
export async function showMe(
  { accounts, profiles }: Accounts,
  caller: Pick<FastifyRequest['caller'], 'profileId' | 'by' | 'scopes' | 'signIn'>,
): Promise<z.output<typeof me>> {
  const [profile, account] = await Promise.all([
    profiles.get(caller.profileId),
    accounts.get(caller.profileId),
  ])
  return {
    profile_id: caller.profileId,
    email: profile?.email ?? null,
    display_name: profile?.displayName ?? null,
    role: account?.role ?? null,
    has_password: account?.hasPassword ?? false,
    signed_in_by: caller.signIn?.method ?? (caller.by === 'token' ? 'token' : 'key'),
    sign_in_id: caller.signIn?.id ?? null,
    scopes: scopesIn(caller.scopes),
  }
}

/** The sign-in that asks; a key is refused, for what is about the person. */
export function signInOf({ caller }: Pick<FastifyRequest, 'caller'>): SignIn {
  if (caller.signIn === null) throw problem('person_required')
  return caller.signIn
}

/** The owner who asks, by cookie; refuses everybody else. */
export async function ownerOf(
  request: Pick<FastifyRequest, 'caller'>,
  accounts: Pick<Store['accounts'], 'get'>,
): Promise<Account> {
  const account = found(await accounts.get(signInOf(request).profileId), 'account_not_found')
  if (account.role !== 'owner') throw problem('owner_required')
  return account
}
