import { type GatewayOptions, withGateway } from './running-gateway.ts'
import type { Ending, Voice } from './verb.ts'

/** Prints a link that signs its holder in once, as the profile that the API key belongs to. */
export function signIn(voice: Voice, options: GatewayOptions): Promise<Ending> {
  return withGateway(options, async gateway => {
    const { mode, supabase_url } = await gateway.call('GET', '/auth')
    if (mode === 'supabase')
      return {
        ok: false,
        problem: `people sign in at ${supabase_url} here (AUTH_MODE=supabase), and this gateway makes no links.`,
        next: 'Let them show the access token that Supabase gave them: docs/accounts.md.',
      }
    const { url, expires_at } = await gateway.call('POST', '/auth/links')
    voice.tell({ ok: true, url, expires_at })
    voice.say(`Open this once, before ${expires_at}: ${url}`)
    return { ok: true }
  })
}
