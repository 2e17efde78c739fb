import type { SessionRow } from '../store/sessions.ts'
import type { CommandHandlers } from '../stream/commands.ts'
import type { NoSession, SessionKeeper } from './engine.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { Session } from './session.ts'

/** How long a session that must first be connected may take before it is logged out without telling WhatsApp. */
const connectForLogoutMs = 10_000

/** What this engine does when the api asks. Expected refusals are values. */
export function commandHandlers(deps: SessionKeeper & { now: () => Date }): CommandHandlers {
  async function withSession<T>(
    sessionId: string,
    work: (session: Session, row: SessionRow) => Promise<T | Refusal>,
  ): Promise<T | Refusal> {
    const row = await deps.find(sessionId)
    if (!row) return notFound(sessionId)
    const session = await deps.acquire(row)
    return typeof session === 'string' ? refusals[session] : work(session, row)
  }

  const connect = async (sessionId: string, then: (session: Session) => void = () => {}) =>
    withSession(sessionId, async session => {
      await deps.setWanted(sessionId, true)
      then(session)
      return { ok: true as const, result: { status: session.status } }
    })

  const logout = async (sessionId: string) => {
    const row = await deps.find(sessionId)
    // Nothing to unlink and nobody to tell: connecting only to say goodbye would show a QR code.
    if (!row) return notFound(sessionId)
    if (isUnlinked(row) && !(await deps.held(sessionId))) {
      await deps.setWanted(sessionId, false)
      return { ok: true as const, result: { status: row.status } }
    }
    const session = await deps.acquire(row)
    if (session === 'held elsewhere') return refusals[session]
    if (typeof session === 'string') {
      // WhatsApp cannot be told by a session that does not start; its owner must be rid of it all the same.
      if (!(await deps.forget(row))) return refusals['held elsewhere']
      return { ok: true as const, result: { status: 'logged_out' } }
    }
    await untilConnected(session)
    await session.logout()
    return { ok: true as const, result: { status: session.status } }
  }

  return {
    'session.connect': ({ sessionId }) => connect(sessionId),
    'session.restart': ({ sessionId }) => connect(sessionId, session => session.restart()),
    'session.logout': ({ sessionId }) => logout(sessionId),
    'session.remove': async ({ sessionId }) => {
      const answer = await logout(sessionId)
      return answer.ok ? { ok: true, result: {} } : answer
    },
    'session.pairing-code': ({ sessionId, phone }) =>
      withSession(sessionId, async session => {
        await deps.setWanted(sessionId, true)
        return session.pairingCode(phone)
      }),
    'session.apply-settings': async ({ sessionId }) => {
      const row = await deps.find(sessionId)
      if (!row) return notFound(sessionId)
      await (await deps.held(sessionId))?.applySettings(row.settings)
      return { ok: true, result: { appliedAt: deps.now().toISOString() } }
    },
    'session.figures': async ({ sessionId }) => {
      const session = await deps.held(sessionId)
      return { ok: true, result: { figures: session && { ...session.figures } } }
    },
    'message.send': async ({ sessionId, to, content }) => {
      const session = await deps.held(sessionId)
      if (session) return session.send(to, content)
      const row = await deps.find(sessionId)
      return row ? refuse('session_not_connected', `The session is ${row.status}.`) : notFound(sessionId)
    },
  }
}

const refusals: Record<NoSession, Refusal> = {
  'held elsewhere': refuse('engine_unavailable', 'The session belongs to an engine that does not answer.'),
  'network not offered': refuse('network_unavailable', 'This gateway offers no simulated network.'),
  'cannot be started': refuse(
    'internal_error',
    'The session could not be started; the log of the gateway says why. Has ENCRYPTION_KEY changed?',
  ),
}

function isUnlinked(row: SessionRow): boolean {
  return row.phone === null || row.status === 'logged_out'
}

function notFound(sessionId: string): Refusal {
  return refuse('session_not_found', `There is no session ${sessionId}.`)
}

/** WhatsApp can only be told by a session that is online; one that cannot get there is forgotten on our side alone. */
async function untilConnected(session: Session): Promise<void> {
  const end = Date.now() + connectForLogoutMs
  const onItsWay = () => ['connecting', 'syncing', 'reconnecting'].includes(session.status)
  while (!session.over && onItsWay() && Date.now() < end)
    await new Promise(resolve => setTimeout(resolve, 50))
}
