import type { EventDraft } from '@waxwing/events/event-id'
import type { Logger } from 'pino'
import type { SessionAuthState } from '../store/auth-state.ts'
import type { SessionPatch, SessionRow } from '../store/sessions.ts'
import type { Publish } from './engine.ts'
import { createStatusBoard } from './status-board.ts'

export type ForgetSessionDeps = {
  row: SessionRow
  keys: Pick<SessionAuthState, 'wipe'>
  setState: (patch: SessionPatch) => Promise<boolean>
  publish: Publish
  log: Logger
  now: () => Date
}

/**
 * Logs out a session that cannot be started: its keys are deleted unread, and it says so. The phone goes on listing the
 * device until somebody removes it there. Rejects when the store does not take it.
 */
export async function forgetSession(deps: ForgetSessionDeps): Promise<void> {
  await deps.keys.wipe()
  const told: EventDraft[] = []
  const board = createStatusBoard({
    session: deps.row,
    account: () => ({ me: null, pushName: null }),
    setState: deps.setState,
    tell: draft => told.push(draft),
    onLeaseLost: () => {},
    log: deps.log,
    now: deps.now,
  })
  const reason =
    'Logged out on our side alone, for the session could not be started. Remove the device on the phone.'
  board.set({ status: 'logged_out', reason }, { qr: null, qrExpiresAt: null })
  board.tell()
  await board.written()
  await deps.publish(told)
}
