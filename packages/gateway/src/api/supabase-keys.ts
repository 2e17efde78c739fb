/** Where a Supabase project tells the public keys that check its tokens. */
export function jwksUrlOf(supabaseUrl: string): string {
  return `${supabaseUrl}/auth/v1/.well-known/jwks.json`
}
