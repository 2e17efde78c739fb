/**
 * How this browser proves who is asking. Mostly the cookie of a sign-in, which scripts cannot read; for a gateway whose
 * people sign in elsewhere, or when somebody only has a key, an API key that is kept for this tab.
 */
import { Refusal } from './refusal.ts'

const place = 'waxwing.key'

/** `unknown`: not asked yet. */
export type Standing = 'unknown' | 'in' | 'out'

const listeners = new Set<() => void>()
let key = sessionStorage.getItem(place)
let standing: Standing = 'unknown'

export const credential = {
  standing: () => standing,
  headers: (): Record<string, string> => (key === null ? {} : { Authorization: `Bearer ${key}` }),
  subscribe(listener: () => void) {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },

  /** Takes what the address brings (a link that was printed or sent), then asks who we are. Rejects when the link is refused. */
  async begin(): Promise<void> {
    const given = takeFromAddress()
    if (given.token !== null) await post('sign-in/link', { token: given.token })
    if (given.key !== null) await credential.tryKey(given.key)
    else await settle()
  },
  /** Keeps a key that the gateway believes; rejects with its refusal otherwise. */
  async tryKey(given: string): Promise<void> {
    await demand(await fetch('/api/v1/me', { headers: { Authorization: `Bearer ${given}` } }))
    sessionStorage.setItem(place, given)
    key = given
    become('in')
  },
  async signIn(email: string, password: string): Promise<void> {
    await post('sign-in', { email, password })
    become('in')
  },
  async signOut(): Promise<void> {
    await post('sign-out', null).catch(() => null)
    forget()
  },
  /** The gateway no longer believes us. */
  refused: forget,
}

function forget() {
  sessionStorage.removeItem(place)
  key = null
  become('out')
}

function become(next: Standing) {
  standing = next
  for (const listener of listeners) listener()
}

async function settle(): Promise<void> {
  const { ok, status } = await fetch('/api/v1/me', { headers: credential.headers() })
  if (ok || status !== 401) become('in')
  else forget()
}

async function post(path: string, body: unknown): Promise<void> {
  const json =
    body === null ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
  await demand(await fetch(`/api/v1/auth/${path}`, { method: 'POST', ...json }))
}

async function demand(response: Response): Promise<void> {
  if (!response.ok) throw new Refusal(response.status, await response.json().catch(() => ({})))
}

/** What stands behind `#` is never sent to a server; it must not stay in the address bar and the history either. */
function takeFromAddress(): { token: string | null; key: string | null } {
  const given = new URLSearchParams(location.hash.slice(1))
  const [token, pasted] = [given.get('sign-in'), given.get('key')]
  if (token !== null || pasted !== null) history.replaceState(null, '', location.pathname + location.search)
  return { token, key: pasted }
}
