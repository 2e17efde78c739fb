import pg from 'pg'
import type { Logger } from 'pino'

/** How long after a lost connection the next try is made. The poll of the epoch covers the time between. */
const reconnectMs = 5_000

/**
 * Calls back when another process has changed the webhooks, and once after each (re)connection, for what was said
 * meanwhile is lost. Needs a session-mode connection, as LISTEN does.
 */
export function listenForChanges(a: {
  databaseUrl: string
  channel: string
  onChange: () => void
  log: Logger
}): { stop(): Promise<void> } {
  let stopped = false
  let client: pg.Client | null = null
  let timer: NodeJS.Timeout | undefined

  async function connect(): Promise<void> {
    const own = new pg.Client({ connectionString: a.databaseUrl, application_name: 'waxwing listener' })
    client = own
    own.on('notification', a.onChange)
    own.on('error', error => a.log.warn({ err: error }, 'the listening database connection was lost'))
    own.once('end', reconnectLater)
    await own.connect()
    await own.query(`listen ${a.channel}`)
    a.onChange()
  }

  function reconnectLater(): void {
    if (stopped) return
    clearTimeout(timer)
    timer = setTimeout(open, reconnectMs).unref()
  }

  function open(): void {
    connecting = connect().catch(error => {
      a.log.warn({ err: error }, 'listening for changes is not possible now')
      reconnectLater()
    })
  }

  let connecting: Promise<void> = Promise.resolve()
  open()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await connecting
      await client?.end().catch(() => undefined)
    },
  }
}
