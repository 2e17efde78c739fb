import type { Logger } from 'pino'
import type { Untold, UntoldDeadLetter } from '../store/untold.ts'
import { deadLetterDraft, isNotice, type Publish } from './notices.ts'
import { within } from './within.ts'

export type DeadLetterNotices = {
  /** There is a new one. Returns at once. */
  look(): void
  stop(withinMs: number): Promise<void>
}

/** Of one look: a webhook whose whole backlog dies at once is told of in portions. */
const atOnce = 100
/** How late the dead letters of a killed process are told of. Asking costs one probe of an index that is nearly always empty. */
const pollMs = 15_000

/**
 * Tells of dead letters, whoever recorded them: asks the database at start, whenever there is a new one, and now and
 * then for those of a process that was killed before it told. What fails is logged and tried again.
 */
export function startDeadLetterNotices(a: {
  store: Untold
  publish: Publish
  log: Logger
}): DeadLetterNotices {
  const { store, publish, log } = a
  let stopping = false
  let again = false
  let telling: Promise<void> | null = null

  function look(): void {
    again = true
    telling ??= tellAll().finally(() => {
      telling = null
      if (again && !stopping) look()
    })
  }

  async function tellAll(): Promise<void> {
    while (again && !stopping) {
      again = false
      try {
        const dead = await store.untold(atOnce)
        const told = await Promise.all(dead.map(tell))
        await store.told(dead.filter((_, index) => told[index]))
        if (dead.length === atOnce && told.includes(true)) again = true
      } catch (error) {
        log.warn({ err: error }, 'dead letters cannot be told of now; they stay untold')
      }
    }
  }

  /** Whether nothing is left to tell: also of a webhook that is gone, and of a notice, which is no news itself. */
  async function tell(dead: UntoldDeadLetter): Promise<boolean> {
    if (dead.webhook === null || isNotice(dead.eventType)) return true
    try {
      await publish([deadLetterDraft(dead, dead.webhook)])
      return true
    } catch (error) {
      log.warn({ err: error, deliveryId: dead.deliveryId }, 'nobody could be told of a dead letter yet')
      return false
    }
  }

  const poll = setInterval(look, pollMs).unref()
  look()
  return {
    look,
    async stop(withinMs) {
      clearInterval(poll)
      await within(withinMs, Promise.resolve(telling))
      stopping = true
    },
  }
}
