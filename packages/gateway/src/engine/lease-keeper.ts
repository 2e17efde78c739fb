import type { Logger } from 'pino'
import type { Leases } from '../store/leases.ts'

/** Keeps the leases of this engine alive and says which are lost. */
export type LeaseKeeper = {
  hold(sessionId: string): void
  drop(sessionId: string): void
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
  /** When the lease of each session was last known to be ours, in milliseconds. */
  const held = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function renew(): Promise<void> {
    const startedAt = deps.now().getTime()
    const asked = [...held.keys()]
    try {
      const answer = new Set(await deps.leases.renew({ holder: deps.holder, leaseMs: deps.leaseMs }))
      for (const sessionId of asked) {
        if (answer.has(sessionId)) held.set(sessionId, startedAt)
        else lose(sessionId)
      }
    } catch (error) {
      deps.log.warn({ err: error }, 'the leases of the sessions could not be renewed')
    }
  }

  /** Runs beside the renewal, which may hang. */
  function fence(): void {
    const oldest = deps.now().getTime() - deps.leaseMs * selfFence
    for (const [sessionId, renewedAt] of held) if (renewedAt < oldest) lose(sessionId)
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
    hold: sessionId => void held.set(sessionId, deps.now().getTime()),
    drop: sessionId => void held.delete(sessionId),
    stop() {
      stopped = true
      clearTimeout(timer)
      clearInterval(fencing)
    },
  }
}
