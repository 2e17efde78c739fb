import { type App, startApp } from '../app.ts'
import type { Config } from '../config.ts'
import { createLog } from '../log.ts'
import { configOf, type Ending, type Voice } from './verb.ts'

type StartOptions = { roles?: string; sandbox: boolean; stopWithParent?: boolean }

/** Runs until told to stop; the process ends here. */
export async function start(voice: Voice, options: StartOptions): Promise<Ending> {
  const loaded = configOf({
    ...(options.roles === undefined ? {} : { ROLES: options.roles }),
    ...(options.sandbox ? {} : { SANDBOX: 'false' }),
  })
  if (!loaded.ok) return loaded.ending
  const { config } = loaded
  const stopping = options.stopWithParent ? Promise.race([firstSignal(), parentGone()]) : firstSignal()
  const app = await startApp(config, createLog(config))
  announce(voice, config, app)
  await stopping
  await app.stop()
  // Everything of ours is closed; whatever a library still holds must not keep a drained process alive.
  process.exit(0)
}

/** One Ctrl-C reaches us twice under npm, from the terminal and from npm itself: repeats this close are the same wish. */
const SAME_WISH_MS = 500

/** Resolves at the first SIGTERM or SIGINT; a second one means "now" and exits with the shell's code for it. */
function firstSignal(): Promise<void> {
  return new Promise(resolve => {
    let askedAt: number | null = null
    const onSignal = (_signal: NodeJS.Signals, code: number) => {
      const now = performance.now()
      if (askedAt !== null && now - askedAt > SAME_WISH_MS) process.exit(128 + code)
      askedAt ??= now
      resolve()
    }
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  })
}

/**
 * `npm start` puts a shell between npm and us, and neither passes a SIGTERM on: both end, and we would go on without
 * anybody who knows. Whoever loses their parent is given another one.
 */
function parentGone(): Promise<void> {
  const parent = process.ppid
  return new Promise(resolve => {
    const watch = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(watch)
      resolve()
    }, 500)
    watch.unref()
  })
}

/**
 * The one line of a start: where to go, with a link that signs in once until there is a password. Programs need a key,
 * so the file that keeps it is named; a key the operator chose is theirs to know.
 */
function announce(voice: Voice, config: Config, app: App): void {
  const { key, file } = app.bootstrap
  const url = config.publicUrl ?? app.url
  voice.tell({
    ok: true,
    url,
    sign_in_url: app.signInUrl,
    api_key: file === null ? null : key,
    key_file: file,
    sandbox: app.simulator !== null,
  })
  const hint = file === null ? '' : ` (API key: ${file})`
  voice.say(`Waxwing is ready: ${app.signInUrl ?? `${url}/`}${hint}`)
}
