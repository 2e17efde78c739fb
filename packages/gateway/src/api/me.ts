/** Who is asking, as they see themselves, and how people sign in here. */
import { z } from 'zod'
import type { Api, ApiDeps } from './api.ts'
import { found } from './problem.ts'
import { displayName, me, showMe } from './signed-in.ts'

const tags = ['Accounts']

/** Without authentication: a page has to know which way in to show. */
export function authModeRoute(app: Api, { supabaseUrl }: Pick<ApiDeps, 'supabaseUrl'>): void {
  app.get(
    '/auth',
    {
      schema: {
        tags,
        operationId: 'getAuthMode',
        summary: 'How people sign in here',
        security: [],
        response: {
          200: z.object({ mode: z.enum(['local', 'supabase']), supabase_url: z.string().nullable() }),
        },
      },
      config: { problems: ['validation_failed'] },
    },
    async () => ({
      mode: supabaseUrl === null ? ('local' as const) : ('supabase' as const),
      supabase_url: supabaseUrl,
    }),
  )
}

export function meRoutes(app: Api, { store }: Pick<ApiDeps, 'store'>): void {
  app.get(
    '/me',
    { schema: { tags, operationId: 'getMe', summary: 'Who is asking', response: { 200: me } } },
    async request => showMe(store, request.caller),
  )

  app.patch(
    '/me',
    {
      schema: {
        tags,
        operationId: 'updateMe',
        summary: 'Change the name that is shown',
        body: z.strictObject({ display_name: displayName }),
        response: { 200: me },
      },
      config: { problems: ['account_not_found'] },
    },
    async request => {
      const renamed = await store.profiles.rename(request.profileId, request.body.display_name)
      found(renamed, 'account_not_found')
      return showMe(store, request.caller)
    },
  )
}
