import type { Logger } from 'pino'
import type { Figures } from './figures.ts'

/** The logger Baileys wants, structurally its `ILogger`. */
export type BaileysLog = {
  level: string
  child(bindings: Record<string, unknown>): BaileysLog
  trace(details: unknown, message?: string): void
  debug(details: unknown, message?: string): void
  info(details: unknown, message?: string): void
  warn(details: unknown, message?: string): void
  error(details: unknown, message?: string): void
}

/**
 * Baileys logs whole stanzas, registration keys and error traces with message keys in them. Only its sentences and the
 * messages of its errors pass, and only as debug lines: what matters to a session is told by its state machine.
 */
export function baileysLog(log: Logger, figures: Figures): BaileysLog {
  const silent = () => {}
  const say = (details: unknown, message?: string) =>
    log.debug({ error: errorText(details) }, message ?? (typeof details === 'string' ? details : 'baileys'))
  const adapted: BaileysLog = {
    // At `trace` Baileys would spell out every stanza before asking whether anybody wants to read it.
    level: 'warn',
    child: () => adapted,
    trace: silent,
    debug: details => {
      if (isRefusal(details)) figures.refused++
    },
    info: silent,
    warn: say,
    error: say,
  }
  return adapted
}

/** Baileys has no other way to say that it refused a message: every acknowledgement it sends is logged. */
function isRefusal(details: unknown): boolean {
  const said = details as { recv?: { tag?: string }; sent?: { error?: string } } | null
  return said?.recv?.tag === 'message' && said.sent?.error !== undefined
}

function errorText(details: unknown): string | undefined {
  if (details === null || typeof details !== 'object') return undefined
  const found = Object.values(details).find(value => value instanceof Error)
  const error = details instanceof Error ? details : found
  return error instanceof Error ? error.message : undefined
}
