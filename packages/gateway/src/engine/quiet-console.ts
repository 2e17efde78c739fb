import type { Logger } from 'pino'

/**
 * libsignal prints whole session records, private ratchet keys included, through `console.info`.
 * Importing this file drops everything libsignal prints. Other packages may print to the log once there is one;
 * our own code keeps the real console, because that is how a command line speaks.
 */
const methods = ['debug', 'log', 'info', 'warn', 'error', 'trace'] as const

let log: Logger | null = null

/** Where foreign packages print from now on; null lets them reach the real console again. */
export function sendForeignPrintsTo(target: Logger | null): void {
  log = target
}

for (const method of methods) {
  const original = console[method].bind(console)
  const quiet = (...args: unknown[]): void => {
    const origin = originOf(quiet)
    if (origin === 'libsignal') return
    if (origin === 'foreign' && log) log.debug({ print: onlyStrings(args) }, 'a package printed')
    else original(...args)
  }
  console[method] = quiet
}

type Origin = 'libsignal' | 'foreign' | 'ours'

/** Who called: the first stack frame above `wrapper`. A message text would be forged or translated; a path is not. */
function originOf(wrapper: (...args: unknown[]) => void): Origin {
  const holder: { stack?: string } = {}
  Error.captureStackTrace(holder, wrapper)
  const caller = holder.stack?.split('\n', 2)[1] ?? ''
  if (/[\\/]libsignal[\\/]/.test(caller)) return 'libsignal'
  return /[\\/]node_modules[\\/]/.test(caller) ? 'foreign' : 'ours'
}

/** Objects may hold keys or messages, so only what was written as text is kept. */
function onlyStrings(args: unknown[]): string {
  return args.map(arg => (typeof arg === 'string' ? arg : `[${typeof arg}]`)).join(' ')
}
