import type { Logger } from 'pino'
import type { Fence, Leases } from '../store/leases.ts'
import { within } from './persistence.ts'

/** Keeps the leases of this engine alive and says which are lost. */
export type LeaseKeeper = {
  hold(sessionId: string, fence: Fence): void
  /** Without effect when the session is held under another fence by now. */
  drop(sessionId: string, fence: Fence): void
  stop(): void
}

export type LeaseKeeperDeps = {
  leases: Pick<Leases, 'renew'>
  holder: string
  leaseMs: number
  /** The session may be somebody else's: its socket must be cut before anything else happens. */
  onLost: (sessionId: string) => void
  log: Logger
  now: () => Date
}

/** Renewed this often in the life of a lease, so that two renewals may fail. */
const renewalsPerLease = 3
/** The part of a lease after which an engine that could not renew stops by itself, before others may start. */
const selfFence = 0.8

export function startLeaseKeeper(deps: LeaseKeeperDeps): LeaseKeeper {
  /** The fence of each session, and when its lease was last known to be ours, in milliseconds. */
  const held = new Map<string, { fence: Fence; renewedAt: number }>()
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function renew(): Promise<void> {
    const startedAt = deps.now().getTime()
    // Only what is really held: a session that was dropped while the database was away must run out there,
    // or nobody, not even this engine, would ever start it again.
    const asked = [...held].map(([sessionId, { fence }]) => ({ sessionId, fence }))
    try {
      const { holder, leaseMs } = deps
      // A connection that hangs must not be the last renewal of all.
      const answer = new Set(await within(deps.leases.renew({ holder, leaseMs, held: asked }), leaseMs))
      for (const { sessionId, fence } of asked) {
        if (held.get(sessionId)?.fence !== fence) continue
        if (answer.has(sessionId)) held.set(sessionId, { fence, renewedAt: startedAt })
        else lose(sessionId)
      }
    } catch (error) {
      deps.log.warn({ err: error }, 'the leases of the sessions could not be renewed')
    }
  }

  /** Runs beside the renewal, which may hang. */
  function fence(): void {
    const oldest = deps.now().getTime() - deps.leaseMs * selfFence
    for (const [sessionId, { renewedAt }] of held) if (renewedAt < oldest) lose(sessionId)
  }

  function lose(sessionId: string): void {
    if (held.delete(sessionId)) deps.onLost(sessionId)
  }

  const every = Math.max(1, Math.floor(deps.leaseMs / renewalsPerLease))
  const again = () => {
    timer = setTimeout(() => void renew().finally(() => stopped || again()), every)
  }
  again()
  const fencing = setInterval(fence, Math.max(1, Math.floor(every / 4)))

  return {
    hold: (sessionId, fence) => void held.set(sessionId, { fence, renewedAt: deps.now().getTime() }),
    drop(sessionId, fence) {
      if (held.get(sessionId)?.fence === fence) held.delete(sessionId)
    },
    stop() {
      stopped = true
      clearTimeout(timer)
      clearInterval(fencing)
    },
  }
}
