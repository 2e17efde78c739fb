import type { SessionStatus } from '@waxwing/events'
import type { EventDraft } from '@waxwing/events/event-id'
import type { Logger } from 'pino'
import type { SessionPatch, SessionRow } from '../store/sessions.ts'
import type { Person } from './jid.ts'
import { persist } from './persistence.ts'

/** What a session says about itself, to people. */
export type Standing = {
  status: SessionStatus
  /** One sentence; the status has a plain one of its own. */
  reason?: string
  /** True when waiting will not change it; each status has its usual answer. */
  final?: boolean
  /** WhatsApp's disconnect code, if one led here. */
  code?: number
  /** When the next attempt is due. */
  retryAt?: Date
}

/** Shows where a session stands: in its row at once, and as `session.status` once it has settled. */
export type StatusBoard = {
  readonly status: SessionStatus
  readonly since: Date
  /** `facts` are other columns that change with it. `quiet` keeps it from becoming an event. */
  set(standing: Standing, facts?: SessionPatch, options?: { quiet?: boolean }): void
  /** Says now what is waiting to be said. */
  tell(): void
  /** Resolves when the row says what the board says, as well as the store lets it. */
  written(): Promise<void>
  /** Ends the pending timer; nothing more is told. */
  close(): void
}

export type StatusBoardDeps = {
  session: Pick<SessionRow, 'id' | 'profileId' | 'name' | 'network' | 'status'>
  /** Who is linked, as far as it is known. */
  account: () => { me: Person | null; pushName: string | null }
  setState: (patch: SessionPatch) => Promise<boolean>
  tell: (draft: EventDraft) => void
  onLeaseLost: () => void
  log: Logger
  now: () => Date
}

/** Long enough for a reconnect that works at once, short enough to feel immediate. */
const settleMs = 300

/** What each status means unless somebody knows better, and whether it lasts until a person acts. */
export const meanings: Record<SessionStatus, { sentence: string | null; final: boolean }> = {
  created: { sentence: 'Not connected yet.', final: true },
  connecting: { sentence: 'Connecting to WhatsApp.', final: false },
  qr: { sentence: 'Scan the QR code with the phone: Settings, Linked devices, Link a device.', final: false },
  pairing: {
    sentence: 'Enter the code on the phone: Settings, Linked devices, Link a device, Link with phone number.',
    final: false,
  },
  syncing: { sentence: 'Linked. WhatsApp is handing over keys and recent contacts.', final: false },
  connected: { sentence: null, final: false },
  reconnecting: { sentence: 'The connection was lost; connecting again.', final: false },
  qr_expired: { sentence: 'Nobody linked the number in time. Connect again for a new code.', final: true },
  logged_out: { sentence: 'The number was unlinked. Link it again to go on.', final: true },
  banned: { sentence: 'WhatsApp has banned this number.', final: true },
  failed: { sentence: 'The session cannot go on.', final: true },
}

export function createStatusBoard(deps: StatusBoardDeps): StatusBoard {
  let current: Standing = { status: deps.session.status }
  let since = deps.now()
  let told: SessionStatus | undefined
  let toldAs = ''
  let timer: NodeJS.Timeout | undefined
  let unwritten: SessionPatch | null = null
  let writing: Promise<void> | null = null

  const reasonOf = (standing: Standing) => standing.reason ?? meanings[standing.status].sentence
  const finalOf = (standing: Standing) => standing.final ?? meanings[standing.status].final

  async function write(): Promise<void> {
    while (unwritten) {
      const patch = unwritten
      unwritten = null
      const answer = await persist(() => deps.setState(patch), { budgetMs: 10_000 })
      if (answer.ok && !answer.value) deps.onLeaseLost()
      if (answer.ok) continue
      deps.log.warn({ err: answer.error }, 'the state of the session could not be stored')
      // The next change takes this one along; a state nobody could store is not worth a loop of its own.
      unwritten = { ...patch, ...(unwritten as SessionPatch | null) }
      break
    }
    writing = null
  }

  function tell(): void {
    clearTimeout(timer)
    timer = undefined
    const standing = current
    // The time of the next attempt changes with each one; only where the session stands is news.
    const as = [standing.status, finalOf(standing), standing.code].join()
    if (as === toldAs) return
    deps.tell(eventOf(standing))
    toldAs = as
    told = standing.status
  }

  function eventOf(standing: Standing): EventDraft {
    const { me, pushName } = deps.account()
    return {
      type: 'session.status',
      at: since,
      sessionId: deps.session.id,
      profileId: deps.session.profileId,
      chat: null,
      naturalKey: null,
      data: {
        status: standing.status,
        ...(told && { previous: told }),
        reason: reasonOf(standing),
        ...(standing.code !== undefined && { code: standing.code }),
        final: finalOf(standing),
        ...(standing.retryAt && { retryAt: standing.retryAt.toISOString() }),
        network: deps.session.network,
        name: deps.session.name,
        ...(me && { me }),
        ...(pushName && { pushName }),
      },
    }
  }

  return {
    get status() {
      return current.status
    },
    get since() {
      return since
    },
    set(standing, facts, options) {
      current = standing
      since = deps.now()
      const patch = { status: standing.status, reason: reasonOf(standing), final: finalOf(standing) }
      unwritten = { ...unwritten, ...facts, ...patch }
      writing ??= write()
      deps.log.info({ status: standing.status, reason: patch.reason, code: standing.code }, 'session status')
      if (!options?.quiet) timer ??= setTimeout(tell, settleMs)
    },
    tell() {
      if (timer) tell()
    },
    async written() {
      while (writing) await writing
    },
    close() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
