import { jwksUrlOf } from '../api/supabase-keys.ts'
import { type Config, isLoopback } from '../config.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** How people get in, and whether what that needs is there. */
export async function checkSignIn(config: Config): Promise<Finding[]> {
  const { authMode, supabaseUrl } = config
  if (authMode === 'supabase' && supabaseUrl !== null) return [await supabaseKeys(supabaseUrl)]
  return [ok('AUTH_MODE', 'people sign in here; "npx waxwing sign-in" prints a link'), ...inTheClear(config)]
}

function inTheClear({ host, publicUrl }: Config): Finding[] {
  if (isLoopback(host) || publicUrl?.startsWith('https:')) return []
  const words = `the API listens on ${host} and people reach it over http: passwords and cookies cross the network in the clear`
  return [
    warn(
      'PUBLIC_URL',
      words,
      'Put a proxy that speaks TLS before it, and set PUBLIC_URL to its https:// address.',
    ),
  ]
}

async function supabaseKeys(supabaseUrl: string): Promise<Finding> {
  const address = jwksUrlOf(supabaseUrl)
  try {
    const response = await fetch(address, { redirect: 'manual', signal: AbortSignal.timeout(5_000) })
    if (response.status !== 200) throw new Error(`it answered ${response.status}`)
    const { keys } = (await response.json()) as { keys?: unknown[] }
    if (Array.isArray(keys) && keys.length > 0)
      return ok('SUPABASE_URL', `${keys.length} signing keys are at ${address}`)
    return fail(
      'SUPABASE_URL',
      `there are no keys at ${address}: the project signs with a shared secret`,
      'Switch the project to JWT signing keys (Supabase, Project settings, JWT keys).',
    )
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return fail('SUPABASE_URL', `the keys at ${address} cannot be read: ${why}`, 'Check SUPABASE_URL.')
  }
}
