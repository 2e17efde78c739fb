/** How many requests one caller may make: generous, so that only what runs away is stopped, and said in every answer. */
import type { Api } from './api.ts'
import { problem } from './problem.ts'

const WINDOW_S = 60
/** Callers are keys and people that exist; this many windows are looked through for those that are over. */
const SWEEP_ABOVE = 1_000

/** `limit`: requests a minute of one caller to this process; 0: no limit. `now` in milliseconds. */
export function limitRate(app: Api, { limit, now = Date.now }: { limit: number; now?: () => number }): void {
  if (limit === 0) return
  const windows = new Map<string, { used: number; endsAt: number }>()

  function windowOf(caller: string): { used: number; endsAt: number } {
    const known = windows.get(caller)
    if (known !== undefined && known.endsAt > now()) return known
    if (windows.size > SWEEP_ABOVE)
      for (const [id, { endsAt }] of windows) if (endsAt <= now()) windows.delete(id)
    const fresh = { used: 0, endsAt: now() + WINDOW_S * 1_000 }
    windows.set(caller, fresh)
    return fresh
  }

  app.addHook('onRequest', async (request, reply) => {
    const window = windowOf(request.caller.id)
    window.used++
    const remaining = Math.max(0, limit - window.used)
    const endsInS = Math.max(1, Math.ceil((window.endsAt - now()) / 1_000))
    // draft-ietf-httpapi-ratelimit-headers-10: structured fields
    reply.header('RateLimit-Policy', `"default";q=${limit};w=${WINDOW_S}`)
    reply.header('RateLimit', `"default";r=${remaining};t=${endsInS}`)
    if (window.used <= limit) return
    reply.header('Retry-After', String(endsInS))
    const detail = `${limit} requests a minute are allowed; the next one in ${endsInS} s.`
    throw problem('rate_limited', detail)
  })
}
