import type { Logger } from 'pino'
import type { Turn } from '../store/replays.ts'

export type Replayer = {
  /** Lets the turn under way end; the replay goes on from there when a process runs again. */
  stop(): Promise<void>
}

/**
 * Moves the replays on, turn by turn; which one may have a turn, and when, is the store's to say. What they make due
 * is claimed and attempted like everything else. Asks every `pollMs` while there is nothing to do.
 */
export function startReplayer(a: {
  /** Structurally `store.replays`. */
  replays: { takeTurn(): Promise<Turn | null> }
  pollMs: number
  log: Logger
}): Replayer {
  const { replays, pollMs, log } = a
  let stopped = false
  let failing = false
  let endRest: (() => void) | null = null

  /** Whether there was something to do. */
  async function takeTurn(): Promise<boolean> {
    try {
      const turn = await replays.takeTurn()
      if (failing) log.info('replays go on')
      failing = false
      if (turn?.finished) log.info({ replayId: turn.replayId }, 'a replay has finished')
      return turn !== null
    } catch (error) {
      if (!failing) log.error({ err: error }, 'a replay could not go on; trying again')
      failing = true
      return false
    }
  }

  function rest(): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, pollMs)
      endRest = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async function work(): Promise<void> {
    while (!stopped) if (!(await takeTurn()) && !stopped) await rest()
  }

  const working = work()
  return {
    stop() {
      stopped = true
      endRest?.()
      return working
    },
  }
}
