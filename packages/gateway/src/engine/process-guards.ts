/**
 * Imported before Baileys by whoever is first to need it; the order of these four lines matters.
 * Each of them changes a library for the whole process, and each says why in its own file.
 */
import './quiet-console.ts'
import './fast-curve.ts'
import './signal-queue.ts'
import './hardened-curve.ts'

import type { Logger } from 'pino'
import { sendForeignPrintsTo } from './quiet-console.ts'
import { socketContext } from './socket-context.ts'

/** `sessionId` is the session whose socket the failing code belonged to, null when it cannot be told. */
export type CrashHandler = (sessionId: string | null, error: unknown) => void

/**
 * Keeps one broken socket from ending the process. In Baileys a corrupt frame is an unhandled rejection and an
 * aborted download an uncaught exception; both would take every other session down.
 * `onCrash` should close the session that is named. Ends with `stop`, as a process has only one such guard.
 */
export function guardProcess(deps: { log: Logger; onCrash: CrashHandler }): { stop(): void } {
  const caught = (kind: string) => (error: unknown) => {
    const sessionId = socketContext.getStore()?.sessionId ?? null
    deps.log.error(
      { err: error, sessionId, kind },
      'an error nobody caught; closing the session it belongs to',
    )
    deps.onCrash(sessionId, error)
  }
  const rejected = caught('unhandledRejection')
  const thrown = caught('uncaughtException')
  process.on('unhandledRejection', rejected)
  process.on('uncaughtException', thrown)
  sendForeignPrintsTo(deps.log)
  return {
    stop() {
      process.off('unhandledRejection', rejected)
      process.off('uncaughtException', thrown)
      sendForeignPrintsTo(null)
    },
  }
}
